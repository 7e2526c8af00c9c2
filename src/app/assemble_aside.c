/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assemble_parts.h"

#include <stdlib.h>

static int excluded_order(const void *a, const void *b)
{
	const struct excluded *x = a, *y = b;
	int d = str_cmp(x->host, y->host);

	if (!d)
		d = str_cmp(x->controller, y->controller);
	if (!d)
		d = str_cmp(x->reason, y->reason);
	return d ? d : str_cmp(x->detail, y->detail);
}

static enum err exclude(struct making *m, const struct pair *p, struct str reason,
			struct str detail, uint64_t records)
{
	struct excluded *x = &m->out->excluded[m->out->n_excluded];

	if (records == 0)
		return ERR_OK;
	*x = (struct excluded){ making_ip(m, p->host), making_controller(m, p),
				arena_str(m->arena, reason), arena_str(m->arena, detail), records };
	if (!x->host.p || !x->controller.p || !x->reason.p || !x->detail.p)
		return ERR_NOMEM;
	m->out->n_excluded++;
	return ERR_OK;
}

enum err make_excluded(struct making *m)
{
	const struct sightings *s = m->in->sightings;
	size_t most = 0;
	enum err e = ERR_OK;
	struct buf detail;

	for (size_t i = 0; i < s->v.n; i++)
		most += (s->v.v[i].inbound_only > 0) + (s->v.v[i].outside > 0) +
			(s->v.v[i].of_host > 0) + s->v.v[i].benign.n;
	m->out->excluded = arena_array(m->arena, most + 1, sizeof *m->out->excluded);
	if (!m->out->excluded)
		return ERR_NOMEM;
	buf_init(&detail, 1 << 16);
	for (size_t i = 0; !e && i < s->v.n; i++) {
		const struct pair *p = &s->v.v[i];
		const struct host *h;
		uint32_t host;

		e = exclude(m, p, STR("inbound-only"),
			    STR("opened by the controller and not answered"), p->inbound_only);
		if (!e)
			e = exclude(m, p, STR("outside-validity"),
				    STR("the indicator was not valid at that time"), p->outside);
		for (size_t k = 0; !e && k < p->benign.n; k++) {
			buf_clear(&detail);
			exentry_detail(&detail, p->benign.v[k].entry);
			e = exclude(m, p, STR("benign-name"), buf_str(&detail), p->benign.v[k].n);
		}
		if (!e && p->of_host)
			e = hosts_find(m->in->hosts, p->host, &host);
		if (!e && p->of_host) {
			h = &m->in->hosts->v.v[host];
			e = exclude(m, p, h->excluded, h->detail, p->of_host);
		}
	}
	buf_free(&detail);
	if (m->out->n_excluded)
		qsort(m->out->excluded, m->out->n_excluded, sizeof *m->out->excluded, excluded_order);
	return e;
}
