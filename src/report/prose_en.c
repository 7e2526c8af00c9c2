/* SPDX-License-Identifier: Apache-2.0 */
/* English: the first screen, the summary and the key judgements. */
#include "report/advice.h"
#include "report/parts.h"
#include "report/phrases.h"

/* ---- first screen ---- */

static void headline(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	uint64_t all = v->known_orgs ? v->known_orgs : v->n_hosts;
	uint64_t silent = v->known_orgs ? v->silent_orgs : v->silent_hosts;
	const char *verb = !silent ? "talked to" : silent < all ? "contacted" : "called";
	size_t from = b->n;

	if (!a->n_findings) {
		buf_c(b, "No infected organisation was found");
		return;
	}
	if (!v->known_orgs) {
		en_hosts(b, v->n_hosts);
		buf_c(b, " without a known owner ");
	} else if (v->known_orgs == 1) {
		uint32_t i = 0;

		while (!v->orgs[i].known)
			i++;
		say_text(b, v->orgs[i].text);
		buf_ch(b, ' ');
	} else {
		en_organisations(b, v->known_orgs);
		buf_ch(b, ' ');
	}
	if (!v->findings_by[CONF_HIGH] && !v->findings_by[CONF_MEDIUM])
		buf_c(b, "may have met malware controllers; nothing is proven");
	else
		buf_fmt(b, "%s%s %s%s", v->findings_by[CONF_HIGH] ? "" : "probably ", verb,
			a->n_controllers == 1 ? "a malware controller" : "malware controllers",
			silent == all ? "; no answer was seen" : "");
	say_capital(b, from);
}

static void confidences(const struct view *v, struct buf *b)
{
	const uint64_t *n = v->findings_by;
	uint64_t all = v->a->n_findings;
	static const char *const name[] = { "low", "medium", "high" };
	size_t parts = 0, at = 0;

	for (int c = CONF_HIGH; c >= CONF_LOW; c--)
		parts += n[c] > 0;
	if (parts == 1) {
		for (int c = CONF_HIGH; c >= CONF_LOW; c--)
			if (n[c] == all && all == 1)
				buf_fmt(b, "The one finding is of %s confidence.", name[c]);
			else if (n[c] == all) {
				buf_c(b, "All ");
				say_en_num(b, all);
				buf_fmt(b, " findings are of %s confidence.", name[c]);
			}
		return;
	}
	buf_c(b, "Of ");
	en_findings(b, all);
	buf_c(b, ", ");
	for (int c = CONF_HIGH; c >= CONF_LOW; c--) {
		if (!n[c])
			continue;
		say_en_and(b, at, parts);
		say_en_num(b, n[c]);
		buf_fmt(b, "%s of %s confidence", at++ ? "" : n[c] == 1 ? " is" : " are", name[c]);
	}
	buf_ch(b, '.');
}

static void standfirst(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t from = b->n;

	if (!a->n_findings) {
		say_en_count(b, a->records, "network record was", "network records were");
		buf_c(b, " compared with ");
		say_en_count(b, a->indicators, "indicator", "indicators");
		if (a->matched) {
			buf_c(b, ". ");
			from = b->n;
			say_en_count(b, a->matched, "record", "records");
			buf_c(b, " met one, and every one of them was set aside for a reason that is given below.");
			say_capital(b, from);
		} else {
			buf_c(b, "; none met one.");
			say_capital(b, from);
		}
		return;
	}
	en_hosts(b, v->n_hosts);
	buf_fmt(b, " %s ", en_called(!v->silent_hosts));
	en_controllers(b, a->n_controllers);
	if (en_has_families(v)) {
		buf_c(b, " of ");
		en_families(v, b, 5);
	}
	buf_ch(b, ' ');
	say_en_span(b, v->first, v->last);
	buf_c(b, ". ");
	say_capital(b, from);
	confidences(v, b);
}

/* ---- summary ---- */

static void family_shares(const struct view *v, struct buf *b)
{
	size_t n = v->n_families < 6 ? v->n_families : 5;

	for (size_t i = 0; i < n; i++) {
		const struct view_family *f = &v->families[i];

		say_en_and(b, i, n + (v->n_families > n));
		say_strong(b, f->name.n ? f->name : STR("indicators without a family"));
		buf_c(b, " (");
		if (i == 0 && f->known_orgs)
			en_organisations(b, f->known_orgs);
		else if (f->known_orgs)
			say_en_num(b, f->known_orgs);
		else
			en_hosts(b, f->hosts);
		buf_ch(b, ')');
	}
	if (v->n_families > n) {
		buf_c(b, " and ");
		say_en_count(b, v->n_families - n, "other", "others");
	}
}

static void outstanding(const struct view *v, struct buf *b)
{
	uint32_t top[3];
	size_t n = facts_outstanding(v, top, 3);
	size_t from = b->n;

	if (!n || v->a->n_controllers < 2)
		return;
	en_controllers(b, n);
	buf_c(b, n == 1 ? " stands out: " : " stand out: ");
	say_capital(b, from);
	for (size_t i = 0; i < n; i++) {
		say_en_and(b, i, n);
		en_controller(v, b, top[i]);
		buf_c(b, " with ");
		en_hosts(b, v->a->controllers[top[i]].hosts);
		if (v->controllers[top[i]].orgs) {
			buf_c(b, " in ");
			en_organisations(b, v->controllers[top[i]].orgs);
		}
	}
	buf_c(b, ".\n");
}

static void spread(const struct view *v, struct buf *b)
{
	size_t sectors = 0, from;

	for (size_t i = 0; i < v->sectors.n; i++)
		sectors += v->sectors.v[i].key.n && !str_is(v->sectors.v[i].key, "Sector not known");
	if (v->known_orgs < 2 || !v->countries.n)
		return;
	from = b->n;
	if (v->countries.n == 1 && v->countries.v[0].key.n) {
		const struct country_name *c = namebook_country(&v->names, v->countries.v[0].key);

		buf_c(b, "all of them are in ");
		say_text(b, c ? c->en_in : v->countries.v[0].label);
	} else {
		buf_c(b, "the organisations are spread over ");
		say_en_count(b, v->countries.n, "country", "countries");
		if (v->regions.n > 1 && v->regions.v[0].orgs > 1) {
			buf_c(b, ", most of them in ");
			say_text(b, v->regions.v[0].label);
			buf_c(b, " (");
			say_en_num(b, v->regions.v[0].orgs);
			if (v->regions.v[1].orgs > 1) {
				buf_c(b, ") and ");
				say_text(b, v->regions.v[1].label);
				buf_c(b, " (");
				say_en_num(b, v->regions.v[1].orgs);
			}
			buf_ch(b, ')');
		}
	}
	if (sectors > 1 && v->sectors.v[0].orgs > 1) {
		size_t shown = 0, n = 0;

		for (size_t i = 0; i < v->sectors.n && n < 3 && v->sectors.v[i].orgs > 1; i++)
			n += !str_is(v->sectors.v[i].key, "Sector not known");
		buf_c(b, "; the sectors met most often are ");
		for (size_t i = 0; i < v->sectors.n && shown < n; i++) {
			if (str_is(v->sectors.v[i].key, "Sector not known"))
				continue;
			if (n < 2 && shown == 0)
				b->n -= strlen("sectors met most often are "),
					buf_c(b, "sector met most often is ");
			say_en_and(b, shown++, n);
			buf_ch(b, MARK_STRONG);
			say_text(b, v->sectors.v[i].label);
			buf_ch(b, MARK_END);
			buf_c(b, " (");
			say_en_num(b, v->sectors.v[i].orgs);
			buf_ch(b, ')');
		}
	}
	buf_c(b, ".\n");
	say_capital(b, from);
}

/* A sentence about n of the hosts; about the only one there is, it says "it". */
static void of_hosts(const struct view *v, struct buf *b, uint64_t n, const char *it,
		     const char *one, const char *many)
{
	size_t from;

	if (!n)
		return;
	buf_ch(b, ' ');
	from = b->n;
	if (v->n_hosts == 1) {
		buf_c(b, it);
	} else {
		en_hosts(b, n);
		buf_c(b, n == 1 ? one : many);
	}
	buf_ch(b, '.');
	say_capital(b, from);
}

static void certainty(const struct view *v, struct buf *b)
{
	confidences(v, b);
	if (v->two_way_hosts && v->two_way_hosts == v->n_hosts && v->n_hosts > 1)
		buf_c(b, " For every host payload was seen in both directions.");
	else
		of_hosts(v, b, v->two_way_hosts, "payload was seen in both directions",
			 " exchanged payload with a controller in both directions",
			 " exchanged payload with controllers in both directions");
	of_hosts(v, b, v->silent_hosts, "the host called out; no answer was seen",
		 " called out; no answer was seen", " called out; no answer was seen");
	of_hosts(v, b, v->ownerless_hosts, "its owner is not known", " has no known owner",
		 " have no known owner");
	if (facts_clock_unset(v))
		buf_c(b, " The records date from 1970: the clock of what made them was not set, and only the intervals mean something.");
	buf_ch(b, '\n');
}

static void summary(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t from = b->n;

	if (!a->n_findings) {
		advice_en_nothing(v, b);
		return;
	}
	say_en_count(b, a->records, "network record", "network records");
	if (a->seen_first != TIME_NONE && a->seen_last != TIME_NONE) {
		buf_c(b, ", made ");
		say_en_span(b, a->seen_first, a->seen_last);
		buf_ch(b, ',');
	}
	buf_c(b, a->records == 1 ? " was compared with " : " were compared with ");
	say_en_count(b, a->indicators, "indicator", "indicators");
	buf_c(b, ". ");
	say_capital(b, from);
	from = b->n;
	en_hosts(b, v->n_hosts);
	if (v->known_orgs) {
		buf_c(b, " in ");
		en_organisations(b, v->known_orgs);
	}
	buf_fmt(b, " %s ", en_called(!v->silent_hosts));
	en_controllers(b, a->n_controllers);
	if (en_has_families(v)) {
		if (v->n_families > 1) {
			buf_c(b, " of ");
			say_en_num(b, v->n_families);
			buf_c(b, " malware families: ");
			family_shares(v, b);
		} else {
			buf_c(b, " of ");
			en_families(v, b, 2);
		}
	}
	buf_c(b, ".\n");
	say_capital(b, from);
	outstanding(v, b);
	spread(v, b);
	certainty(v, b);
	advice_en_aside_brief(v, b);
}

/* ---- key judgements ---- */

/* Each family that matters: where its controllers are, whom it reached. */
static void judge_family(const struct view *v, struct buf *b, const struct view_family *f)
{
	struct facts regions, countries, sectors;
	struct buf place;

	buf_init(&place, 4096);
	facts_source_regions(v, f->controllers, f->n_controllers, &regions);
	facts_sources(v, f->controllers, f->n_controllers, &countries);
	if (en_mostly(&place, &regions, &countries)) {
		buf_c(b, "Most controllers of ");
		say_strong(b, f->name);
		buf_c(b, " that were called are in ");
		buf_puts(b, buf_str(&place));
		buf_c(b, ".\n");
	}
	buf_clear(&place);
	facts_regions(v, f->orgs, f->n_orgs, &regions);
	facts_countries(v, f->orgs, f->n_orgs, &countries);
	facts_sectors(v, f->orgs, f->n_orgs, &sectors);
	if (f->known_orgs > LISTED_MAX) {
		if (en_mostly(&place, &regions, &countries)) {
			buf_c(b, "A large share of the organisations with ");
			say_strong(b, f->name);
			buf_c(b, " is in ");
			buf_puts(b, buf_str(&place));
		} else {
			buf_c(b, "The organisations with ");
			say_strong(b, f->name);
			buf_c(b, " are spread over ");
			say_en_count(b, countries.n + countries.rest, "country", "countries");
		}
		if (sectors.n > 1) {
			buf_c(b, ". Sectors: ");
			for (size_t i = 0; i < sectors.n && i < 10; i++) {
				buf_c(b, i ? "; " : "");
				say_text(b, sectors.v[i].key);
			}
			if (sectors.n > 10)
				buf_c(b, "; and others");
		}
		buf_c(b, ".\n");
	} else if (f->known_orgs > 1) {
		struct facts nouns;

		buf_c(b, "Hosts that are probably infected with ");
		say_strong(b, f->name);
		buf_c(b, " were found in ");
		en_organisations(b, f->known_orgs);
		buf_c(b, ":\n");
		facts_nouns(v, f->orgs, f->n_orgs, &nouns);
		for (size_t i = 0; i < nouns.n; i++) {
			size_t from;

			buf_ch(b, MARK_DEEPER);
			from = b->n;
			if (v->o->anonymise) {
				en_alike(v, b, nouns.v[i].like, f->orgs, f->n_orgs);
			} else {
				uint32_t same[LISTED_MAX];
				size_t k = 0;

				for (size_t o = 0; o < f->n_orgs && k < LISTED_MAX; o++)
					if (v->orgs[f->orgs[o]].known &&
					    str_eq(v->orgs[f->orgs[o]].en_noun, nouns.v[i].key))
						same[k++] = f->orgs[o];
				if (k > 1)
					say_en_plural(b, nouns.v[i].key);
				else
					say_text(b, nouns.v[i].key);
				buf_c(b, ": ");
				en_who(v, b, same, k, LISTED_MAX);
			}
			say_capital(b, from);
			buf_ch(b, '\n');
		}
	} else if (f->known_orgs == 1) {
		buf_c(b, "One organisation is probably infected with ");
		say_strong(b, f->name);
		buf_c(b, ": ");
		en_who(v, b, f->orgs, f->n_orgs, 2);
		buf_c(b, ".\n");
	}
	buf_free(&place);
}

/* Controllers that several organisations share, one below the other. */
static void judge_shared(const struct view *v, struct buf *b)
{
	uint32_t shared[6], idx[256];
	size_t n = facts_shared(v, shared, sizeof shared / sizeof shared[0]), from = b->n;

	if (!n)
		return;
	en_controllers(b, n);
	buf_c(b, n == 1 ? " was called from several organisations:\n"
			: " were called from several organisations each:\n");
	say_capital(b, from);
	for (size_t i = 0; i < n; i++) {
		buf_ch(b, MARK_DEEPER);
		en_controller(v, b, shared[i]);
		buf_c(b, ", from ");
		say_en_num(b, v->controllers[shared[i]].orgs);
		buf_c(b, ": ");
		en_who(v, b, idx, facts_callers(v, shared[i], idx, 256), NAMED_MAX);
		buf_c(b, ".\n");
	}
}

static void judgements(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t cover, from, big = 0;

	if (!a->n_findings)
		return;
	for (size_t i = 0; i < v->n_families && i < 4; i++)
		if (v->families[i].name.n)
			judge_family(v, b, &v->families[i]);
	judge_shared(v, b);
	cover = facts_cover(v, 80);
	if (a->n_controllers > 4 && cover * 2 <= a->n_controllers) {
		from = b->n;
		en_controllers(b, cover);
		buf_c(b, cover == 1 ? " holds" : " hold");
		buf_c(b, " four fifths of all links between controllers and organisations: blocking ");
		buf_c(b, cover == 1 ? "it" : "these");
		buf_c(b, " first cuts most of the activity.\n");
		say_capital(b, from);
	}
	for (size_t i = 0; i < a->n_clusters; i++)
		big += a->clusters[i].n_controllers > 1;
	if (big) {
		from = b->n;
		say_en_count(b, big, "cluster ties", "clusters tie");
		buf_c(b, " several controllers to the same organisations, as infrastructure run by one hand does.\n");
		say_capital(b, from);
	}
	if (v->steady > 1) {
		from = b->n;
		en_findings(b, v->steady);
		buf_c(b, " show calls at regular intervals. Programs call like that, people do not.\n");
		say_capital(b, from);
	}
	if (v->active_orgs) {
		from = b->n;
		if (v->active_orgs == v->known_orgs && v->known_orgs > 1)
			buf_c(b, "all of the organisations");
		else
			en_organisations(b, v->active_orgs);
		buf_c(b, " still called on the last day of the records. ");
		buf_c(b, v->active_orgs == 1 ? "Take that infection as ongoing.\n"
					     : "Take these infections as ongoing.\n");
		say_capital(b, from);
	}
	for (size_t i = 0; i < a->n_alerts && i < NAMED_MAX && !v->o->anonymise; i++)
		if (!str_is(a->alerts[i].rule, "controller-shared")) {
			say_text(b, a->alerts[i].message);
			buf_ch(b, '\n');
		}
	if (v->silent_hosts) {
		from = b->n;
		en_hosts(b, v->silent_hosts);
		buf_c(b, " called out and no answer was seen: the controller may be gone, but ");
		buf_c(b, v->silent_hosts == 1 ? "the host gives itself" : "the hosts give themselves");
		buf_c(b, " away by calling.\n");
		say_capital(b, from);
	}
}

const struct prose prose_en = {
	.words = words_en,
	.headline = headline,
	.standfirst = standfirst,
	.summary = summary,
	.judgements = judgements,
	.family = parts_en_family,
	.controllers = parts_en_controllers_lead,
	.clusters = parts_en_clusters_lead,
	.cluster = parts_en_cluster,
	.places = parts_en_places,
	.timeline = parts_en_timeline,
	.findings = parts_en_findings_lead,
	.finding = parts_en_finding,
	.reason = advice_en_reason,
	.part = advice_en_part,
	.method = advice_en_method,
	.aside = advice_en_aside,
	.label = advice_en_label,
	.kind = advice_en_kind,
	.why_excluded = advice_en_why_excluded,
	.why_withheld = advice_en_why_withheld,
	.recommendations = advice_en_recommendations,
	.appendix = advice_en_appendix,
	.date = say_en_date,
	.span = say_en_span,
};
