/* SPDX-License-Identifier: Apache-2.0 */
/* English: what was found. What to do about it and what was set aside: advice_en.c. */
#include "report/advice.h"
#include "report/prose.h"

/* Organisations named in one sentence; organisations of a family that are listed one by one. */
enum { NAMED_MAX = 6, LISTED_MAX = 12 };

static const char *const words[W_COUNT] = {
	[W_LANG] = "en",
	[W_TITLE] = "Infected organisations",
	[W_CONTENTS] = "Contents",
	[W_SUMMARY] = "Executive summary",
	[W_JUDGEMENTS] = "Key judgements",
	[W_FAMILIES] = "Malware families",
	[W_CONTROLLERS] = "Controllers",
	[W_CHART] = "Infected hosts per controller",
	[W_CLUSTERS] = "Clusters of activity",
	[W_CLUSTER] = "Cluster",
	[W_ORGANISATIONS] = "Organisations",
	[W_PLACES] = "Sectors and countries",
	[W_BY_SECTOR] = "Organisations by sector",
	[W_BY_COUNTRY] = "Organisations by country",
	[W_TIMELINE] = "Timeline",
	[W_TIMELINE_ORGS] = "Organisations: first to last call",
	[W_TIMELINE_CONTROLLERS] = "Controllers: first to last call",
	[W_FINDINGS] = "Findings and evidence",
	[W_METHOD] = "Method",
	[W_SCORE_PARTS] = "How the score is made",
	[W_ASIDE] = "What was set aside",
	[W_ASIDE_HOSTS] = "Hosts and calls that are no findings",
	[W_ASIDE_WITHHELD] = "Indicators that were withheld",
	[W_ASIDE_REJECTED] = "Lines that could not be read",
	[W_RECOMMENDATIONS] = "Recommendations",
	[W_APPENDIX] = "Appendix: indicators",
	[W_INPUTS] = "What was read",
	[W_FIRST_TO_TELL] = "Tell these first",
	[W_CONFIDENCE] = "Confidence",
	[W_HIGH] = "high",
	[W_MEDIUM] = "medium",
	[W_LOW] = "low",
	[W_SCORE] = "Score",
	[W_HOST] = "Host",
	[W_HOSTS] = "Hosts",
	[W_ORGANISATION] = "Organisation",
	[W_CONTROLLER] = "Controller",
	[W_COUNTRY] = "Country",
	[W_COUNTRIES] = "Countries",
	[W_SECTOR] = "Sector",
	[W_ISP] = "Network operator",
	[W_FAMILY] = "Family",
	[W_PORT] = "Port",
	[W_RECORDS] = "Records",
	[W_FIRST] = "First",
	[W_LAST] = "Last",
	[W_DAYS] = "Days",
	[W_SINCE] = "Since",
	[W_NAMES] = "Called by the names",
	[W_NOTE] = "Note",
	[W_REASON] = "Reason",
	[W_REASONS] = "Why",
	[W_DETAIL] = "Detail",
	[W_MEANING] = "What it means",
	[W_EVIDENCE] = "Evidence",
	[W_SOURCE] = "Source",
	[W_SOURCES] = "Listed by",
	[W_VALUE] = "Value",
	[W_FILE] = "File",
	[W_LINE] = "Line",
	[W_KIND] = "Kind",
	[W_FORMAT] = "Format",
	[W_MALFORMED] = "Unreadable lines",
	[W_SIZE] = "Size",
	[W_POINTS] = "Points",
	[W_PART] = "Part",
	[W_TYPE] = "Type",
	[W_TRAFFIC] = "Sent / received",
	[W_TIME] = "Time (UTC)",
	[W_WHY] = "Why and evidence",
	[W_CSV] = "Save as CSV",
	[W_STIX] = "Save as STIX 2.1",
	[W_COPY] = "Copy",
	[W_COPY_RAW] = "Copy raw",
	[W_COPY_DEFANGED] = "Copy defanged",
	[W_COPY_COMMAND] = "Copy as command",
	[W_COPIED] = "Copied",
	[W_SORT] = "Sort by this column",
	[W_MORE_ROWS] = "%s more rows are not shown here; the JSON output of the same analysis has them all.",
	[W_ENTRIES] = "Entries",
	[W_MADE] = "Made",
	[W_FOOT] = "Composed by Nezumi from the records and indicators named above. Values are defanged: 115.88.75[.]245 stands for the address "
		   "with a plain dot.",
	[W_NONE] = "none",
	[W_OTHERS] = "Others",
	[W_MAP_KEY] = "◆ controller  ■ organisation.  The thicker the line, the more records (logarithmic). Dashed: attempts, no answer seen. "
		      "Hollow: drawn here for its links, counted in the cluster whose number it bears.",
	[W_N_HOSTS] = "Hosts",
	[W_N_FAMILIES] = "Families",
	[W_FIRST_LAST] = "First and last call",
	[W_BY_CONFIDENCE] = "Findings by confidence",
	[W_PAIRS] = "Who called whom",
	[W_OTHER_FAMILIES] = "Other families",
	[W_OTHER_CLUSTERS] = "Other clusters",
	[W_N_FILES] = "files",
	[W_MORE_LINES] = "%s more lines are not shown here.",
	[W_ANONYMISED] = "Organisations are named by sector and country only, hosts by number.",
};

/* ---- small phrases ---- */

static void hosts(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "host", "hosts");
}

static void organisations(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "organisation", "organisations");
}

static void controllers(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "controller", "controllers");
}

static void findings(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "finding", "findings");
}

/* The verb that the records bear out. */
static const char *called(bool answered)
{
	return answered ? "talked to" : "called";
}

static void families(const struct view *v, struct buf *b, size_t max)
{
	size_t n = v->n_families, shown;

	while (n && !v->families[n - 1].name.n)
		n--;
	shown = n > max ? max - 1 : n;
	for (size_t i = 0; i < shown; i++) {
		say_en_and(b, i, n > shown ? shown + 1 : shown);
		say_strong(b, v->families[i].name);
	}
	if (n > shown) {
		buf_c(b, " and ");
		say_num(b, n - shown);
		buf_c(b, " other families");
	}
}

static bool has_families(const struct view *v)
{
	return v->n_families && v->families[0].name.n;
}

static void place_list(struct buf *b, const struct facts *f, size_t max)
{
	for (size_t i = 0; i < f->n && i < max; i++) {
		say_en_and(b, i, f->n < max ? f->n : max);
		say_text(b, f->v[i].country->en_in);
	}
}

static void region_list(struct buf *b, const struct facts *f, size_t max)
{
	for (size_t i = 0; i < f->n && i < max; i++) {
		say_en_and(b, i, f->n < max ? f->n : max);
		say_text(b, namebook_region(REPORT_EN, f->v[i].key));
	}
}

/* " in Mexico and Ecuador", " in Europe and the Middle East", " in 14 countries"; nothing when no
 * country is known. */
static void where(const struct view *v, struct buf *b, const uint32_t *idx, size_t n)
{
	struct facts countries, regions;

	facts_countries(v, idx, n, &countries);
	if (!countries.n)
		return;
	buf_c(b, " in ");
	if (countries.n <= 4) {
		place_list(b, &countries, 4);
		return;
	}
	facts_regions(v, idx, n, &regions);
	if (regions.n <= 3 && regions.all == countries.all)
		region_list(b, &regions, 3);
	else
		say_en_count(b, countries.n + countries.rest, "country", "countries");
}

/* Organisations of one kind: "financial companies in Mexico and Ecuador". */
static void alike(const struct view *v, struct buf *b, const struct view_org *like,
		  const uint32_t *idx, size_t n)
{
	uint32_t same[256];
	size_t k = 0;
	struct facts countries;

	for (size_t i = 0; i < n && k < sizeof same / sizeof same[0]; i++)
		if (v->orgs[idx[i]].known && str_eq(v->orgs[idx[i]].en_noun, like->en_noun))
			same[k++] = idx[i];
	if (k == 1) {
		say_text(b, v->orgs[same[0]].text);
		return;
	}
	facts_countries(v, same, k, &countries);
	if (countries.n != k) {
		say_en_num(b, k);
		buf_ch(b, ' ');
	}
	say_en_plural(b, like->en_noun);
	where(v, b, same, k);
}

/* Who: by kind when anonymised, else by name with the country. */
static void who(const struct view *v, struct buf *b, const uint32_t *idx, size_t n, size_t max)
{
	struct facts f;
	uint64_t rest = 0;
	size_t known = 0, shown = 0, ownerless = 0;

	for (size_t i = 0; i < n; i++)
		v->orgs[idx[i]].known ? known++ : ownerless++;
	if (v->o->anonymise) {
		facts_nouns(v, idx, n, &f);
		rest = f.rest;
		max += f.n == max + 1;
		for (size_t i = max; i < f.n; i++)
			rest += f.v[i].n;
		known = f.n < max ? f.n : max;
		for (size_t i = 0; i < known; i++) {
			say_en_and(b, i, known + (rest || ownerless));
			alike(v, b, f.v[i].like, idx, n);
		}
	} else {
		/* Rather one more name than "one other". */
		if (known > max + 1)
			rest = known - max;
		known -= rest;
		for (size_t i = 0; i < n && shown < known; i++) {
			const struct view_org *o = &v->orgs[idx[i]];

			if (!o->known)
				continue;
			say_en_and(b, shown++, known + (rest || ownerless));
			say_text(b, o->text);
			if (o->country) {
				buf_c(b, " (");
				say_text(b, o->country->en);
				buf_ch(b, ')');
			}
		}
	}
	if (rest) {
		buf_c(b, " and ");
		say_en_count(b, rest, "other", "others");
	} else if (ownerless) {
		if (known)
			buf_c(b, " and ");
		buf_c(b, "hosts without a known owner");
	}
}

/* "115.88.75[.]245 (South Korea, LG DACOM Corporation)" */
static void controller(const struct view *v, struct buf *b, uint32_t i)
{
	const struct answer_controller *c = &v->a->controllers[i];
	const struct country_name *country = v->controllers[i].country;

	say_value(b, c->value);
	if (!country && !c->as_name.n)
		return;
	buf_c(b, " (");
	if (country)
		say_text(b, country->en);
	if (country && c->as_name.n)
		buf_c(b, ", ");
	say_text(b, c->as_name);
	buf_ch(b, ')');
}

/* Most of `of` things are in one place: says it when one region, else one country, holds more than
 * half of three or more. */
static bool mostly(struct buf *b, const struct facts *regions, const struct facts *countries)
{
	const struct fact *x = NULL;
	bool region = false;

	if (countries->n && countries->all >= 3 && countries->v[0].n * 3 >= countries->all * 2)
		x = &countries->v[0];
	else if (regions->n && regions->all >= 3 && regions->v[0].n * 2 > regions->all)
		x = &regions->v[0], region = true;
	if (!x)
		return false;
	say_text(b, region ? namebook_region(REPORT_EN, x->key) : x->country->en_in);
	buf_c(b, " (");
	if (x->n == countries->all) {
		buf_c(b, "all ");
		say_en_num(b, x->n);
	} else {
		say_en_num(b, x->n);
		buf_c(b, " of ");
		say_en_num(b, countries->all);
	}
	buf_ch(b, ')');
	return true;
}

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
		hosts(b, v->n_hosts);
		buf_c(b, " without a known owner ");
	} else if (v->known_orgs == 1) {
		uint32_t i = 0;

		while (!v->orgs[i].known)
			i++;
		say_text(b, v->orgs[i].text);
		buf_ch(b, ' ');
	} else {
		organisations(b, v->known_orgs);
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
	findings(b, all);
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
	hosts(b, v->n_hosts);
	buf_fmt(b, " %s ", called(!v->silent_hosts));
	controllers(b, a->n_controllers);
	if (has_families(v)) {
		buf_c(b, " of ");
		families(v, b, 5);
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
			organisations(b, f->known_orgs);
		else if (f->known_orgs)
			say_en_num(b, f->known_orgs);
		else
			hosts(b, f->hosts);
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
	controllers(b, n);
	buf_c(b, n == 1 ? " stands out: " : " stand out: ");
	say_capital(b, from);
	for (size_t i = 0; i < n; i++) {
		say_en_and(b, i, n);
		controller(v, b, top[i]);
		buf_c(b, " with ");
		hosts(b, v->a->controllers[top[i]].hosts);
		if (v->controllers[top[i]].orgs) {
			buf_c(b, " in ");
			organisations(b, v->controllers[top[i]].orgs);
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
		hosts(b, n);
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
	hosts(b, v->n_hosts);
	if (v->known_orgs) {
		buf_c(b, " in ");
		organisations(b, v->known_orgs);
	}
	buf_fmt(b, " %s ", called(!v->silent_hosts));
	controllers(b, a->n_controllers);
	if (has_families(v)) {
		if (v->n_families > 1) {
			buf_c(b, " of ");
			say_en_num(b, v->n_families);
			buf_c(b, " malware families: ");
			family_shares(v, b);
		} else {
			buf_c(b, " of ");
			families(v, b, 2);
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
	if (mostly(&place, &regions, &countries)) {
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
		if (mostly(&place, &regions, &countries)) {
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
		organisations(b, f->known_orgs);
		buf_c(b, ":\n");
		facts_nouns(v, f->orgs, f->n_orgs, &nouns);
		for (size_t i = 0; i < nouns.n; i++) {
			size_t from;

			buf_ch(b, MARK_DEEPER);
			from = b->n;
			if (v->o->anonymise) {
				alike(v, b, nouns.v[i].like, f->orgs, f->n_orgs);
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
				who(v, b, same, k, LISTED_MAX);
			}
			say_capital(b, from);
			buf_ch(b, '\n');
		}
	} else if (f->known_orgs == 1) {
		buf_c(b, "One organisation is probably infected with ");
		say_strong(b, f->name);
		buf_c(b, ": ");
		who(v, b, f->orgs, f->n_orgs, 2);
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
	controllers(b, n);
	buf_c(b, n == 1 ? " was called from several organisations:\n"
			: " were called from several organisations each:\n");
	say_capital(b, from);
	for (size_t i = 0; i < n; i++) {
		buf_ch(b, MARK_DEEPER);
		controller(v, b, shared[i]);
		buf_c(b, ", from ");
		say_en_num(b, v->controllers[shared[i]].orgs);
		buf_c(b, ": ");
		who(v, b, idx, facts_callers(v, shared[i], idx, 256), NAMED_MAX);
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
		controllers(b, cover);
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
		findings(b, v->steady);
		buf_c(b, " show calls at regular intervals. Programs call like that, people do not.\n");
		say_capital(b, from);
	}
	if (v->active_orgs) {
		from = b->n;
		if (v->active_orgs == v->known_orgs && v->known_orgs > 1)
			buf_c(b, "all of the organisations");
		else
			organisations(b, v->active_orgs);
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
		hosts(b, v->silent_hosts);
		buf_c(b, " called out and no answer was seen: the controller may be gone, but ");
		buf_c(b, v->silent_hosts == 1 ? "the host gives itself" : "the hosts give themselves");
		buf_c(b, " away by calling.\n");
		say_capital(b, from);
	}
}

/* ---- families, controllers, clusters ---- */

static void about_controller(const struct view *v, struct buf *b, uint32_t i, bool first, bool only)
{
	const struct answer_controller *c = &v->a->controllers[i];
	uint32_t idx[256];
	size_t n = facts_callers(v, i, idx, 256);
	struct facts regions, countries;

	buf_c(b, only    ? "The controller is "
		 : first ? "The most active controller is "
			 : "The next is ");
	controller(v, b, i);
	buf_c(b, ". ");
	{
		size_t from = b->n;

		hosts(b, c->hosts);
		if (v->controllers[i].orgs > 1) {
			buf_c(b, " in ");
			organisations(b, v->controllers[i].orgs);
		}
		if (!v->controllers[i].orgs)
			buf_c(b, " without a known owner");
		buf_fmt(b, " %s it", called(v->controllers[i].level > LEVEL_ATTEMPT));
		if (v->controllers[i].orgs) {
			buf_c(b, ": ");
			who(v, b, idx, n, NAMED_MAX);
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

static void family(const struct view *v, struct buf *b, const struct view_family *f)
{
	size_t from = b->n, told = 0;

	hosts(b, f->hosts);
	if (f->known_orgs) {
		buf_c(b, " in ");
		organisations(b, f->known_orgs);
		where(v, b, f->orgs, f->n_orgs);
	} else {
		buf_c(b, " without a known owner");
	}
	buf_fmt(b, " %s ", called(!f->silent_hosts));
	controllers(b, f->n_controllers);
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
		hosts(b, f->silent_hosts);
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
			findings(b, f->findings);
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

static void controllers_lead(const struct view *v, struct buf *b)
{
	size_t from = b->n;

	controllers(b, v->a->n_controllers);
	buf_c(b, v->a->n_controllers == 1 ? " was called" : " were called");
	if (v->sources.n > 1) {
		buf_c(b, "; they stand in ");
		say_en_count(b, v->sources.n, "country", "countries");
	}
	buf_c(b, ". The network operator gives an address its connection; it does not control the machine that uses it.\n");
	say_capital(b, from);
	from = b->n;
	if (facts_rented(v)) {
		controllers(b, facts_rented(v));
		buf_c(b, facts_rented(v) == 1 ? " stands" : " stand");
		buf_c(b, " in address ranges that are rented out (cloud, hosting, VPN). Such an address changes hands: check it again before it is "
			 "blocked for long.\n");
		say_capital(b, from);
	}
}

static void clusters_lead(const struct view *v, struct buf *b)
{
	size_t from = b->n;

	buf_c(b, "controllers and organisations that are tied by calls fall into ");
	say_en_count(b, v->a->n_clusters, "cluster", "clusters");
	buf_c(b, ". What shares a cluster is likely to be run by the same hand, or sold by it.\n");
	say_capital(b, from);
}

static void cluster(const struct view *v, struct buf *b, size_t i)
{
	const struct cluster_row *c = &v->a->clusters[i];
	struct facts regions, countries;
	struct buf place;
	size_t from = b->n;
	uint64_t known = 0;

	for (size_t k = 0; k < c->n_orgs; k++)
		known += v->orgs[c->orgs[k]].known;
	controllers(b, c->n_controllers);
	buf_c(b, " and ");
	if (known) {
		organisations(b, known);
		where(v, b, c->orgs, c->n_orgs);
	} else {
		buf_c(b, "hosts without a known owner");
	}
	if (c->n_controllers) {
		uint32_t top = c->controllers[0];

		for (size_t k = 1; k < c->n_controllers; k++)
			if (v->controllers[c->controllers[k]].orgs > v->controllers[top].orgs)
				top = c->controllers[k];
		buf_c(b, c->n_controllers > 1 ? ", around " : ": ");
		controller(v, b, top);
	}
	buf_ch(b, '.');
	say_capital(b, from);
	buf_init(&place, 4096);
	facts_source_regions(v, c->controllers, c->n_controllers, &regions);
	facts_sources(v, c->controllers, c->n_controllers, &countries);
	if (mostly(&place, &regions, &countries)) {
		buf_c(b, " Most of its controllers are in ");
		buf_puts(b, buf_str(&place));
		buf_ch(b, '.');
	}
	buf_clear(&place);
	facts_regions(v, c->orgs, c->n_orgs, &regions);
	facts_countries(v, c->orgs, c->n_orgs, &countries);
	if (regions.n > 1 && mostly(&place, &regions, &countries)) {
		buf_c(b, " Most of the organisations are in ");
		buf_puts(b, buf_str(&place));
		buf_ch(b, '.');
	}
	buf_free(&place);
	buf_ch(b, '\n');
}

static void places(const struct view *v, struct buf *b)
{
	if (v->ownerless_hosts) {
		size_t from = b->n;

		hosts(b, v->ownerless_hosts);
		buf_c(b, v->ownerless_hosts == 1 ? " without a known owner is"
						 : " without a known owner are");
		buf_c(b, " not counted here.\n");
		say_capital(b, from);
	}
}

static void timeline(const struct view *v, struct buf *b)
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

static void findings_lead(const struct view *v, struct buf *b)
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

static void finding(const struct view *v, struct buf *b, const struct finding *f)
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

const struct prose prose_en = {
	.words = words,
	.headline = headline,
	.standfirst = standfirst,
	.summary = summary,
	.judgements = judgements,
	.family = family,
	.controllers = controllers_lead,
	.clusters = clusters_lead,
	.cluster = cluster,
	.places = places,
	.timeline = timeline,
	.findings = findings_lead,
	.finding = finding,
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
