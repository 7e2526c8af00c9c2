/* SPDX-License-Identifier: Apache-2.0 */
/* English: families, controllers, clusters and single findings. */
#include "report/parts.h"
#include "report/phrases.h"

static void about_controller(const struct view *v, struct buf *b, uint32_t i, bool first, bool only)
{
	const struct answer_controller *c = &v->a->controllers[i];
	uint32_t idx[256];
	size_t n = facts_callers(v, i, idx, 256);
	struct facts regions, countries;

	buf_c(b, only    ? "The controller is "
		 : first ? "The most active controller is "
			 : "The next is ");
	en_controller(v, b, i);
	buf_c(b, ". ");
	{
		size_t from = b->n;

		en_hosts(b, c->hosts);
		if (v->controllers[i].orgs > 1) {
			buf_c(b, " in ");
			en_organisations(b, v->controllers[i].orgs);
		}
		if (!v->controllers[i].orgs)
			buf_c(b, " without a known owner");
		buf_fmt(b, " %s it", en_called(v->controllers[i].level > LEVEL_ATTEMPT));
		if (v->controllers[i].orgs) {
			buf_c(b, ": ");
			en_who(v, b, idx, n, NAMED_MAX);
		}
		buf_ch(b, '.');
		say_capital(b, from);
	}
	facts_regions(v, idx, n, &regions);
	facts_countries(v, idx, n, &countries);
	if (regions.n > 1 && regions.all >= 3 && regions.v[0].n * 2 > regions.all) {
		size_t from;

		buf_ch(b, ' ');
		from = b->n;
		say_en_num(b, regions.v[0].n);
		buf_c(b, " of the ");
		say_en_num(b, v->controllers[i].orgs);
		buf_c(b, " organisations are in ");
		say_text(b, namebook_region(REPORT_EN, regions.v[0].key));
		buf_ch(b, '.');
		say_capital(b, from);
	}
	if (v->controllers[i].level <= LEVEL_ATTEMPT)
		buf_c(b, " It was not seen to answer.");
	if (c->n_hostnames && c->type != IT_DOMAIN) {
		size_t shown = c->n_hostnames < 3 ? c->n_hostnames : 3;

		buf_c(b, c->n_hostnames == 1 ? " It was called by the name "
					     : " It was called by the names ");
		for (size_t k = 0; k < shown; k++) {
			say_en_and(b, k, shown + (c->n_hostnames > shown));
			say_value(b, c->hostnames[k]);
		}
		if (c->n_hostnames > shown) {
			buf_c(b, " and ");
			say_en_count(b, c->n_hostnames - shown, "other", "others");
		}
		buf_ch(b, '.');
	}
	buf_ch(b, '\n');
}

void parts_en_family(const struct view *v, struct buf *b, const struct view_family *f)
{
	size_t from = b->n, told = 0;

	en_hosts(b, f->hosts);
	if (f->known_orgs) {
		buf_c(b, " in ");
		en_organisations(b, f->known_orgs);
		en_where(v, b, f->orgs, f->n_orgs);
	} else {
		buf_c(b, " without a known owner");
	}
	buf_fmt(b, " %s ", en_called(!f->silent_hosts));
	en_controllers(b, f->n_controllers);
	if (f->name.n) {
		buf_c(b, " of ");
		say_strong(b, f->name);
	} else {
		buf_c(b, " for which no source names a family");
	}
	buf_ch(b, ' ');
	say_en_span(b, f->first, f->last);
	buf_ch(b, '.');
	say_capital(b, from);
	if (f->silent_hosts == f->hosts) {
		buf_c(b, " No answer was seen to any of the calls.");
	} else if (f->silent_hosts) {
		buf_ch(b, ' ');
		from = b->n;
		en_hosts(b, f->silent_hosts);
		buf_c(b, " called out and got no answer that was seen.");
		say_capital(b, from);
	}
	if (f->by_conf[CONF_HIGH] < f->findings) {
		buf_ch(b, ' ');
		if (f->by_conf[CONF_HIGH] == 0)
			buf_c(b, "No finding is of high confidence.");
		else {
			from = b->n;
			say_en_num(b, f->by_conf[CONF_HIGH]);
			buf_c(b, " of ");
			en_findings(b, f->findings);
			buf_c(b, f->by_conf[CONF_HIGH] == 1 ? " is of high confidence."
							    : " are of high confidence.");
			say_capital(b, from);
		}
	}
	buf_ch(b, '\n');
	for (size_t i = 0; i < f->n_controllers && told < 3; i++)
		if (told == 0 || v->controllers[f->controllers[i]].orgs > 1)
			about_controller(v, b, f->controllers[i], told++ == 0, f->n_controllers == 1);
}

void parts_en_controllers_lead(const struct view *v, struct buf *b)
{
	size_t from = b->n;

	en_controllers(b, v->a->n_controllers);
	buf_c(b, v->a->n_controllers == 1 ? " was called" : " were called");
	if (v->sources.n > 1) {
		buf_c(b, "; they stand in ");
		say_en_count(b, v->sources.n, "country", "countries");
	}
	buf_c(b, ". The network operator gives an address its connection; it does not control the machine that uses it.\n");
	say_capital(b, from);
	from = b->n;
	if (facts_rented(v)) {
		en_controllers(b, facts_rented(v));
		buf_c(b, facts_rented(v) == 1 ? " stands" : " stand");
		buf_c(b, " in address ranges that are rented out (cloud, hosting, VPN). Such an address changes hands: check it again before it is "
			 "blocked for long.\n");
		say_capital(b, from);
	}
}

void parts_en_clusters_lead(const struct view *v, struct buf *b)
{
	size_t from = b->n;

	buf_c(b, "controllers and organisations that are tied by calls fall into ");
	say_en_count(b, v->a->n_clusters, "cluster", "clusters");
	buf_c(b, ". What shares a cluster is likely to be run by the same hand, or sold by it.\n");
	say_capital(b, from);
}

void parts_en_cluster(const struct view *v, struct buf *b, size_t i)
{
	const struct cluster_row *c = &v->a->clusters[i];
	struct facts regions, countries;
	struct buf place;
	size_t from = b->n;
	uint64_t known = 0;

	for (size_t k = 0; k < c->n_orgs; k++)
		known += v->orgs[c->orgs[k]].known;
	en_controllers(b, c->n_controllers);
	buf_c(b, " and ");
	if (known) {
		en_organisations(b, known);
		en_where(v, b, c->orgs, c->n_orgs);
	} else {
		buf_c(b, "hosts without a known owner");
	}
	if (c->n_controllers) {
		uint32_t top = c->controllers[0];

		for (size_t k = 1; k < c->n_controllers; k++)
			if (v->controllers[c->controllers[k]].orgs > v->controllers[top].orgs)
				top = c->controllers[k];
		buf_c(b, c->n_controllers > 1 ? ", around " : ": ");
		en_controller(v, b, top);
	}
	buf_ch(b, '.');
	say_capital(b, from);
	buf_init(&place, 4096);
	facts_source_regions(v, c->controllers, c->n_controllers, &regions);
	facts_sources(v, c->controllers, c->n_controllers, &countries);
	if (en_mostly(&place, &regions, &countries)) {
		buf_c(b, " Most of its controllers are in ");
		buf_puts(b, buf_str(&place));
		buf_ch(b, '.');
	}
	buf_clear(&place);
	facts_regions(v, c->orgs, c->n_orgs, &regions);
	facts_countries(v, c->orgs, c->n_orgs, &countries);
	if (regions.n > 1 && en_mostly(&place, &regions, &countries)) {
		buf_c(b, " Most of the organisations are in ");
		buf_puts(b, buf_str(&place));
		buf_ch(b, '.');
	}
	buf_free(&place);
	buf_ch(b, '\n');
}

void parts_en_places(const struct view *v, struct buf *b)
{
	if (v->ownerless_hosts) {
		size_t from = b->n;

		en_hosts(b, v->ownerless_hosts);
		buf_c(b, v->ownerless_hosts == 1 ? " without a known owner is"
						 : " without a known owner are");
		buf_c(b, " not counted here.\n");
		say_capital(b, from);
	}
}

void parts_en_timeline(const struct view *v, struct buf *b)
{
	buf_c(b, "A thin line runs from the first call that was seen to the last; the thick pieces are the calls to one controller each.");
	if (v->a->seen_first != TIME_NONE && v->a->seen_last != TIME_NONE) {
		buf_c(b, " The records were made ");
		say_en_span(b, v->a->seen_first, v->a->seen_last);
		buf_c(b, ": what touches one of these ends may have begun earlier or go on.");
	}
	if (facts_bounded(v))
		buf_c(b, " Behind a controller stands, pale, the time for which its indicator holds: calls outside it were met before it was listed, or after.");
	buf_ch(b, '\n');
}

void parts_en_findings_lead(const struct view *v, struct buf *b)
{
	buf_c(b, "One row is one host and one controller. Open a row for the reasons and for the records that prove it, with file and line. "
		 "High is a score of 75 or more, medium of 50 or more.");
	if (v->base.n && !v->o->anonymise) {
		buf_c(b, " The files lie in ");
		say_text(b, v->base);
		buf_ch(b, '.');
	}
	buf_ch(b, '\n');
}

void parts_en_finding(const struct view *v, struct buf *b, const struct finding *f)
{
	size_t from = b->n;

	(void)v;
	if (f->level == LEVEL_LOOKUP) {
		buf_c(b, "asked for the name ");
		say_en_num(b, f->records);
		buf_c(b, f->records == 1 ? " time" : " times");
	} else {
		buf_c(b, f->level > LEVEL_ATTEMPT ? "talked to the controller "
						  : "called the controller ");
		say_en_num(b, f->records ? f->records : f->records_other_port);
		buf_c(b, (f->records ? f->records : f->records_other_port) == 1 ? " time" : " times");
		if (f->port) {
			buf_c(b, " on port ");
			buf_u64(b, f->port);
		}
	}
	buf_ch(b, ' ');
	say_en_span(b, f->first, f->last);
	if (f->level == LEVEL_ATTEMPT)
		buf_c(b, "; no answer was seen");
	else if (f->bytes_out || f->bytes_in) {
		buf_c(b, "; it sent ");
		say_bytes(b, f->bytes_out);
		buf_c(b, " and received ");
		say_bytes(b, f->bytes_in);
	}
	buf_ch(b, '.');
	if (f->records && f->records_other_port) {
		size_t at;

		buf_ch(b, ' ');
		at = b->n;
		say_en_count(b, f->records_other_port, "further record concerns",
			     "further records concern");
		buf_c(b, " other ports.");
		say_capital(b, at);
	}
	buf_ch(b, '\n');
	say_capital(b, from);
}
