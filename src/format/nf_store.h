/* SPDX-License-Identifier: Apache-2.0 */
/* What nf_domain.c (memory, exporters, domains) and nf_template.c (what lies in a domain) share. */
#ifndef NEZUMI_FORMAT_NF_STORE_H
#define NEZUMI_FORMAT_NF_STORE_H

#include "format/nf_template.h"

enum { EXPORTER_BUCKETS = 1 << 12, DOMAIN_BUCKETS = 1 << 12, TEMPLATE_BUCKETS = 1 << 14 };

/* What malloc adds to a piece, roughly. */
#define NF_MALLOC_EXTRA 16

struct nf_store {
	uint64_t seed;
	size_t used, held; /* bytes of templates and domains; of data sets */
	struct nf_held *first, *last;
	struct nf_forgotten forgotten;
	bool forgot;               /* ever */
	struct nf_domain *current; /* of the message being read: in no row, so it stays */
	struct nf_row rows[NF_WORTHS];
	struct nf_exporter *exporters[EXPORTER_BUCKETS];
	struct nf_domain *domains[DOMAIN_BUCKETS];
	struct nf_template *templates[TEMPLATE_BUCKETS];
};

/* Zeroed memory that counts; domains that matter less are forgotten for it, never that of the
 * message being read. Errors: ERR_LIMIT, ERR_NOMEM. */
MUST enum err nf_take(struct nf_store *s, size_t n, void **out);
void nf_give_back(struct nf_store *s, void *p, size_t n);

#endif
