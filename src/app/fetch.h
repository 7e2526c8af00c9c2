/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching over HTTP (RFC 9110): one document into one file, or a reason why not. Whoever answers,
 * and whoever stands between, is not believed: addresses are checked when a connection is made,
 * each redirect anew; sizes, times and redirects have limits; a file is there whole or not at all.
 *
 * Workload: some dozen feeds an hour, up to a few hundred MiB each; a TAXII server or a MISP feed
 * may be asked some thousand times in a row over one connection. Memory: what libcurl takes, below
 * 1 MiB; bodies go to disk. Not for several threads at once; one fetcher for each source, so that
 * no connection outlives the rules it was made under.
 *
 * Errors say what happened in words for people; they hold no key, and of a URL no more than the
 * scheme and host. ERR_IO: the network or the server; ERR_PARSE: what came cannot be what was asked
 * for; ERR_LIMIT: too much, too long, too many redirects; ERR_USAGE: the source's settings do not
 * allow it; ERR_STOP.
 */
#ifndef NEZUMI_APP_FETCH_H
#define NEZUMI_APP_FETCH_H

#include "base/buf.h"
#include "base/err.h"
#include "core/ip.h"

struct special;

/* What a source may do; strings live as long as the fetcher. */
struct fetch_rules {
	bool http;   /* plain http, too */
	bool inside; /* hosts that are not public, too: loopback, RFC 1918, link-local; for mirrors
			in one's own network. Only the host of the URL itself: no redirect leads to
			another such host */
	const char *ca_file;          /* certificates to trust in place of the system's; NULL */
	const char *proxy;            /* NULL: what the environment says; "": none */
	uint64_t max_wire, max_plain; /* bytes as they travel; when unpacked */
	unsigned total_s, idle_s;     /* for one document; without noteworthy progress */
	unsigned tries;               /* in all, where the server is overloaded or unreachable */
	unsigned wait_ms;             /* before the second try; doubles, and varies by half */
	unsigned wait_most_s;         /* a server that asks for more is obeyed by giving up */
};
struct fetch_rules fetch_rules_init(void);

/* How a key is shown to the server: never to another host than the one that was asked first. */
enum fetch_how {
	FETCH_OPEN,   /* there is no key */
	FETCH_HEADER, /* NAME: key */
	FETCH_BASIC,  /* user and key as the password (RFC 7617); "user:password" where no user is
			 given */
	FETCH_BEARER, /* RFC 6750 */
	FETCH_URL,    /* in place of {key} in the URL */
};
struct fetch_key {
	enum fetch_how how;
	const char *header, *user; /* NULL: none */
	struct str key;
};

/* Read a key from an environment variable or the first line of a file, whichever is given. The
 * reason for an error names the variable or the file. */
MUST enum err fetch_key_read(const char *env, const char *file, struct buf *out, struct errinfo *ei);
/* Overwrite and free. */
void fetch_key_forget(struct buf *key);

/* Clock (see base/clock.h), chance, and waiting; wait() returns at a stop. */
struct fetch_world {
	void *ctx;
	int64_t (*now)(void *ctx);
	uint64_t (*random)(void *ctx);
	void (*wait)(void *ctx, unsigned ms);
	/* Bytes of the document so far. May be NULL. */
	void (*progress)(void *ctx, uint64_t bytes);
};

struct fetcher;
/* Errors: ERR_NOMEM; ERR_IO: libcurl is not installed, or too old. */
MUST enum err fetcher_open(const struct fetch_rules *rules, const struct fetch_key *key,
			   const struct fetch_world *world, struct fetcher **out, struct errinfo *ei);
void fetcher_close(struct fetcher *f);

struct fetch_request {
	const char *url;           /* http or https, perhaps with {key} */
	const char *accept;        /* media type; NULL: anything */
	const char *etag;          /* of the copy at hand, or NULL */
	const char *last_modified; /* the same */
	const char *keep_header;   /* this header of the answer is wanted, or NULL */
};

#define FETCH_TEXT 256
struct fetch_answer {
	bool unchanged; /* the copy at hand is the newest; no file was made */
	/* Headers, empty where there was none, or one too long or with odd bytes in it. */
	char etag[FETCH_TEXT], last_modified[FETCH_TEXT], content_type[FETCH_TEXT], kept[FETCH_TEXT];
	uint64_t wire, plain; /* bytes as they came, and as they lie in the file */
	unsigned status;      /* of HTTP; 0: there was no answer. Set on errors, too */
	unsigned wait_s;      /* on errors: the server asks not to be asked sooner; else 0 */
};

/*
 * Get a document, unpacked, into the file `to`, by way of a temporary one beside it
 * (TO.fetch.XXXXXX, mode 0600), which is flushed to disk and renamed. What `to` named before stays
 * on any error. *answer is set always.
 */
MUST enum err fetch_file(struct fetcher *f, const struct fetch_request *r, const char *to,
			 struct fetch_answer *answer, struct errinfo *ei);

/* What fetching is done with: libcurl and its libraries, with versions. Errors as of fetcher_open. */
MUST enum err fetch_library(struct buf *out, struct errinfo *ei);

/* Percent-encoded, so that it stays one part of a path or query (RFC 3986 section 2.3). */
void fetch_escape(struct buf *b, struct str s);
/* What a server names, seen from the URL at which it said so. ERR_USAGE: it lies on another host. */
MUST enum err fetch_join(const char *base, struct str relative, struct buf *out, struct errinfo *ei);

/*
 * Could this be a document for a machine? Refuses (ERR_PARSE, with the reason) nothing at all, a
 * web page, text in UTF-32, archives and other binary files. `path` is
 * as fetch_file left it.
 */
MUST enum err fetch_judge(const char *path, struct errinfo *ei);

/* For fetch_file, and to be tested: may a connection go to that address? met_public: the source has
 * led to a public host before. *why names the range. */
bool fetch_may_reach(const struct special *special, struct ip ip, bool inside, bool met_public,
		     struct str *why);

#endif
