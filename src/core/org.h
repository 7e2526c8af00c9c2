/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Organisations, who owns which address, and the lists of what is special (exclusions).
 */
#ifndef NEZUMI_CORE_ORG_H
#define NEZUMI_CORE_ORG_H

#include "core/ip.h"

enum org_kind {
	ORG_UNKNOWN,
	ORG_ENTERPRISE,
	ORG_GOVERNMENT,
	ORG_UNIVERSITY,
	ORG_ISP,
	ORG_HOSTING,
	ORG_RESOLVER,
	ORG_SCANNER,
	ORG_RESEARCH,
	ORG_SINKHOLE,
};

const char *org_kind_text(enum org_kind k);
bool org_kind_parse(struct str s, enum org_kind *out);

struct org {
	struct str id, name, sector, country; /* country: ISO 3166-1 alpha-2 or empty */
	enum org_kind kind;
	struct str extra; /* the table's other columns: an object of JSON, or empty */
};

/* What an entry of the table or of a list speaks of. */
enum entry_type { ENTRY_NET, ENTRY_AS, ENTRY_NAME, ENTRY_NAME_BELOW /* and all below */ };

/* One line of an organisation table. Slices of the reader's input. */
struct org_entry {
	enum entry_type type;
	struct cidr net;
	uint32_t as;
	struct str name; /* a domain, normalised */
	struct org org;
};

/* What a list proves about its entries. */
enum xclass { X_BENIGN, X_PROVIDER, X_SCANNER, X_SINKHOLE, X_RESEARCH, X_COUNT };

const char *xclass_text(enum xclass c);
bool xclass_parse(struct str s, enum xclass *out);

/* One entry of a list. Slices of the reader's input. */
struct exclusion {
	enum entry_type type;
	struct cidr net;
	uint32_t as;
	struct str name; /* normalised */
	struct str list; /* the list's own name; empty: the driver takes the file's */
	bool whole;      /* the file is that list, and nothing else */
	bool classed;    /* the list itself says its class and reason */
	enum xclass class;
	struct str reason; /* what a host in it is called: "resolver", "scanner" ...; empty: by
			      class */
};

#endif
