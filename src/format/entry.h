/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entry of an organisation table or of an exclusion list speaks of: an address, a network,
 * an AS number
 * (`AS64500`) or a name (`.d` and `*.d`: d and all below).
 */
#ifndef NEZUMI_FORMAT_ENTRY_H
#define NEZUMI_FORMAT_ENTRY_H

#include "base/buf.h"
#include "core/org.h"

struct entry {
	enum entry_type type;
	struct cidr net;
	uint32_t as;
	struct str name; /* normalised, in the scratch buffer */
};

/*
 * Names are appended to *scratch (at most 253 bytes). bare_as: a number alone is an AS number.
 * Errors: ERR_PARSE with the reason; ERR_NOMEM.
 */
MUST enum err entry_parse(struct str text, bool bare_as, struct buf *scratch, struct entry *out,
			  struct errinfo *ei);

#endif
