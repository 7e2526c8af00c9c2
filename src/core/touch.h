/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record against the indicators: which controllers it touches, and what that touch is worth by
 * itself (docs/judgement.md, sections 2 to 5). Pure: no state, no I/O; called once for each record
 * that might touch something, which is few of them.
 */
#ifndef NEZUMI_CORE_TOUCH_H
#define NEZUMI_CORE_TOUCH_H

#include "core/names.h"

enum verdict {
	TOUCH_COUNTED,
	TOUCH_INBOUND_ONLY,
	TOUCH_OUTSIDE_VALIDITY,
	TOUCH_BENIGN_NAME,
	TOUCH_HOST, /* the host is no victim: said by whoever knows the hosts */
};

struct touch {
	/* The controller: an address met (IT_IP), or the index of a listed domain or URL. */
	enum itype type;
	struct ip addr; /* the controller's side of the record; zero for lookups */
	uint32_t target;
	struct ip host;
	bool by_orig; /* the controller is the record's originator */

	enum verdict verdict;
	enum name_class names;        /* address touches */
	struct str name;              /* one that says so: listed, benign or any; may be empty */
	const struct exentry *benign; /* TOUCH_BENIGN_NAME: the entry that says so */
	bool on_port, named_port, grace, inbound;
	enum level level;
	uint16_t port;                /* on the controller's side */
	uint64_t bytes_out, bytes_in; /* flows: from the host, to the host */
	bool sent_out, sent_in;       /* one-way flows with payload, by direction */
};

struct rules {
	int64_t grace; /* µs on both sides of a validity; 0 strict */
	bool any_validity;
};

/* What is asked for every record: does it touch anything, perhaps? Yes may be wrong, no is not. Any
 * thread. */
bool touch_possible(const struct names *n, const struct record *r);

/* Two addresses, a domain and a URL, and on each side as many domains as one address leads to. */
#define LEADS_MAX   32
#define TOUCHES_MAX (4 + 2 * LEADS_MAX)

/* All touches of a record, at most TOUCHES_MAX. Names point into the record's scratch `lower` or
 * into n. */
size_t touch_record(const struct names *n, const struct rules *rules, const struct record *r,
		    char lower[256], struct touch out[TOUCHES_MAX]);

/* The indicators of a controller. */
size_t touch_indicators(const struct snapshot *s, const struct touch *t,
			struct ind_range out[ADDR_RANGES_MAX]);

enum validity { VALID_IN, VALID_GRACE, VALID_OUT };
enum validity attribute_validity(const struct attribute *a, const struct rules *rules, int64_t ts);

/*
 * The URL of an http record as listed ones are written, into *out (cleared first); false when it
 * has none.
 */
bool touch_url(const struct record *r, struct buf *out);

#endif
