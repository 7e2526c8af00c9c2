/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An indicator as a source states it: a value with what is said about it. Readers fill one and
 * hand it over; the strings are slices of the reader's input unless an owner says otherwise.
 */
#ifndef NEZUMI_CORE_INDICATOR_H
#define NEZUMI_CORE_INDICATOR_H

#include "base/clock.h"
#include "core/ip.h"

enum itype { IT_IP, IT_CIDR, IT_DOMAIN, IT_URL, IT_HASH };

enum role {
	ROLE_CONTROLLER,
	ROLE_PAYLOAD,
	ROLE_PHISHING,
	ROLE_OTHER, /* malicious in some other way, or the source does not say how */
	ROLE_SINKHOLE,
	ROLE_SCANNER,
	ROLE_INFECTED_HOST,
};

struct indicator {
	enum itype type;
	enum role role;
	struct cidr net;    /* IT_IP (len 128) and IT_CIDR */
	uint16_t port;      /* 0: the source names none */
	bool role_said;     /* its source says that it is a controller; else that is what readers
			       presume where nothing is said. Of other roles it means nothing */
	bool revoked;       /* withdrawn by its source */
	uint8_t confidence; /* 0–100; 255 unknown */
	struct str value;   /* canonical text of domain, URL or hash; for addresses may be empty */
	struct str family;  /* as the source writes it, may be empty */
	struct str source;  /* name of the feed or file; the driver fills it in when empty */
	struct str reference; /* a link or text that says why, may be empty */
	int64_t from, until;  /* validity, both ends included; TIME_NONE: open */
	/* When its source saw it last, TIME_NONE: it does not say. A source that states no end but
	 * this has until equal to it, unless it says that the thing still is there. */
	int64_t seen;
};

/* One of the names of a malware family, as a list of such names has it. Slices of its reader's. */
struct alias_name {
	struct str list; /* the list's own name, may be empty */
	struct str family, name;
};

/* With everything unknown and both ends open. */
struct indicator indicator_init(void);

const char *itype_text(enum itype t);
/* More exactly: ipv4 or ipv6, md5, sha1, sha256 or sha512; else as itype_text. As `extract` says
 * it. */
const char *indicator_kind(const struct indicator *i);
const char *role_text(enum role r);
/*
 * By the names in use, without regard to case and separators: controller c2 c&c botnet_cc
 * payload_delivery malware_download ... False when nobody knows it.
 */
bool role_find(struct str s, enum role *out);
/* The same; empty text is a controller, what nobody knows is ROLE_OTHER. */
enum role role_parse(struct str s);

/*
 * Recognise a value of any type and put its canonical form into *ind (type, net, port, value; the
 * rest stays): undo defanging (`[.]` `(.)` `{.}` `[dot]` `(dot)` `[:]` `[://]` `hxxp` `\.`,
 * full-width characters, `。`), strip quotes, brackets, punctuation and blanks around it, take
 * `address:port`, `[v6]:port`, CIDR, address/netmask, `host:port` (a domain with port), `*.domain`,
 * `.domain`, URLs (`host/path` is one of http) and hashes (MD5, SHA-1, SHA-256, SHA-512 in hex). A
 * domain ends in letters or an A-label, so that "1.2.3" is none. Bytes are appended to *scratch and
 * *ind points there: keep it until the indicator was taken over. Errors: ERR_PARSE with the reason
 * in ei; ERR_NOMEM.
 */
MUST enum err indicator_recognise(struct str text, struct buf *scratch, struct indicator *ind,
				  struct errinfo *ei);

/* What a source says that a value is. */
enum said { SAID_NOTHING, SAID_ADDRESS, SAID_DOMAIN, SAID_URL, SAID_HASH };

/*
 * The same where the source says the type: a value of another type is refused, but an address may
 * stand where a domain is due, and what is due to be a URL is never widened to a whole host: `host`
 * is `http://host/`.
 */
MUST enum err indicator_said(struct str text, enum said said, struct buf *scratch,
			     struct indicator *ind, struct errinfo *ei);

/* At most so much is appended to scratch for a text of n bytes: with that room taken before, slices
 * of it stay. */
#define INDICATOR_ROOM(n) (2 * (n) + 4096)

#endif
