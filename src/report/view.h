/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures behind the sentences: an answer counted by family, sector, country and reason, with
 * the names under which hosts and organisations appear in this document. Made once for a document
 * and then only read.
 *
 * Organisations are counted without the entry `unknown`, which stands for hosts whose owner nobody
 * knows: it is listed, but it is no organisation. Cost: O(n log n) in findings. Memory: an arena
 * inside; everything points into it or into the answer.
 */
#ifndef NEZUMI_REPORT_VIEW_H
#define NEZUMI_REPORT_VIEW_H

#include "report/namebook.h"

enum { CONF_COUNT = CONF_HIGH + 1 };

struct view_host {
	struct str host;  /* raw */
	struct str label; /* as shown: the address, or "host 3" */
	uint32_t org;
	uint64_t records;
	enum confidence best;
	enum level level; /* highest of its findings */
};

struct view_org {
	struct str name; /* for tables and labels */
	struct str text; /* inside sentences: the same, or "a bank in Ecuador" */
	const struct sector_name *sector;
	const struct country_name *country;
	struct str en_noun, en_article, ja_noun; /* what it is, in general */
	uint64_t letter; /* anonymised: 1 = A among its like, 0 = the only one */
	bool known;
	enum confidence best;
	enum level level;
	uint64_t findings, records;
	uint32_t cluster; /* index into answer.clusters + 1; 0 none */
};

struct view_controller {
	uint64_t orgs;        /* known ones */
	size_t edge, n_edges; /* its edges */
	enum confidence best;
	enum level level;
	uint64_t bytes_out;
	uint16_t ports[4]; /* the commonest of its findings, 0 = no more */
	const struct country_name *country;
};

/* Findings of one organisation with one controller. */
struct view_edge {
	uint32_t controller, org;
	uint64_t hosts, records; /* records on and off the indicator's port */
	int64_t first, last;
	enum level level;
	enum confidence best;
};

struct view_family {
	struct str name;              /* empty: findings whose indicators name none */
	uint32_t *controllers, *orgs; /* in the order of the answer; orgs with the unknown one */
	size_t n_controllers, n_orgs;
	uint64_t known_orgs, hosts, findings, records;
	uint64_t by_conf[CONF_COUNT]; /* findings */
	uint64_t silent_hosts;        /* no finding of theirs got beyond attempts */
	int64_t first, last;
};

struct view_tally {
	struct str key;   /* sector or country code or reason; a region */
	struct str label; /* as shown */
	uint64_t orgs, hosts, controllers, rows, records;
};

struct view_tallies {
	struct view_tally *v;
	size_t n;
};

struct view {
	const struct answer *a;
	const struct report_options *o;
	struct arena arena;
	struct namebook names;

	struct view_host *hosts; /* in the order in which findings name them */
	size_t n_hosts;
	uint32_t *host_of;                   /* by finding */
	struct view_org *orgs;               /* parallel to answer.orgs */
	struct view_controller *controllers; /* parallel to answer.controllers */
	struct view_edge *edges;             /* by controller, then organisation */
	size_t n_edges;
	struct view_family *families; /* known organisations desc, hosts desc, name; the nameless
					 last */
	size_t n_families;

	uint64_t known_orgs, ownerless_hosts;
	uint64_t findings_by[CONF_COUNT], hosts_by[CONF_COUNT], orgs_by[CONF_COUNT]; /* orgs: known */
	uint64_t silent_hosts, two_way_hosts, steady; /* steady: findings of regularity >= 80 */
	uint64_t silent_orgs; /* known ones that no controller was seen to answer */
	uint64_t active_orgs; /* known ones that still called within a day of the end of the records */
	int64_t first, last; /* of the findings; TIME_NONE without any */

	struct view_tallies sectors, countries, regions; /* of known organisations */
	struct view_tallies sources;                     /* countries of controllers */
	struct view_tallies excluded, withheld;          /* by reason */
	uint64_t excluded_hosts;                         /* distinct, set aside for what they are */
	struct str base; /* the folder that holds all telemetry, with its slash; left out of file
			    names */
	uint64_t malformed, telemetry_files, troubled_files;
};

/* On an error nothing is kept. Errors: ERR_NOMEM. */
MUST enum err view_make(const struct answer *a, const struct report_options *o, struct view *out);
void view_free(struct view *v);

/* The family's name, or words for findings without one. */
struct str view_family_text(const struct view *v, const struct view_family *f);
/* A file as this document names it: its path below v->base, or "file 2". */
struct str view_path(const struct view *v, struct str path, char scratch[32]);

#endif
