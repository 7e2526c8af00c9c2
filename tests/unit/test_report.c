/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents, on an answer made up here. With a folder as argument the program writes them there
 * instead, to be looked at in a browser.
 */
#include "base/escape.h"
#include "base/json.h"
#include "report/graphdraw.h"
#include "report/prose.h"
#include "report/stix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- an answer ---- */

#define DAY(n)   (INT64_C(1543708800000000) + (n)*TIME_DAY) /* 2018-12-02 */
#define HOUR     (3600 * TIME_S)
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

extern const char catalogue_sectors_csv_begin[], catalogue_sectors_csv_end[];
extern const char catalogue_countries_csv_begin[], catalogue_countries_csv_end[];

static struct report_options options(enum report_lang lang, bool anonymise)
{
	struct report_options o = { .lang = lang, .anonymise = anonymise };

	o.names.sectors = str_range(catalogue_sectors_csv_begin, catalogue_sectors_csv_end);
	o.names.countries = str_range(catalogue_countries_csv_begin, catalogue_countries_csv_end);
	return o;
}

struct made_org {
	const char *id, *name, *sector, *country;
};
static const struct made_org made_orgs[] = {
	{ "tlamora", "Tlamora Finanzas", "financial", "MX" },
	{ "quilo", "Quilotambo Finanzas", "financial", "EC" },
	{ "pudaquen", "Grupo Pudaquén", "conglomerate", "CL" },
	{ "norvane", "Norvane Medical", "medical devices", "CA" },
	{ "izumo", "Izumogawa Machinery", "machinery", "JP" },
	{ "baoyun", "Baoyunhe Technology Group", "technology", "CN" },
	{ "picha", "Banco Pichalinga", "bank", "EC" },
	{ "harrow", "Harrowmere Financial Advisors", "financial consulting", "US" },
	{ "karwen", "Karwendau Energie", "energy", "AT" },
	{ "ombrae", "Lake Ombrae Cable", "cable television", "CA" },
	{ "wirra", "Wirrabeen Cable TV", "cable television", "AU" },
	{ "lhotava", "Energetika Lhotava", "utility", "CZ" },
	{ "norrglimt", "Norrglimt Games", "video games", "SE" },
	{ "wadiran", "Wadiran Telecom", "telecom", "JO" },
	{ "serandhi", "Serandhi Telecom", "telecom", "LK" },
	{ "unknown", "", "", "" },
	{ "AS64500", "EXAMPLE-NET", "", "BR" },
	{ "saebyeok", "Saebyeok Infotech", "IT", "KR" },
};
static const struct {
	const char *value, *family, *country, *as;
	uint32_t asn, cluster;
} made_controllers[] = {
	{ "45.123.3.54", "Emotet", "IN", "Blue Lotus Support Services", 64510, 1 },
	{ "115.88.75.245", "Emotet", "KR", "LG DACOM Corporation", 3786, 2 },
	{ "192.240.110.98", "Xtreme RAT", "US", "FDCservers", 30058, 3 },
	{ "198.255.100.74", "Xtreme RAT", "US", "FDCservers", 30058, 3 },
	{ "test.zzjzpt.com", "Xtreme RAT", "", "", 0, 3 },
	{ "31.5.229.224", "ZeroAccess", "RO", "RCS & RDS", 8708, 4 },
	{ "2001:db8::66", "", "", "", 0, 5 },
};
static const struct {
	int org, controller, hosts, score;
	enum level level;
} made_pairs[] = {
	{ 0, 1, 14, 95, LEVEL_TWO_WAY }, { 1, 1, 11, 90, LEVEL_TWO_WAY },
	{ 2, 1, 9, 88, LEVEL_TWO_WAY },  { 3, 1, 8, 85, LEVEL_TWO_WAY },
	{ 4, 0, 2, 80, LEVEL_TWO_WAY },  { 5, 0, 3, 80, LEVEL_TWO_WAY },
	{ 6, 0, 1, 78, LEVEL_TWO_WAY },  { 7, 0, 1, 60, LEVEL_ESTABLISHED },
	{ 8, 0, 2, 78, LEVEL_TWO_WAY },  { 9, 0, 1, 55, LEVEL_ESTABLISHED },
	{ 10, 0, 1, 40, LEVEL_ATTEMPT }, { 11, 2, 3, 90, LEVEL_TWO_WAY },
	{ 11, 3, 3, 60, LEVEL_ATTEMPT }, { 12, 2, 1, 75, LEVEL_TWO_WAY },
	{ 13, 4, 1, 75, LEVEL_TWO_WAY }, { 13, 3, 1, 60, LEVEL_ATTEMPT },
	{ 14, 4, 1, 75, LEVEL_TWO_WAY }, { 15, 1, 2, 45, LEVEL_TWO_WAY },
	{ 16, 6, 1, 30, LEVEL_ATTEMPT }, { 17, 5, 1, 80, LEVEL_TWO_WAY },
};

static struct str text(struct arena *ar, const char *fmt, ...) PRINTF(2, 3);
static struct str text(struct arena *ar, const char *fmt, ...)
{
	char s[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s, sizeof s, fmt, ap);
	va_end(ap);
	return arena_str(ar, (struct str){ s, (size_t)n });
}

static int finding_order(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;

	return a->score != b->score ? (a->score > b->score ? -1 : 1) : str_cmp(a->host, b->host);
}

static void add_reason(struct finding *f, const char *part, int points, uint64_t a, uint64_t b)
{
	f->reasons[f->n_reasons++] = (struct reason){ str_of(part), points, STR_NONE, a, b };
}

static void fill_finding(struct arena *ar, struct finding *f, size_t p, int h, struct str *family)
{
	static const char *const parts[] = { "evidence-lookup", "evidence-attempt",
					     "evidence-established", "evidence-two-way" };
	int c = made_pairs[p].controller;

	*f = (struct finding){
		.host = text(ar, "198.18.%d.%d", made_pairs[p].org, h + 10),
		.org = (uint32_t)made_pairs[p].org,
		.controller = (uint32_t)c,
		.port = c == 6 ? 0 : 443,
		.protocol = STR("tcp"),
		.families = family,
		.n_families = family->n > 0,
		.records = (uint64_t)(20 + 37 * h + (int)p),
		.records_other_port = p == 3 ? 4 : 0,
		.bytes_out = made_pairs[p].level > LEVEL_ATTEMPT ? 12345 : 0,
		.bytes_in = made_pairs[p].level > LEVEL_ATTEMPT ? 3456789 : 0,
		.first = DAY((int)p) + h * HOUR,
		.last = DAY(20 + (int)p) + h * HOUR,
		.days = 9,
		.level = made_pairs[p].level,
		.regularity = 90,
		.score = made_pairs[p].score,
		.confidence = made_pairs[p].score >= 75   ? CONF_HIGH
			      : made_pairs[p].score >= 50 ? CONF_MEDIUM
							  : CONF_LOW,
		.reasons = arena_array(ar, 8, sizeof(struct reason)),
		.evidence = arena_array(ar, 3, sizeof(struct evidence)),
		.n_evidence = 3,
	};
	f->sources = arena_array(ar, 1, sizeof(struct str));
	f->sources[0] = STR("feodo.csv");
	f->n_sources = 1;
	add_reason(f, parts[f->level], 45, f->records - 2, f->records);
	add_reason(f, "repetition", 15, f->records, 0);
	add_reason(f, "days", 10, 9, 0);
	add_reason(f, "regularity", 20, 90, 900);
	if (f->score < 50)
		add_reason(f, "cap-port", 0, 3, 49);
	for (size_t i = 0; i < 3; i++)
		f->evidence[i] = (struct evidence){ text(ar, "logs/conn.2018-12-%02zu.log.gz", 2 + i),
						    1234 + i, f->first + (int64_t)i * TIME_DAY,
						    KIND_FLOW };
}

static void fill_controllers(struct arena *ar, struct answer *a, struct str *families)
{
	a->n_controllers = COUNT(made_controllers);
	a->controllers = arena_array(ar, a->n_controllers, sizeof *a->controllers);
	for (size_t i = 0; i < a->n_controllers; i++) {
		struct answer_controller *c = &a->controllers[i];

		c->value = str_of(made_controllers[i].value);
		c->type = i == 4 ? IT_DOMAIN : IT_IP;
		c->families = &families[i];
		c->n_families = families[i].n > 0;
		/* Empty texts come without a pointer too. */
		if (*made_controllers[i].country)
			c->country = str_of(made_controllers[i].country);
		c->as_name = str_of(made_controllers[i].as);
		c->asn = made_controllers[i].asn;
		c->cluster = made_controllers[i].cluster;
		c->first = INT64_MAX;
		c->listed_from = i % 2 ? DAY(5) : TIME_NONE;
		c->listed_until = i % 2 ? DAY(30) : TIME_NONE;
		if (i == 2 || i == 3)
			c->context = STR("provider: hosting 192.240.96.0/19");
		if (i == 0) {
			c->hostnames = arena_array(ar, 1, sizeof(struct str));
			c->hostnames[0] = STR("campus.miim.ac.in");
			c->n_hostnames = 1;
		}
	}
}

static void fill_clusters(struct arena *ar, struct answer *a)
{
	a->n_clusters = 5;
	a->clusters = arena_array(ar, 5, sizeof *a->clusters);
	for (uint32_t k = 0; k < 5; k++) {
		struct cluster_row *row = &a->clusters[k];

		row->id = k + 1;
		row->controllers = arena_array(ar, a->n_controllers, 4);
		row->orgs = arena_array(ar, a->n_orgs, 4);
		for (uint32_t i = 0; i < a->n_controllers; i++)
			if (a->controllers[i].cluster == k + 1)
				row->controllers[row->n_controllers++] = i;
		for (uint32_t o = 0; o < a->n_orgs; o++)
			for (size_t p = 0; p < COUNT(made_pairs); p++)
				if (made_pairs[p].org == (int)o &&
				    a->controllers[made_pairs[p].controller].cluster == k + 1) {
					row->orgs[row->n_orgs++] = o;
					break;
				}
	}
}

static void fill_aside(struct answer *a)
{
	static struct excluded excluded[] = {
		{ STR("198.18.60.1"), STR("115.88.75.245"), STR("inbound-only"),
		  STR("the controller called"), 12 },
		{ STR("198.18.61.9"), STR("115.88.75.245"), STR("scanner"),
		  STR("list scanners.csv, 198.18.61.0/24"), 480 },
		{ STR("198.18.61.9"), STR("45.123.3.54"), STR("scanner"),
		  STR("list scanners.csv, 198.18.61.0/24"), 20 },
		{ STR("198.18.62.2"), STR("45.123.3.54"), STR("hosting"),
		  STR("organisation table: hosting"), 77 },
		{ STR("198.18.63.3"), STR("31.5.229.224"), STR("outside-validity"),
		  STR("2018-10-02"), 3 },
	};
	static struct withheld withheld[] = {
		{ STR("0.0.0.0/0"), STR("special-purpose"), STR("This network"), STR("rubbish.txt") },
		{ STR("8.8.8.8"), STR("allow-listed"), STR("public-dns-v4"), STR("rubbish.txt") },
	};
	static struct rejected rejected[] = { { STR("logs/conn.log"), 17, STR("a field is missing") } };
	static struct answer_input inputs[] = {
		{ .path = STR("indicators.csv"),
		  .kind = STR("indicators"),
		  .format = STR("csv"),
		  .records = 25,
		  .bytes = 2048 },
		{ .path = STR("logs/conn.log"),
		  .kind = STR("telemetry"),
		  .format = STR("zeek-tsv"),
		  .records = 380000,
		  .malformed = 1,
		  .bytes = 48123456 },
		{ .path = STR("logs/broken.gz"),
		  .kind = STR("telemetry"),
		  .trouble = STR("cut off in the middle") },
	};

	a->excluded = excluded;
	a->n_excluded = COUNT(excluded);
	a->withheld = withheld;
	a->n_withheld = COUNT(withheld);
	a->rejected = rejected;
	a->n_rejected = 1;
	a->inputs = inputs;
	a->n_inputs = COUNT(inputs);
}

static void make_answer(struct arena *ar, struct answer *a)
{
	struct str *families = arena_array(ar, COUNT(made_controllers), sizeof *families);
	size_t n = 0;

	for (size_t i = 0; i < COUNT(made_controllers); i++)
		families[i] = str_of(made_controllers[i].family);
	*a = (struct answer){ .from = TIME_NONE,
			      .to = TIME_NONE,
			      .seen_first = DAY(0),
			      .seen_last = DAY(38),
			      .made = TIME_NONE };
	a->records = 380000;
	a->matched = 9876;
	a->excluded_records = 592;
	a->indicators = 25;
	for (size_t p = 0; p < COUNT(made_pairs); p++)
		n += (size_t)made_pairs[p].hosts;
	a->findings = arena_array(ar, n, sizeof *a->findings);
	fill_controllers(ar, a, families);
	a->n_orgs = COUNT(made_orgs);
	a->orgs = arena_array(ar, a->n_orgs, sizeof *a->orgs);
	for (size_t i = 0; i < a->n_orgs; i++) {
		a->orgs[i].org = (struct org){ str_of(made_orgs[i].id),
					       str_of(made_orgs[i].name),
					       str_of(made_orgs[i].sector),
					       str_of(made_orgs[i].country),
					       ORG_UNKNOWN,
					       STR_NONE };
		a->orgs[i].first = INT64_MAX;
	}
	for (size_t p = 0; p < COUNT(made_pairs); p++)
		for (int h = 0; h < made_pairs[p].hosts; h++) {
			struct finding *f = &a->findings[a->n_findings++];
			struct answer_controller *c = &a->controllers[made_pairs[p].controller];
			struct answer_org *o = &a->orgs[made_pairs[p].org];

			fill_finding(ar, f, p, h, &families[made_pairs[p].controller]);
			c->hosts++;
			c->records += f->records;
			c->first = f->first < c->first ? f->first : c->first;
			c->last = f->last > c->last ? f->last : c->last;
			o->first = f->first < o->first ? f->first : o->first;
			o->last = f->last > o->last ? f->last : o->last;
			o->score = f->score > o->score ? f->score : o->score;
			o->families = f->families;
			o->n_families = f->n_families;
			o->n_controllers = 1;
			o->hosts += !h || o->hosts < (uint64_t)made_pairs[p].hosts;
		}
	for (size_t p = 0; p < COUNT(made_pairs); p++)
		a->controllers[made_pairs[p].controller].orgs++;
	qsort(a->findings, a->n_findings, sizeof *a->findings, finding_order);
	a->hosts = 62;
	fill_clusters(ar, a);
	fill_aside(a);
	a->alerts = arena_array(ar, 1, sizeof *a->alerts);
	a->alerts[0] = (struct alert){
		STR("controller-shared"), STR("high"), STR("115.88.75.245"), STR("shared"), NULL, 0
	};
	a->n_alerts = 1;
}

static void empty_answer(struct answer *a)
{
	*a = (struct answer){
		.from = TIME_NONE, .to = TIME_NONE, .seen_first = DAY(0), .seen_last = DAY(1), .made = TIME_NONE
	};
	a->records = 1000;
	a->indicators = 5;
}

/* ---- looking at documents ---- */

static bool has(const struct buf *b, const char *what)
{
	return str_find(buf_str(b), str_of(what)) != SIZE_MAX;
}

static void html(const struct answer *a, enum report_lang lang, bool anonymise, struct buf *out)
{
	struct report_options o = options(lang, anonymise);

	buf_init(out, 0);
	assert_int_equal(report_html(a, &o, out), ERR_OK);
	assert_true(str_utf8(buf_str(out)));
}

static const char *const void_elements[] = { "meta", "br",   "!doctype", "rect",
					     "path", "line", "circle" };

/* Elements are closed in the order in which they were opened: what a browser would forgive and we
 * do not. */
static void well_formed(struct str s)
{
	struct str stack[64];
	size_t depth = 0;

	for (;;) {
		size_t at = str_chr(s, '<'), end;
		struct str name;
		bool close;

		if (at == SIZE_MAX)
			break;
		s = str_skip(s, at + 1);
		close = s.n && s.p[0] == '/';
		s = str_skip(s, close);
		for (end = 0; end < s.n && !memchr(" />\n", s.p[end], 4); end++)
			;
		name = str_head(s, end);
		at = str_chr(s, '>');
		assert_int_not_equal(at, SIZE_MAX);
		if (str_is(name, "style") || str_is(name, "script")) {
			/* Not markup inside. */
			at = str_find(s, str_is(name, "style") ? STR("</style>") : STR("</script>"));
			assert_int_not_equal(at, SIZE_MAX);
			s = str_skip(s, at + 8);
			continue;
		}
		bool single = at && s.p[at - 1] == '/';

		for (size_t i = 0; i < COUNT(void_elements); i++)
			single = single || str_is(name, void_elements[i]);
		if (close) {
			assert_true(depth > 0);
			depth--;
			if (!str_eq(stack[depth], name))
				fail_msg("</%.*s> closes <%.*s>", STR_ARG(name), STR_ARG(stack[depth]));
		} else if (!single) {
			assert_true(depth < COUNT(stack));
			stack[depth++] = name;
		}
		s = str_skip(s, at + 1);
	}
	assert_int_equal(depth, 0);
}

static void says_it(void **state)
{
	struct arena ar;
	struct answer a;
	struct buf b;

	(void)state;
	arena_init(&ar, 0);
	make_answer(&ar, &a);
	html(&a, REPORT_EN, false, &b);
	well_formed(buf_str(&b));
	assert_true(has(&b, "17 organisations contacted malware controllers"));
	assert_true(has(&b, "<code>115.88.75[.]245</code> (South Korea, LG DACOM Corporation)"));
	assert_true(has(&b, "Tlamora Finanzas (Mexico), Quilotambo Finanzas (Ecuador)"));
	assert_true(has(&b, "conn.2018-12-02.log.gz:1234"));
	assert_true(has(&b, "Payload went both ways in"));
	assert_true(has(&b, "hosts without a known owner"));
	/* Nowhere a raw value that could be opened, but in the files to save. */
	assert_false(has(&b, "115.88.75.245"));
	assert_false(has(&b, "http://"));
	assert_false(has(&b, "href=\"http"));
	buf_free(&b);
	html(&a, REPORT_JA, false, &b);
	well_formed(buf_str(&b));
	assert_true(has(&b, "<html lang=\"ja\">"));
	assert_true(has(&b, "17の組織がマルウェアのC2サーバーと通信していました"));
	assert_true(has(&b, "2018年12月2日から2019年1月9日までの通信記録380,000件"));
	buf_free(&b);
	arena_free(&ar);
}

static void keeps_names_to_itself(void **state)
{
	struct arena ar;
	struct answer a;
	struct buf b;

	(void)state;
	arena_init(&ar, 0);
	make_answer(&ar, &a);
	for (int lang = REPORT_EN; lang <= REPORT_JA; lang++) {
		struct report_options o = options((enum report_lang)lang, true);

		html(&a, (enum report_lang)lang, true, &b);
		well_formed(buf_str(&b));
		assert_int_equal(report_md(&a, &o, &b), ERR_OK);
		for (size_t i = 0; i < COUNT(made_orgs); i++)
			if (*made_orgs[i].name)
				assert_false(has(&b, made_orgs[i].name));
		assert_false(has(&b, "198.18."));
		assert_false(has(&b, "conn.log"));
		assert_false(has(&b, "AS64500"));
		assert_true(has(&b, lang == REPORT_JA ? "メキシコとエクアドルの金融会社"
						      : "financial companies in Mexico and Ecuador"));
		assert_true(has(&b, lang == REPORT_JA ? "カナダの医療機器メーカー"
						      : "a medical-device maker in Canada"));
		buf_free(&b);
	}
	arena_free(&ar);
}

static void says_nothing_found(void **state)
{
	struct answer a;
	struct buf b;

	(void)state;
	empty_answer(&a);
	for (int lang = REPORT_EN; lang <= REPORT_JA; lang++) {
		struct report_options o = options((enum report_lang)lang, false);

		html(&a, (enum report_lang)lang, false, &b);
		well_formed(buf_str(&b));
		assert_true(has(&b, lang == REPORT_JA ? "感染した組織は見つかりませんでした"
						      : "No infected organisation was found"));
		assert_false(has(&b, "id=\"clusters\""));
		assert_false(has(&b, "1970-01-01"));
		assert_int_equal(report_md(&a, &o, &b), ERR_OK);
		buf_free(&b);
	}
}

/* Whatever attackers write stays text. */
static void escapes(void **state)
{
	static const char evil[] = "<script>alert(1)</script>\"'&\x1b[31m\x01|`\xff";
	struct str bad = { evil, sizeof evil - 1 };
	struct arena ar;
	struct answer a;
	struct buf b;
	struct report_options o = options(REPORT_EN, false);

	(void)state;
	arena_init(&ar, 0);
	make_answer(&ar, &a);
	for (size_t i = 0; i < a.n_orgs; i++)
		a.orgs[i].org = (struct org){ bad, bad, bad, bad, ORG_ENTERPRISE, STR_NONE };
	for (size_t i = 0; i < a.n_controllers; i++) {
		struct answer_controller *c = &a.controllers[i];

		c->value = c->country = c->as_name = c->context = bad;
		c->hostnames = c->families = &bad;
		c->n_hostnames = c->n_families = 1;
	}
	for (size_t i = 0; i < a.n_findings; i++) {
		struct finding *f = &a.findings[i];

		f->host = f->protocol = bad;
		f->families = f->sources = &bad;
		f->n_families = 1;
		f->reasons[0].part = f->reasons[0].text = bad;
		f->evidence[0].path = bad;
	}
	a.excluded[0] = (struct excluded){ bad, bad, bad, bad, 1 };
	a.withheld[0] = (struct withheld){ bad, bad, bad, bad };
	a.rejected[0] = (struct rejected){ bad, 1, bad };
	a.alerts[0].subject = a.alerts[0].message = bad;
	html(&a, REPORT_EN, false, &b);
	well_formed(buf_str(&b));
	assert_false(has(&b, "<script>alert"));
	assert_false(has(&b, "\x1b"));
	assert_false(has(&b, "\x01"));
	buf_clear(&b);
	assert_int_equal(report_md(&a, &o, &b), ERR_OK);
	assert_true(str_utf8(buf_str(&b)));
	assert_false(has(&b, "<script>"));
	buf_free(&b);
	arena_free(&ar);
}

static void graph_labels_keep_apart(void **state)
{
	struct arena ar;
	struct answer a;
	struct report_options o = options(REPORT_EN, false);
	struct view v;

	(void)state;
	arena_init(&ar, 0);
	make_answer(&ar, &a);
	assert_int_equal(view_make(&a, &o, &v), ERR_OK);
	for (size_t i = 0; i < a.n_clusters; i++) {
		struct graph g;

		assert_int_equal(graph_make(&v, i, &g), ERR_OK);
		assert_true(g.n_left > 0 && g.n_right > 0);
		for (size_t k = 1; k < g.n_left + g.n_right; k++)
			if (k != g.n_left)
				assert_true(g.nodes[k].y - g.nodes[k - 1].y > 14);
		for (size_t k = 0; k < g.n_left + g.n_right; k++) {
			const struct graph_node *n = &g.nodes[k];

			assert_true(n->y > 10 && n->y < g.height - 5);
			assert_true(n->controller ? n->width < g.left : g.right + n->width < g.width);
			assert_true(n->degree > 0);
		}
		for (size_t k = 0; k < g.n_edges; k++)
			assert_true(g.edges[k].a < g.n_left && g.edges[k].b >= g.n_left);
		graph_free(&g);
	}
	view_free(&v);
	arena_free(&ar);
}

/* A controller with 3,000 organisations: the graph is grouped, the tables are cut, the counts are
 * whole. */
static void large(void **state)
{
	enum { N = 12000, ORGS = 3000 };
	struct arena ar;
	struct answer a;
	struct report_options o = options(REPORT_EN, true);
	struct view v;
	struct graph g;
	struct buf b;
	uint32_t grouped = 0;

	(void)state;
	arena_init(&ar, 0);
	make_answer(&ar, &a);
	a.orgs = arena_array(&ar, ORGS, sizeof *a.orgs);
	a.n_orgs = ORGS;
	for (uint32_t i = 0; i < ORGS; i++)
		a.orgs[i] = (struct answer_org){ .org = { text(&ar, "o%u", i),
							  text(&ar, "Org %u", i), STR("bank"),
							  STR("MX"), ORG_ENTERPRISE, STR_NONE },
						 .hosts = 4,
						 .first = DAY(0),
						 .last = DAY(9),
						 .score = 80 };
	struct finding *one = &a.findings[0];
	struct finding *many = arena_array(&ar, N, sizeof *many);

	for (uint32_t i = 0; i < N; i++) {
		many[i] = *one;
		many[i].host = text(&ar, "198.18.%u.%u", i / 250, i % 250);
		many[i].org = i % ORGS;
		many[i].controller = 1;
	}
	a.findings = many;
	a.n_findings = N;
	a.n_clusters = 1;
	a.clusters[0].n_controllers = 1;
	a.clusters[0].controllers[0] = 1;
	a.controllers[1].cluster = 1;
	a.clusters[0].orgs = arena_array(&ar, ORGS, 4);
	a.clusters[0].n_orgs = ORGS;
	for (uint32_t i = 0; i < ORGS; i++)
		a.clusters[0].orgs[i] = i;
	assert_int_equal(view_make(&a, &o, &v), ERR_OK);
	assert_int_equal(v.n_hosts, N);
	assert_int_equal(v.controllers[1].orgs, ORGS);
	assert_int_equal(graph_make(&v, 0, &g), ERR_OK);
	assert_int_equal(g.n_left, 1);
	assert_int_equal(g.n_right, GRAPH_SIDE_MAX);
	for (size_t i = 0; i < g.n_right; i++)
		grouped += g.nodes[g.n_left + i].grouped;
	assert_int_equal(grouped, ORGS - GRAPH_SIDE_MAX + 1);
	graph_free(&g);
	view_free(&v);
	html(&a, REPORT_EN, true, &b);
	well_formed(buf_str(&b));
	assert_true(has(&b, "11,700 more rows"));
	assert_true(b.n < (size_t)3 << 20);
	buf_free(&b);
	arena_free(&ar);
}

/* ---- small words ---- */

static void said(struct buf *b, const char *want)
{
	buf_ch(b, 0);
	assert_string_equal(b->p, want);
	buf_clear(b);
}

static void words(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	say_num(&b, 0);
	said(&b, "0");
	say_num(&b, 1234567);
	said(&b, "1,234,567");
	say_num(&b, 999);
	said(&b, "999");
	say_en_count(&b, 1, "host", "hosts");
	said(&b, "one host");
	say_en_count(&b, 0, "host", "hosts");
	said(&b, "no hosts");
	say_en_count(&b, 1200, "host", "hosts");
	said(&b, "1,200 hosts");
	say_en_plural(&b, STR("government body"));
	said(&b, "government bodies");
	say_en_plural(&b, STR("airline"));
	said(&b, "airlines");
	say_en_plural(&b, STR("maker of machines"));
	said(&b, "makers of machines");
	say_en_plural(&b, STR("railway"));
	said(&b, "railways");
	say_en_span(&b, DAY(0), DAY(0) + HOUR);
	said(&b, "on 2 December 2018");
	say_en_span(&b, DAY(0), DAY(37));
	said(&b, "between 2 December 2018 and 8 January 2019");
	say_en_span(&b, DAY(0), DAY(3));
	said(&b, "between 2 December and 5 December 2018");
	say_ja_span(&b, DAY(0), DAY(37));
	said(&b, "2018年12月2日から2019年1月8日まで");
	say_ja_span(&b, DAY(0), DAY(3));
	said(&b, "2018年12月2日から12月5日まで");
	say_en_interval(&b, 900 * TIME_S);
	said(&b, "15 minutes");
	say_en_interval(&b, HOUR);
	said(&b, "hour");
	say_en_interval(&b, 90 * TIME_S);
	said(&b, "two minutes");
	say_ja_interval(&b, 900 * TIME_S);
	said(&b, "15分");
	say_bytes(&b, 999);
	said(&b, "999 bytes");
	say_bytes(&b, 1234567);
	said(&b, "1.2 MB");
	say_bytes(&b, UINT64_MAX);
	said(&b, "18 EB");
	/* 29 February 2000, 31 December 2100. */
	assert_int_equal(say_date(INT64_C(951782400) * TIME_S).day, 29);
	assert_int_equal(say_date(TIME_MAX).year, 2100);
	assert_int_equal(say_date(0).year, 1970);
	buf_free(&b);
}

static void reasons_in_words(void **state)
{
	static const char *const parts[] = { "evidence-two-way",
					     "evidence-established",
					     "evidence-attempt",
					     "evidence-lookup",
					     "port",
					     "repetition",
					     "days",
					     "regularity",
					     "family",
					     "names",
					     "sources",
					     "grace",
					     "cap-port",
					     "cap-inbound",
					     "cap-provider",
					     "cap-role" };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct reason r = { str_of(parts[i]), 5, STR("raw"), 3, 7 };

		for (int lang = REPORT_EN; lang <= REPORT_JA; lang++) {
			prose_in((enum report_lang)lang)->reason(NULL, &b, NULL, &r);
			assert_true(b.n > 5);
			assert_false(has(&b, "raw"));
			buf_clear(&b);
		}
	}
	struct reason strange = { STR("x-new"), 5, STR("something new"), 0, 0 };

	prose_en.reason(NULL, &b, NULL, &strange);
	said(&b, "Something new");
	buf_free(&b);
}

static void files_to_save(void **state)
{
	struct arena ar;
	struct answer a;
	struct report_options o = options(REPORT_EN, false);
	struct view v;
	struct buf b;
	struct json_walk w;
	struct str key;
	struct json val;
	size_t objects = 0;

	(void)state;
	arena_init(&ar, 0);
	make_answer(&ar, &a);
	assert_int_equal(view_make(&a, &o, &v), ERR_OK);
	buf_init(&b, 0);
	indicators_csv(&b, &v, 100);
	assert_true(has(&b, "\r\n115.88.75.245,ip,Emotet,KR,3786,LG DACOM Corporation,44,5,"));
	buf_clear(&b);
	indicators_stix(&b, &v, 100);
	assert_true(json_begin(&w, buf_str(&b)));
	while (json_next(&w, &key, &val))
		if (str_is(key, "objects")) {
			struct json_walk in;

			assert_true(json_begin(&in, val.raw));
			while (json_next(&in, &key, &val)) {
				assert_int_equal(val.type, JSON_OBJECT);
				objects++;
			}
			assert_false(in.failed);
		}
	assert_false(w.failed);
	assert_true(objects > 40);
	assert_true(has(&b, "\"pattern\":\"[ipv6-addr:value = '2001:db8::66']\""));
	assert_true(has(&b, "domain-name--"));
	buf_free(&b);
	view_free(&v);
	arena_free(&ar);
}

static void write_file(const char *folder, const char *name, const struct buf *b)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b->p, 1, b->n, f) != b->n || fclose(f))
		perror(path);
}

static void write_samples(const char *folder)
{
	static const struct {
		const char *name;
		enum report_lang lang;
		bool anonymise, empty;
	} docs[] = {
		{ "en", REPORT_EN, false, false },
		{ "ja", REPORT_JA, false, false },
		{ "en-anonymous", REPORT_EN, true, false },
		{ "ja-anonymous", REPORT_JA, true, false },
		{ "en-nothing", REPORT_EN, false, true },
		{ "ja-nothing", REPORT_JA, false, true },
	};
	struct arena ar;
	struct answer a;

	for (size_t i = 0; i < COUNT(docs); i++) {
		struct report_options o = options(docs[i].lang, docs[i].anonymise);
		char name[64];
		struct buf b;

		arena_init(&ar, 0);
		if (docs[i].empty)
			empty_answer(&a);
		else
			make_answer(&ar, &a);
		buf_init(&b, 0);
		if (report_html(&a, &o, &b))
			abort();
		(void)snprintf(name, sizeof name, "%s.html", docs[i].name);
		write_file(folder, name, &b);
		buf_clear(&b);
		if (report_md(&a, &o, &b))
			abort();
		(void)snprintf(name, sizeof name, "%s.md", docs[i].name);
		write_file(folder, name, &b);
		buf_free(&b);
		arena_free(&ar);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(reasons_in_words),
		cmocka_unit_test(says_it),
		cmocka_unit_test(keeps_names_to_itself),
		cmocka_unit_test(says_nothing_found),
		cmocka_unit_test(escapes),
		cmocka_unit_test(graph_labels_keep_apart),
		cmocka_unit_test(large),
		cmocka_unit_test(files_to_save),
	};

	if (argc > 1) {
		write_samples(argv[1]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
