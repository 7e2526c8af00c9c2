/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of an analysis: everything that is said about findings, and everything that was set
 * aside. Made once, sorted as documented, then only read: the terminal, JSON, Markdown and HTML all
 * tell the same struct. Owned by the arena of whoever made it. Values are raw (never escaped, never
 * defanged): every way out escapes for its own syntax.
 */
#ifndef NEZUMI_CORE_ANSWER_H
#define NEZUMI_CORE_ANSWER_H

#include "base/clock.h"
#include "core/indicator.h"
#include "core/org.h"
#include "core/record.h"
#include "core/verdict.h"

enum confidence { CONF_LOW, CONF_MEDIUM, CONF_HIGH };

struct answer_input {
	struct str path;
	struct str kind; /* indicators | telemetry | organisations | exclusions */
	struct str format;
	uint64_t records, malformed, bytes; /* bytes after decompression */
	uint64_t unused;                    /* items read that are nothing this program can use */
	/* Captures: frames cut short, bytes of conversations that are missing, packets dropped. */
	uint64_t truncated, missed, dropped;
	struct str trouble; /* why it could not be read (to the end), or empty */
	struct str note;    /* something to know about it, or empty */
	bool passed_over;   /* found in a folder, and not of our kind */
};

struct evidence {
	struct str path;
	uint64_t line;
	int64_t ts;
	enum kind kind;
};

/* A part of the score; only those with points, or caps that took effect (points 0, cap set). */
struct reason {
	struct str part; /* evidence port repetition days regularity family names sources grace;
			    cap-... */
	int points;
	struct str text; /* English sentence fragment, e.g. "two-way payload in 12 of 14 records" */
	uint64_t a, b;   /* the numbers of the text, so that it can be said in another language: see
			    judge.h */
};

struct answer_org {
	struct org org;
	uint64_t hosts;
	struct str *controllers; /* sorted by value */
	size_t n_controllers;
	struct str *families;
	size_t n_families;
	int64_t first, last;
	int score;
};

struct finding {
	struct str host;
	uint32_t org;        /* index into answer.orgs */
	uint32_t controller; /* index into answer.controllers */
	uint32_t asn;        /* 0 unknown */
	struct str as_name, country;
	uint16_t port;
	struct str protocol;
	struct str *families, *sources;
	size_t n_families, n_sources;
	uint64_t records, records_other_port, established, bytes_out, bytes_in;
	int64_t first, last;
	unsigned days;
	enum level level;    /* highest of its main records */
	unsigned regularity; /* 0–100 */
	int64_t interval;    /* µs, the commonest interval when regular; 0 otherwise */
	int score;
	enum confidence confidence;
	struct reason *reasons;
	size_t n_reasons;
	struct evidence *evidence; /* at most 10 */
	size_t n_evidence;
};

struct answer_controller {
	struct str value;
	enum itype type;
	struct str *families;
	size_t n_families;
	struct str country;
	uint32_t asn;
	struct str as_name;
	uint64_t hosts, orgs, records;
	int64_t first, last;
	int64_t listed_from, listed_until; /* its indicators hold, taken together; TIME_NONE open */
	struct str *hostnames;             /* names it was called by in the telemetry */
	size_t n_hostnames;
	struct str context;   /* "provider: vpn-ipv4 116.62.0.0/16" or empty */
	enum verdict_why why; /* what lists and analysts let be done with it, whatever its age */
	uint32_t cluster;     /* id, from 1; 0 none */
};

struct cluster_row {
	uint32_t id;           /* from 1, the largest first */
	uint32_t *controllers; /* indices */
	size_t n_controllers;
	uint32_t *orgs;
	size_t n_orgs;
};

struct alert {
	struct str rule, severity, subject, message;
	struct str *evidence; /* organisation ids */
	size_t n_evidence;
};

struct excluded {
	struct str host, controller, reason, detail;
	uint64_t records;
};

struct withheld {
	struct str value, reason, detail, source;
};

struct rejected {
	struct str path;
	uint64_t line;
	struct str why;
};

struct answer {
	int64_t from, to;              /* the window asked for; TIME_NONE open */
	int64_t seen_first, seen_last; /* of the telemetry read; TIME_NONE when none */
	int64_t made;                  /* when; TIME_NONE keeps documents reproducible */
	struct answer_input *inputs;
	size_t n_inputs;
	uint64_t records, matched, excluded_records, hosts; /* hosts with findings */
	struct finding *findings;                           /* score desc, host, controller */
	size_t n_findings;
	struct answer_controller *controllers; /* with findings; orgs desc, hosts desc, value */
	size_t n_controllers;
	struct answer_org *orgs; /* with findings; score desc, hosts desc, id */
	size_t n_orgs;
	struct cluster_row *clusters;
	size_t n_clusters;
	struct alert *alerts;
	size_t n_alerts;
	struct excluded *excluded; /* host, controller, reason, detail */
	size_t n_excluded;
	struct withheld *withheld; /* value, source */
	size_t n_withheld;
	struct rejected *rejected; /* by input, line; at most 100 an input */
	size_t n_rejected;
	uint64_t indicators; /* matched against: distinct values */
};

const char *confidence_text(enum confidence c);
/* high >= 75, medium >= 50 (docs/judgement.md, section 7). */
enum confidence confidence_of(int score);

#endif
