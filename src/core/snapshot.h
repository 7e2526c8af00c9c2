/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The indicators that telemetry is matched against, as one immutable index: addresses and networks
 * of both families, domains with what lies under them, URLs. Built once from 10 to 10,000,000
 * indicators, or opened where a file of it lies in memory; then read by any number of threads
 * without a lock. Nearly every look-up misses: an IPv4 address that is not listed costs one bit of
 * a 2 MiB bitmap (is anything in this /24 listed?), a name one hash a label. One that is near
 * something costs about one more cache miss.
 *
 * Several sources may list the same value: all that hold a value count together. Each statement is
 * a row; what rows share (role, family, source, port, validity ...) is kept once as an attribute.
 *
 * Rows are numbered: single IPv4 addresses first, then IPv6 ones, networks, domains, URLs, in each
 * of these sorted by value, so that the rows of one value follow each other.
 *
 * Memory: one block, position independent (see snapshot_parts.h): 2.2 MiB of bits and 11 bytes an
 * IPv4 address; 26 an IPv6 address; about 90 a network; its text and about 50 a domain, 18 a URL;
 * 32 an attribute and its texts. While it is being built, at most as much again and 8 bytes an
 * IPv4 address.
 */
#ifndef NEZUMI_CORE_SNAPSHOT_H
#define NEZUMI_CORE_SNAPSHOT_H

#include "base/part.h"
#include "base/vec.h"
#include "core/indicator.h"
#include "core/lpm.h"
#include "core/nameset.h"
#include "core/near.h"

/* Rows of one value: first .. first + n. */
struct ind_range {
	uint32_t first, n;
};

/* What is said of a value. Texts: snapshot_text(). */
struct attribute {
	int64_t from, until; /* TIME_NONE: open */
	uint32_t family, source, reference;
	uint16_t port; /* 0: none is named */
	uint8_t role : 7, revoked : 1;
	uint8_t confidence;
};

struct snapshot {
	uint64_t seed;     /* of tables that others make beside it; results do not depend on it */
	struct near near;  /* without `led` */
	uint64_t distinct; /* values that are matched */
	/* Facts about the lists it was made of, for who made it: kept with it. */
	uint64_t records; /* indicators read */
	uint64_t digest;  /* of what the safety gate was asked with */

	struct {
		const uint32_t *key; /* of each row */
		size_t n;
		/* Keys that begin with the bits i are at index[i] .. index[i + 1]. */
		const uint32_t *index;
		unsigned shift;
		/* Nearly all that are only near something end here: a bit by hash. */
		const uint64_t *filter;
		unsigned filter_shift;
	} v4;
	struct {
		const struct ip *key;
		size_t n;
		const uint32_t *slot; /* open addressing: row among these + 1 */
		size_t slots;
	} v6;
	struct {
		const struct snapshot_net *v;
		size_t n; /* distinct */
	} nets;
	struct lpm net;
	struct snapshot_names {
		const struct snapshot_name *v; /* n + 1 */
		size_t n;                      /* distinct */
		const char *text;
	} domains, urls;
	struct nameset domain;
	const uint32_t *url_slot; /* open addressing: index + 1 into urls */
	size_t url_slots;

	const uint32_t *row; /* the attribute of each */
	size_t rows;
	const struct attribute *attributes;
	size_t n_attributes;
	struct part text; /* each behind its length */
	const struct snapshot_other *others;
	size_t n_others;
	const struct snapshot_withheld *withheld;
	size_t n_withheld;
	uint64_t table_seed; /* of the tables in it */

	struct snapshot_stage *stage; /* while it is being built */
	struct part block;            /* all of it */
	bool owned;                   /* ... and on the heap */
};

/* seed: see ip_hash. */
void snapshot_init(struct snapshot *s, uint64_t seed);
void snapshot_free(struct snapshot *s);

/* ---- building ---- */

/* Take an indicator to be matched: an address, a network, a domain or a URL. Its strings are
 * copied. Errors: ERR_NOMEM; ERR_LIMIT beyond 2^32 rows or 4 GiB of text. */
MUST enum err snapshot_add(struct snapshot *s, const struct indicator *i);
/* Take one that is not matched, only kept, in this order: of any type. The same errors. */
MUST enum err snapshot_add_other(struct snapshot *s, const struct indicator *i);
/* Keep what the gate said of one. The same errors. */
MUST enum err snapshot_add_withheld(struct snapshot *s, const struct str text[4]);

/* Who may be matched. */
struct sieve {
	void *ctx;
	/* Is nothing to be said against any IPv4 address from this one to *last? NULL: always ask. */
	bool (*clear)(void *ctx, uint32_t v4, uint32_t *last);
	/* False drops it. Strings live until it returns. */
	enum err (*ask)(void *ctx, const struct indicator *i, bool *keep);
};
/* Ask about all that was added, in order of value; before snapshot_build. Errors: those of ask;
 * ERR_NOMEM. */
MUST enum err snapshot_sieve(struct snapshot *s, const struct sieve *by);
/* Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err snapshot_build(struct snapshot *s);

/* ---- as a file ---- */

/*
 * All of it as the bytes of a file, with its header up to date (so s->block is changed, once).
 * Valid as long as the snapshot.
 */
struct str snapshot_image(struct snapshot *s);
#define SNAPSHOT_MAGIC "NZSNAP\r\n"
/* A file that is mapped is checked piece by piece, so that it need not be in memory at once. */
#define SNAPSHOT_PIECE ((size_t)4 << 20)
uint64_t snapshot_sum(uint64_t before, struct str piece);
/* What the header says that the pieces must come to: those of everything behind its first
 * SNAPSHOT_SUMMED bytes. Errors: ERR_FORMAT with the reason: not such a file, or of another version
 * or machine. */
#define SNAPSHOT_SUMMED 64
MUST enum err snapshot_expects(struct str bytes, uint64_t *sum, struct errinfo *ei);
/*
 * Use the bytes of such a file where they lie (aligned to 64); they stay with the caller and must
 * outlive it. Whatever the bytes are, no look-up leaves them; but only the sum, which is the
 * caller's to compare, shows that they say what was once written. Errors: ERR_FORMAT; ERR_PARSE,
 * both with the reason.
 */
MUST enum err snapshot_open(struct snapshot *s, struct part bytes, struct errinfo *ei);

/* Every indicator that is matched; and every other, in the order in which they were added. */
typedef enum err (*snapshot_fn)(void *ctx, const struct indicator *i);
MUST enum err snapshot_each(const struct snapshot *s, snapshot_fn tell, void *ctx);
MUST enum err snapshot_others(const struct snapshot *s, snapshot_fn tell, void *ctx);
/* The i-th of n_withheld. */
void snapshot_withheld(const struct snapshot *s, size_t i, struct str text[4]);

/* ---- looking up ---- */

static inline bool snapshot_near(const struct snapshot *s, struct ip ip)
{
	return near_listed(&s->near, ip);
}

/* Is the address listed, itself or in a network? Exact; meant for those that are near something. */
bool snapshot_lists(const struct snapshot *s, struct ip ip);
/* Everything that lists an address: itself and the networks around it, innermost first. */
#define ADDR_RANGES_MAX 130
size_t snapshot_addr(const struct snapshot *s, struct ip ip, struct ind_range out[ADDR_RANGES_MAX]);
/* The longest listed domain that is the name (lower case) or lies above it: its index, or false. */
bool snapshot_domain(const struct snapshot *s, struct str name, uint32_t *domain, size_t *labels);
bool snapshot_url(const struct snapshot *s, struct str url, uint32_t *index);

/* The rows and the text of a domain or URL by its index. */
struct ind_range snapshot_domain_rows(const struct snapshot *s, uint32_t domain);
struct ind_range snapshot_url_rows(const struct snapshot *s, uint32_t url);
struct str snapshot_domain_text(const struct snapshot *s, uint32_t domain);
struct str snapshot_url_text(const struct snapshot *s, uint32_t url);

/* What a row says, and a text of it. */
const struct attribute *snapshot_attribute(const struct snapshot *s, uint32_t row);
struct str snapshot_text(const struct snapshot *s, uint32_t at);

#endif
