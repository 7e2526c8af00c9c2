/* SPDX-License-Identifier: Apache-2.0 */
/* The store: keys, sorting, editions, look-ups, the lock, older and foreign databases, copies. */
#include "store/db.h"
#include "store/sorter.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BEGAN = 1000, ENDED = 2000 };

static char folder[64], path[128];
static struct errinfo ei;

#define OK(call)                                                \
	do {                                                    \
		enum err e_ = (call);                           \
		if (e_)                                         \
			print_error("%s: %s\n", #call, ei.msg); \
		assert_int_equal(e_, ERR_OK);                   \
	} while (0)

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/nezumi-store-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof path, "%s/nezumi.db", folder);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "nezumi.db", "nezumi.db-wal", "nezumi.db-shm", "lock",
					     "copy" };
	char name[192];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(name, sizeof name, "%s/%s", folder, names[i]);
		(void)unlink(name);
	}
	return rmdir(folder);
}

static struct store *opened(enum store_mode mode)
{
	struct store *s = NULL;

	OK(store_open(folder, mode, "a test", &s, &ei));
	return s;
}

static struct indicator value(const char *text)
{
	struct indicator i = indicator_init();
	static struct buf scratch; /* as long as the program: slices of it stay */

	if (!scratch.limit)
		buf_init(&scratch, 1 << 26);
	if (!scratch.p)
		assert_non_null(buf_room(&scratch, 1 << 22));
	OK(indicator_recognise(str_of(text), &scratch, &i, &ei));
	return i;
}

/* ---- keys ---- */

static void keys(void **state)
{
	static const char *const values[] = { "0.0.0.0",
					      "45.0.0.1",
					      "45.0.0.0/8",
					      "255.255.255.255",
					      "0.0.0.0/0",
					      "::",
					      "2a00::1",
					      "2a00::/29",
					      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
					      "example.com",
					      "a.b-c.example.com",
					      "http://example.com/a?b",
					      "d41d8cd98f00b204e9800998ecf8427e" };

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct indicator v = value(values[i]), back = indicator_init();
		struct key k;
		struct buf b;

		buf_init(&b, 1 << 16);
		assert_true(key_value(&k, v.type, v.net, v.value));
		assert_true(key_read(k.type, (struct str){ (char *)k.p, k.n }, &b, &back.type,
				     &back.net, &back.value));
		assert_int_equal(back.type, v.type);
		assert_true(ip_eq(back.net.ip, v.net.ip));
		assert_int_equal(back.net.len, v.net.len);
		assert_true(str_eq(back.value, v.type > IT_CIDR ? v.value : STR_NONE));
		buf_free(&b);
	}
}

static void keys_that_are_none(void **state)
{
	struct key k;
	struct cidr net;
	struct buf b;
	enum itype type;
	struct str text;

	(void)state;
	buf_init(&b, 1 << 16);
	assert_false(key_value(&k, IT_HASH, (struct cidr){ { 0, 0 }, 0 }, STR("zz")));
	assert_false(key_value(&k, IT_HASH, (struct cidr){ { 0, 0 }, 0 }, STR("abc")));
	assert_false(key_read(V_IP4, STR("abc"), &b, &type, &net, &text));
	assert_false(key_read(V_IP4, STR("abcd\x21"), &b, &type, &net, &text));
	assert_false(key_read(V_IP4, STR("abcdef"), &b, &type, &net, &text));
	assert_false(key_read(V_IP6, STR("abcd"), &b, &type, &net, &text));
	assert_false(key_read(99, STR("abcd"), &b, &type, &net, &text));
	buf_free(&b);
}

static void wider(void **state)
{
	struct indicator v = value("a.b.example.com");
	struct key k, first, last, at;
	int steps = 0;

	(void)state;
	assert_true(key_value(&k, v.type, v.net, v.value));
	assert_memory_equal(k.p, "com.example.b.a", 15);
	assert_true(key_wider(&k));
	assert_int_equal(k.n, 13);
	assert_true(key_wider(&k) && key_wider(&k));
	assert_memory_equal(k.p, "com", 3);
	assert_int_equal(k.n, 3);
	assert_false(key_wider(&k));
	v = value("45.1.2.3");
	assert_true(key_value(&k, v.type, v.net, v.value));
	while (key_wider(&k))
		steps++;
	assert_int_equal(steps, 32);
	v = value("2a00::1");
	assert_true(key_value(&k, v.type, v.net, v.value));
	for (steps = 0; key_wider(&k);)
		steps++;
	assert_int_equal(steps, 128);

	v = value("45.1.2.0/24");
	assert_true(key_value(&k, v.type, v.net, v.value));
	key_within(&k, &first, &last);
	v = value("45.1.2.255");
	assert_true(key_value(&at, v.type, v.net, v.value));
	assert_true(memcmp(first.p, at.p, 4) < 0 && memcmp(at.p, last.p, 4) == 0 && last.n == 5);
}

/* ---- sorting ---- */

static uint64_t seed = 7;

static void sort(size_t memory, size_t n)
{
	struct sorter s;
	struct str key, rest, last = STR_NONE, last_rest = STR_NONE;
	struct buf kept;
	bool more = true;
	size_t got = 0;
	uint64_t sum = 0, back = 0;

	buf_init(&kept, 1 << 20);
	OK(sorter_init(&s, memory, folder));
	for (size_t i = 0; i < n; i++) {
		char a[16], b[300];
		uint64_t r = seed = mix64(seed + i);
		size_t an = (size_t)snprintf(a, sizeof a, "%u", (unsigned)(r % 5000));
		size_t bn = r >> 20 & 255;

		memset(b, (int)(r >> 40 & 3), bn);
		OK(sorter_add(&s, (struct str){ a, an }, (struct str){ b, bn }, &ei));
	}
	/* What is given twice comes once. */
	for (int i = 0; i < 2; i++)
		OK(sorter_add(&s, STR("twice"), STR("and again"), &ei));
	OK(sorter_next(&s, &key, &rest, &more, &ei));
	for (; more; got++) {
		if (got) {
			int d = str_cmp(last, key);

			assert_true(d < 0 || (d == 0 && str_cmp(last_rest, rest) < 0));
		}
		sum += key.n + rest.n;
		buf_clear(&kept);
		buf_puts(&kept, key);
		buf_puts(&kept, rest);
		last = str_head(buf_str(&kept), key.n);
		last_rest = str_skip(buf_str(&kept), key.n);
		OK(sorter_next(&s, &key, &rest, &more, &ei));
		back += more;
	}
	assert_true(got > n / 2 && got <= n + 1 && sum > 0 && back == got - 1);
	assert_int_equal(s.fd >= 0, n > 10000);
	sorter_free(&s);
	buf_free(&kept);
}

static void sorting(void **state)
{
	(void)state;
	sort(1 << 20, 0);
	sort(1 << 20, 1000);
	sort((size_t)8 << 20, 10000);
	sort(1 << 20, 60000);
}

static void sorting_limits(void **state)
{
	static char long_key[SORT_KEY_MAX + 1];
	struct sorter s;

	(void)state;
	OK(sorter_init(&s, 1 << 20, folder));
	assert_int_equal(sorter_add(&s, (struct str){ long_key, sizeof long_key }, STR_NONE, &ei),
			 ERR_LIMIT);
	sorter_free(&s);
	OK(sorter_init(&s, 1 << 20, "/nowhere"));
	for (int i = 0; i < 100; i++) {
		enum err e = sorter_add(&s, (struct str){ long_key, SORT_KEY_MAX }, STR_NONE, &ei);

		if (e) {
			assert_int_equal(e, ERR_IO);
			assert_non_null(strstr(ei.msg, "/nowhere"));
			break;
		}
		assert_true(i < 99);
	}
	sorter_free(&s);
}

/* ---- editions ---- */

static struct load_tally edition(struct store *s, const char *source, const char *const *values,
				 size_t n, int64_t end)
{
	struct store_load *l = NULL;
	struct store_source src = store_source_init(str_of(source));
	const struct load_tally *t;
	struct load_tally tally;
	uint32_t at;

	OK(store_load_begin(s, 1 << 20, &l));
	OK(store_load_source(l, &src, &at, &ei));
	for (size_t i = 0; i < n; i++) {
		struct indicator v = value(values[i]);

		OK(store_load_indicator(l, at, &v, &ei));
	}
	OK(store_load_commit(l, end - 1, end, NULL, &ei));
	assert_int_equal(store_load_tallies(l, &t), 1);
	tally = *t;
	store_load_free(l);
	return tally;
}

static enum err keep_one(void *ctx, const struct store_said *said)
{
	*(struct store_said *)ctx = *said;
	return ERR_OK;
}

static enum err count_said(void *ctx, const struct store_said *said)
{
	(void)said;
	++*(unsigned *)ctx;
	return ERR_OK;
}

static void editions(void **state)
{
	static const char *const first[] = { "45.0.0.1:443", "45.0.0.2", "evil.example" };
	static const char *const second[] = { "45.0.0.1:443", "evil.example", "45.0.0.3" };
	struct store *s = opened(STORE_WRITE);
	struct store_said said;
	struct load_tally t;
	struct indicator v;
	uint64_t before, after;
	unsigned n = 0;

	(void)state;
	OK(store_edition(s, &before, &ei));
	t = edition(s, "feed", first, 3, 10 * TIME_S);
	assert_int_equal(t.added, 3);
	OK(store_edition(s, &after, &ei));
	assert_true(before != after);

	/* The same again changes nothing that is said. */
	before = after;
	t = edition(s, "feed", first, 3, 20 * TIME_S);
	assert_int_equal(t.added + t.changed + t.gone, 0);
	OK(store_edition(s, &after, &ei));
	assert_true(before == after);

	t = edition(s, "feed", second, 3, 30 * TIME_S);
	assert_int_equal(t.added, 1);
	assert_int_equal(t.gone, 1);
	v = value("45.0.0.2");
	OK(store_said_of(s, &v, keep_one, &said, &ei));
	assert_false(said.listed);
	assert_int_equal(said.listed_first, 10 * TIME_S);
	assert_int_equal(said.listed_last, 20 * TIME_S);
	v = value("45.0.0.1");
	OK(store_said_of(s, &v, keep_one, &said, &ei));
	assert_true(said.listed);
	assert_int_equal(said.listed_last, 30 * TIME_S);
	assert_int_equal(said.ind.port, 443);

	/* It comes back. */
	t = edition(s, "feed", first, 3, 40 * TIME_S);
	assert_int_equal(t.changed, 1);
	assert_int_equal(t.gone, 1);
	v = value("45.0.0.2");
	OK(store_said_of(s, &v, keep_one, &said, &ei));
	assert_true(said.listed);

	/* Another source's affairs are its own. */
	t = edition(s, "other", second + 2, 1, 50 * TIME_S);
	assert_int_equal(t.gone, 0);
	OK(store_said_all(s, count_said, &n, &ei));
	assert_int_equal(n, 5);
	store_close(s);
}

static void around(void **state)
{
	static const char *const values[] = { "45.0.0.0/8",   "45.1.0.0/16", "45.1.2.3",
					      "45.1.2.4",     "2a00::/16",   "example.com",
					      "a.example.com" };
	struct store *s = opened(STORE_WRITE);
	struct indicator v;
	unsigned n = 0;

	(void)state;
	(void)edition(s, "feed", values, 7, TIME_S);
	v = value("45.1.2.3");
	OK(store_said_around(s, &v, count_said, &n, &ei));
	assert_int_equal(n, 2);
	v = value("2a00::1");
	n = 0;
	OK(store_said_around(s, &v, count_said, &n, &ei));
	assert_int_equal(n, 1);
	v = value("b.a.example.com");
	n = 0;
	OK(store_said_around(s, &v, count_said, &n, &ei));
	assert_int_equal(n, 2);
	v = value("http://example.com/");
	n = 0;
	OK(store_said_around(s, &v, count_said, &n, &ei));
	assert_int_equal(n, 0);
	store_close(s);
}

static void limits(void **state)
{
	struct store *s = opened(STORE_WRITE);
	struct store_load *l = NULL;
	const struct load_tally *t;
	struct indicator v = value("45.0.0.1");
	char name[32];
	uint32_t at;
	enum err e = ERR_OK;

	(void)state;
	OK(store_load_begin(s, 1 << 20, &l));
	for (int i = 0; !e && i <= LOAD_SOURCES_MAX; i++) {
		struct store_source src;

		(void)snprintf(name, sizeof name, "source %d", i);
		src = store_source_init(str_of(name));
		e = store_load_source(l, &src, &at, &ei);
	}
	assert_int_equal(e, ERR_LIMIT);
	store_load_free(l);

	OK(store_load_begin(s, 1 << 20, &l));
	OK(store_load_source(l, &(struct store_source){ .name = STR("a") }, &at, &ei));
	for (unsigned i = 1; i <= LOAD_SAYS_MAX + 10; i++) {
		v.port = (uint16_t)i;
		OK(store_load_indicator(l, at, &v, &ei));
	}
	OK(store_load_commit(l, BEGAN, ENDED, NULL, &ei));
	(void)store_load_tallies(l, &t);
	assert_int_equal(t->rows, LOAD_SAYS_MAX);
	assert_int_equal(t->excess, 10);
	store_load_free(l);
	store_close(s);
}

/* ---- sources ---- */

static enum err note_run(void *ctx, const struct store_run *run)
{
	char *to = ctx;

	(void)snprintf(to + strlen(to), 64 - strlen(to), "%d:%.*s ", (int)run->status,
		       STR_ARG(run->error));
	return ERR_OK;
}

static void sources(void **state)
{
	static const char *const values[] = { "45.0.0.1" };
	struct store *s = opened(STORE_WRITE);
	struct store_source src = store_source_init(STR("feed")), got;
	char runs[64] = "";
	int64_t id, again;

	(void)state;
	src.kind = SOURCE_FEED;
	src.reliability = 'B';
	src.url = STR("https://example.org/list");
	src.settings = STR("{\"a\":1}");
	src.enabled = true;
	src.has_role = true;
	src.role = ROLE_PHISHING;
	src.lifetime_days = 30;
	OK(store_source_put(s, &src, &id, &ei));
	(void)edition(s, "feed", values, 1, TIME_S);
	/* An edition leaves what it says nothing about. */
	OK(store_source_find(s, STR("feed"), &got, &ei));
	assert_int_equal(got.id, id);
	assert_int_equal(got.kind, SOURCE_FEED);
	assert_int_equal(got.reliability, 'B');
	assert_true(got.enabled && got.has_role && got.role == ROLE_PHISHING);
	assert_true(str_is(got.url, "https://example.org/list"));
	assert_true(str_is(got.settings, "{\"a\":1}"));
	assert_int_equal(got.listed, 1);
	src.enabled = false;
	src.settings.p = NULL;
	src.settings.n = 0;
	OK(store_source_put(s, &src, &again, &ei));
	assert_int_equal(id, again);
	OK(store_source_state(
		s, id, STR("etag"),
		&(struct store_run){ .source_id = id, .status = RUN_UNCHANGED, .error = STR("304") },
		&ei));
	OK(store_run_note(s,
			  &(struct store_run){
				  .source_id = id, .status = RUN_FAILED, .error = STR("it was long") },
			  &ei));
	OK(store_source_find(s, STR("feed"), &got, &ei));
	assert_false(got.enabled);
	assert_true(str_is(got.settings, "{\"a\":1}") && str_is(got.state, "etag"));
	assert_int_equal(got.last_time, TIME_S);
	OK(store_runs(s, id, 10, note_run, runs, &ei));
	assert_string_equal(runs, "1:it was long 3:304 0: ");
	assert_int_equal(store_source_state(s, 99, STR("x"), NULL, &ei), ERR_NOENT);

	OK(store_source_remove(s, STR("feed"), &ei));
	assert_int_equal(store_source_find(s, STR("feed"), &got, &ei), ERR_NOENT);
	assert_int_equal(store_source_remove(s, STR("feed"), &ei), ERR_NOENT);
	store_close(s);
}

/* ---- what is special ---- */

static enum err note_entry(void *ctx, const struct exclusion *x)
{
	struct buf *b = ctx;

	buf_puts(b, x->list);
	buf_ch(b, ':');
	if (x->type == ENTRY_NET)
		cidr_format(b, x->net);
	else if (x->type == ENTRY_AS)
		buf_fmt(b, "AS%u", x->as);
	else
		buf_fmt(b, "%s%.*s", x->type == ENTRY_NAME_BELOW ? "." : "", STR_ARG(x->name));
	buf_ch(b, ' ');
	return ERR_OK;
}

static void add_entry(struct store_load *l, uint32_t at, const char *list, const char *net,
		      const char *name, uint32_t as)
{
	struct exclusion x = { .list = str_of(list), .class = X_PROVIDER, .reason = STR_NONE };

	if (net)
		assert_true(cidr_parse(str_of(net), &x.net));
	x.type = net ? ENTRY_NET : name ? ENTRY_NAME : ENTRY_AS;
	x.as = as;
	if (name) {
		x.type = name[0] == '.' ? ENTRY_NAME_BELOW : ENTRY_NAME;
		x.name = str_of(name + (name[0] == '.'));
	}
	OK(store_load_exclusion(l, at, &x, &ei));
}

static void entries_are(struct store *s, const char *of, const char *want)
{
	struct indicator v = value(of);
	struct buf b;

	buf_init(&b, 1 << 16);
	OK(store_exclusions_at(s, &v, 2, note_entry, &b, &ei));
	buf_ch(&b, 0);
	assert_string_equal(b.p, want);
	buf_free(&b);
}

static enum err note_org(void *ctx, const struct org_entry *o)
{
	(void)snprintf(ctx, 64, "%.*s", STR_ARG(o->org.id));
	return ERR_OK;
}

static void specials(void **state)
{
	struct store *s = opened(STORE_WRITE);
	struct store_load *l = NULL;
	struct org_entry o = { .type = ENTRY_NET,
			       .org = { STR("acme"), STR("Acme"), STR_NONE, STR("MX"), ORG_ISP,
					STR_NONE } };
	char org[64] = "";
	struct buf b;
	uint32_t at;

	(void)state;
	for (int again = 0; again < 2; again++) {
		OK(store_load_begin(s, 1 << 20, &l));
		OK(store_load_source(l, &(struct store_source){ .name = STR("lists") }, &at, &ei));
		add_entry(l, at, "a", "45.1.0.0/16", NULL, 0);
		add_entry(l, at, "b", "45.1.2.3", NULL, 0);
		add_entry(l, at, "b", "45.1.2.4", NULL, 0);
		add_entry(l, at, "b", "45.1.2.5", NULL, 0);
		add_entry(l, at, "n", NULL, "example.com", 0);
		add_entry(l, at, "n", NULL, ".cdn.example.com", 0);
		add_entry(l, at, "as", NULL, NULL, 64500);
		if (again) {
			o.net = (struct cidr){ ip_v4(0x2d010200), 120 };
			OK(store_load_org(l, at, &o, &ei));
			o.org.id = STR("second of equal ones");
			OK(store_load_org(l, at, &o, &ei));
			o = (struct org_entry){ .type = ENTRY_AS, .as = 64500, .org = o.org };
			o.org.id = STR("by AS");
			OK(store_load_org(l, at, &o, &ei));
		}
		OK(store_load_commit(l, BEGAN, ENDED, NULL, &ei));
		store_load_free(l);
	}
	entries_are(s, "45.1.2.3", "b:45.1.2.3 a:45.1.0.0/16 ");
	entries_are(s, "45.1.2.0/24", "a:45.1.0.0/16 b:45.1.2.3 b:45.1.2.4 ");
	entries_are(s, "46.1.2.0/24", "");
	entries_are(s, "x.cdn.example.com", "n:.cdn.example.com n:example.com ");
	entries_are(s, "example.com", "n:example.com n:.cdn.example.com ");
	entries_are(s, "example.com.evil.org", "");
	buf_init(&b, 1 << 16);
	OK(store_exclusions_as(s, 64500, note_entry, &b, &ei));
	assert_true(str_is(buf_str(&b), "as:AS64500 "));
	buf_clear(&b);
	OK(store_exclusions(s, note_entry, &b, &ei));
	assert_true(str_is(buf_str(&b), "a:45.1.0.0/16 b:45.1.2.3 b:45.1.2.4 b:45.1.2.5 n:example.com "
					"n:.cdn.example.com as:AS64500 "));
	buf_free(&b);
	OK(store_org_at(s, ip_v4(0x2d010203), 64500, note_org, org, &ei));
	assert_string_equal(org, "acme");
	OK(store_org_at(s, ip_v4(0x2e010203), 64500, note_org, org, &ei));
	assert_string_equal(org, "by AS");
	assert_int_equal(store_org_at(s, ip_v4(0x2e010203), 0, note_org, org, &ei), ERR_NOENT);
	store_close(s);
}

/* ---- opening ---- */

static void one_writer(void **state)
{
	struct store *s = opened(STORE_WRITE), *other = NULL;
	char who[160];

	(void)state;
	assert_true(store_locked(folder, who));
	assert_non_null(strstr(who, "a test, process"));
	assert_int_equal(store_open(folder, STORE_WRITE, "another", &other, &ei), ERR_IO);
	assert_non_null(strstr(ei.msg, "a test, process"));
	/* Readers do not wait. */
	OK(store_open(folder, STORE_READ, "", &other, &ei));
	store_close(other);
	store_close(s);
	assert_false(store_locked(folder, who));
	store_close(opened(STORE_WRITE));
}

/* A reader sees what was there when it began, whatever is written meanwhile. */
static void held(void **state)
{
	static const char *const values[] = { "45.0.0.1", "45.0.0.2" };
	struct store *w = opened(STORE_WRITE), *r;
	unsigned n = 0;

	(void)state;
	(void)edition(w, "feed", values, 1, TIME_S);
	r = opened(STORE_READ);
	OK(store_hold(r, &ei));
	(void)edition(w, "feed", values + 1, 1, 2 * TIME_S);
	OK(store_said_all(r, count_said, &n, &ei));
	assert_int_equal(n, 1);
	store_rest(r);
	n = 0;
	OK(store_said_all(r, count_said, &n, &ei));
	assert_int_equal(n, 2);
	store_close(r);
	store_close(w);
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	(void)sqlite3_close(db);
}

/* The next edition of the source "old". */
static void says_again(struct store *s)
{
	struct store_source is = store_source_init(STR("old"));
	struct indicator ip = value("45.0.0.1");
	struct store_load *l = NULL;
	const struct load_tally *t;
	uint32_t at;

	ip.port = 443;
	OK(store_load_begin(s, 1 << 20, &l));
	OK(store_load_source(l, &is, &at, &ei));
	OK(store_load_indicator(l, at, &ip, &ei));
	OK(store_load_commit(l, 10, 11, NULL, &ei));
	assert_int_equal(store_load_tallies(l, &t), 1);
	assert_int_equal(t[0].added + t[0].gone, 0);
	assert_int_equal(t[0].changed, 1);
	store_load_free(l);
}

/* Every older version, made by its own steps, with something in it. */
static void migrations_work(void **state)
{
	static const char filled[] =
		"INSERT INTO source(id, name, kind, enabled, last_run, listed, aside)"
		" VALUES(1, 'old', 0, 0, 1, 1, 0);"
		"INSERT INTO import_run VALUES(1, 1, 5, 6, 0, 1, 1, 0, 0, 0, NULL);"
		"INSERT INTO said VALUES(1, x'2d000001', 1, 0, 443, 0, NULL, NULL, NULL, NULL, NULL, 0,"
		" 1, NULL);";

	/* A list that names itself, under its file's name; roles that were presumed. */
	static const char of_two[] =
		"INSERT INTO source(id, name, kind, enabled, last_run, listed, aside)"
		" VALUES(2, 'list.json', 0, 0, 2, 0, 0);"
		"INSERT INTO import_run VALUES(2, 2, 7, 8, 0, 2, 0, 0, 0, 0, NULL);"
		"INSERT INTO exclusion_list VALUES(1, 2, 'List of this', 1, NULL);"
		"INSERT INTO exclusion_list VALUES(2, 2, 'List of that', 0, 'r');"
		"INSERT INTO exclusion VALUES(1, 1, x'2d000002'), (2, 1, x'2d000003');"
		"INSERT INTO organisation VALUES(1, 1, x'2d000004', 'a', 'b', NULL, NULL, 0);";

	for (int v = 1; v < STORE_VERSION; v++) {
		struct store_health h;
		struct store_said said;
		struct indicator ip = value("45.0.0.1");
		struct store *s;
		char mark[96];

		for (int i = 0; i < v; i++)
			run_sql(migrations[i]);
		run_sql(filled);
		if (v == 2)
			run_sql(of_two);
		(void)snprintf(mark, sizeof mark,
			       "PRAGMA journal_mode=WAL; PRAGMA application_id=%d;"
			       " PRAGMA user_version=%d",
			       APPLICATION_ID, v);
		run_sql(mark);
		/* A reader brings it up to date, too. */
		s = opened(STORE_READ);
		OK(store_said_of(s, &ip, keep_one, &said, &ei));
		assert_int_equal(said.ind.port, 443);
		OK(store_examine(s, true, &h, &ei));
		assert_int_equal(h.n_problems, 0);
		assert_int_equal(h.version, STORE_VERSION);
		if (v == 2) {
			struct store_source is;

			OK(store_source_find(s, STR("List of that"), &is, &ei));
			assert_true(is.last_run > 2);
			assert_int_equal(is.last_time, 8);
			OK(store_source_find(s, STR("list.json"), &is, &ei));
			store_close(s);
			s = opened(STORE_WRITE);
			OK(store_source_remove(s, STR("List of this"), &ei));
			OK(store_source_remove(s, STR("list.json"), &ei));
			OK(store_examine(s, true, &h, &ei));
			assert_int_equal(h.n_problems, 0);
			assert_int_equal(h.exclusions, 1);
		}
		store_close(s);
		s = opened(STORE_WRITE);
		if (v < 3) {
			says_again(s);
			OK(store_said_of(s, &ip, keep_one, &said, &ei));
			assert_int_equal(said.listed_first, 6); /* the same statement goes on */
			assert_false(said.ind.role_said);
		}
		store_close(s);
		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

static void refused(enum err want, const char *why)
{
	struct store *s = NULL;

	assert_int_equal(store_open(folder, STORE_READ, "", &s, &ei), want);
	assert_non_null(strstr(ei.msg, why));
	assert_int_equal(store_open(folder, STORE_WRITE, "", &s, &ei), want);
	assert_non_null(strstr(ei.msg, why));
	assert_null(s);
}

static void not_ours(void **state)
{
	char garbage[8192], mark[96];
	struct store *s = NULL;
	int fd;

	(void)state;
	assert_int_equal(store_open(folder, STORE_READ, "", &s, &ei), ERR_NOENT);
	assert_false(store_there(folder));
	run_sql("CREATE TABLE other(a); PRAGMA user_version=1");
	refused(ERR_FORMAT, "another program");
	(void)snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=77",
		       APPLICATION_ID);
	run_sql(mark);
	refused(ERR_FORMAT, "newer nezumi");
	fd = open(path, O_WRONLY | O_TRUNC);
	memset(garbage, 'x', sizeof garbage);
	assert_int_equal(write(fd, garbage, sizeof garbage), sizeof garbage);
	close(fd);
	refused(ERR_FORMAT, "not a database");
	assert_int_equal(store_open("", STORE_READ, "", &s, &ei), ERR_USAGE);
	assert_int_equal(store_open("/proc/nowhere", STORE_WRITE, "", &s, &ei), ERR_IO);
}

/* Whatever byte is hurt: an error or an answer, and the doctor sees most of it. */
static void damaged(void **state)
{
	static const char *const values[] = { "45.0.0.1", "45.0.0.2", "evil.example", "a.b.example",
					      "http://evil.example/x" };
	struct store *s = opened(STORE_WRITE);
	struct indicator v = value("45.0.0.2");
	uint64_t r = 3;
	struct stat st;
	int seen = 0, fd;

	(void)state;
	(void)edition(s, "feed", values, 5, TIME_S);
	store_close(s);
	fd = open(path, O_RDWR);
	assert_int_equal(fstat(fd, &st), 0);
	for (int i = 0; i < 300; i++) {
		off_t at = (off_t)(mix_next(&r) % (uint64_t)st.st_size);
		struct store_health h = { 0 };
		unsigned char was, hurt;
		unsigned n = 0;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		hurt = (unsigned char)(was ^ (1u << (mix_next(&r) & 7)));
		assert_int_equal(pwrite(fd, &hurt, 1, at), 1);
		s = NULL;
		if (store_open(folder, STORE_READ, "", &s, &ei)) {
			seen++;
		} else {
			(void)!store_said_of(s, &v, count_said, &n, &ei);
			(void)!store_said_all(s, count_said, &n, &ei);
			seen += store_examine(s, true, &h, &ei) || h.n_problems;
		}
		store_close(s);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	close(fd);
	assert_true(seen > 0); /* most of a small database is empty */
}

static void copies(void **state)
{
	static const char *const values[] = { "45.0.0.1" };
	struct store *s = opened(STORE_WRITE);
	char copy[160], other[160];
	unsigned n = 0;

	(void)state;
	(void)edition(s, "feed", values, 1, TIME_S);
	(void)snprintf(copy, sizeof copy, "%s/copy", folder);
	OK(store_backup(s, copy, &ei));
	(void)edition(s, "other", values, 1, TIME_S);
	assert_int_equal(store_backup(s, "/nowhere/copy", &ei), ERR_IO);
	/* Not over itself, by whatever name, nor over a link. */
	(void)snprintf(other, sizeof other, "%s/other", folder);
	assert_int_equal(store_backup(s, path, &ei), ERR_USAGE);
	assert_int_equal(link(path, other), 0);
	assert_int_equal(store_backup(s, other, &ei), ERR_USAGE);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(copy, other), 0);
	assert_int_equal(store_backup(s, other, &ei), ERR_USAGE);
	assert_int_equal(unlink(other), 0);
	store_close(s);
	assert_int_equal(rename(copy, path), 0);
	s = opened(STORE_READ);
	OK(store_said_all(s, count_said, &n, &ei));
	assert_int_equal(n, 1);
	store_close(s);
}

/* How SQLite goes about each statement: only those that are for all of a table walk through it. */
static void no_scans(void **state)
{
	static const enum sql whole[] = { SQL_SOURCES,
					  SQL_RUN_TIMES,
					  SQL_FAMILIES,
					  SQL_SAID_ALL,
					  SQL_SAID_REMOVE,
					  SQL_EXCLUSIONS,
					  SQL_ORGS,
					  SQL_OVERRIDES,
					  SQL_COUNT_SOURCES,
					  SQL_COUNT_SAID,
					  SQL_COUNT_EXCLUSIONS,
					  SQL_COUNT_ORGS,
					  SQL_COUNT_OVERRIDES,
					  SQL_OVERLAPS,
					  SQL_OVERLAP_PAIRS_REMOVE,
					  SQL_LISTERS,
					  SQL_SAID_EVERY,
					  SQL_SAID_VALUES_ALL,
					  SQL_SAID_LISTED_ALL,
					  SQL_IS_MOST,
					  SQL_OVERLAP_OF_REMOVE };
	struct store *s = opened(STORE_WRITE);

	(void)state;
	for (int i = 0; i < SQL_N; i++) {
		bool may = false;
		char plan[4096];
		sqlite3_stmt *st;

		for (size_t k = 0; k < sizeof whole / sizeof whole[0]; k++)
			may |= whole[k] == (enum sql)i;
		(void)snprintf(plan, sizeof plan, "EXPLAIN QUERY PLAN %s", sql_text[i]);
		assert_int_equal(sqlite3_prepare_v2(s->db, plan, -1, &st, NULL), SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(st, 3);

			if (!may && (strstr(step, "SCAN") || strstr(step, "TEMP B-TREE")))
				fail_msg("%s: %s", sql_text[i], step);
		}
		(void)sqlite3_finalize(st);
	}
	store_close(s);
}

static enum err count_override(void *ctx, const struct store_override *o)
{
	assert_true(str_is(o->reason, "why"));
	++*(int *)ctx;
	return ERR_OK;
}

static int decided(struct store *s)
{
	int n = 0;

	OK(store_overrides(s, count_override, &n, &ei));
	return n;
}

static struct store_override about(const char *value, enum decision verdict)
{
	struct store_override o = { .value = indicator_init(),
				    .verdict = verdict,
				    .author = STR("who"),
				    .reason = STR("why"),
				    .made = BEGAN,
				    .expires = TIME_NONE };

	o.value.type = cidr_parse(str_of(value), &o.value.net) ? IT_CIDR : IT_URL;
	o.value.value = str_of(value);
	return o;
}

/* Several at once are there all or none, and go all or none. */
static void overrides(void **state)
{
	static char longest[1 << 17];
	struct store_override v[] = { about("45.1.0.0/16", DECIDED_ALLOW),
				      about("45.1.2.0/24", DECIDED_ALLOW),
				      about("45.1.2.0/25", DECIDED_BLOCK),
				      about("45.2.0.0/16", DECIDED_ALLOW),
				      about(longest, DECIDED_ALLOW) };
	struct indicator gone[] = { v[0].value, v[3].value };
	struct store *s = opened(STORE_WRITE);
	int n = 0;

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	v[4].value.value = str_of(longest);
	assert_int_equal(store_override_put(s, v, 5, &ei), ERR_LIMIT);
	assert_int_equal(decided(s), 0);
	OK(store_override_put(s, v, 3, &ei));
	assert_int_equal(decided(s), 3);
	assert_int_equal(store_override_remove(s, gone, 2, &ei), ERR_NOENT);
	assert_int_equal(decided(s), 3);
	/* What lies in it, itself not, only what was allowed. */
	OK(store_override_within(s, &v[0].value, DECIDED_ALLOW, 10, count_override, &n, &ei));
	assert_int_equal(n, 1);
	OK(store_override_within(s, &v[1].value, DECIDED_ALLOW, 10, count_override, &n, &ei));
	assert_int_equal(n, 1);
	OK(store_override_within(s, &v[1].value, DECIDED_BLOCK, 10, count_override, &n, &ei));
	assert_int_equal(n, 2);
	OK(store_override_remove(s, gone, 1, &ei));
	assert_int_equal(decided(s), 2);
	store_close(s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(keys_that_are_none),
		cmocka_unit_test(wider),
		T(sorting),
		T(sorting_limits),
		T(editions),
		T(around),
		T(limits),
		T(sources),
		T(specials),
		T(overrides),
		T(one_writer),
		T(held),
		T(migrations_work),
		T(not_ours),
		T(damaged),
		T(copies),
		T(no_scans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
