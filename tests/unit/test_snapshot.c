/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots as files: saved, mapped, swapped under readers, refused; and lists of bare addresses,
 * which are read by a way of their own. */
#include "app/snapfile.h"
#include "base/file.h"
#include "list_probe.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/nezumi-snapshot-XXXXXX";
static char path[128];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof path, "%s/a.nzs", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void add_ip(struct snapshot *s, struct ip ip, uint16_t port)
{
	struct indicator i = indicator_init();

	i.type = IT_IP;
	i.net = (struct cidr){ ip, 128 };
	i.port = port;
	i.source = STR("a list");
	assert_int_equal(snapshot_add(s, &i), ERR_OK);
}

/* n addresses from `from` on, every third. */
static void save(uint32_t from, uint32_t n)
{
	struct errinfo ei = { 0 };
	struct snapshot s;

	snapshot_init(&s, 42);
	for (uint32_t i = 0; i < n; i++)
		add_ip(&s, ip_v4(from + i * 3), 0);
	s.records = n;
	s.digest = 99;
	assert_int_equal(snapshot_build(&s), ERR_OK);
	assert_int_equal(snapfile_save(&s, path, &ei), ERR_OK);
	snapshot_free(&s);
}

static void saved_and_mapped(void **state)
{
	struct errinfo ei = { 0 };
	struct snapfile f;
	struct snapshot s;

	(void)state;
	save(0x2d000000, 100000);
	assert_true(snapfile_is(path));
	snapshot_init(&s, 1);
	assert_int_equal(snapfile_open(&f, &s, path, &ei), ERR_OK);
	assert_int_equal(s.records, 100000);
	assert_int_equal(s.digest, 99);
	assert_int_equal(s.distinct, 100000);
	for (uint32_t i = 0; i < 300000; i++) {
		struct ip ip = ip_v4(0x2d000000 + i);

		assert_int_equal(snapshot_near(&s, ip) && snapshot_lists(&s, ip), i % 3 == 0);
	}
	assert_false(snapshot_lists(&s, ip_v4(0)));
	assert_false(snapshot_lists(&s, ip_v4(UINT32_MAX)));
	snapshot_free(&s);
	snapfile_close(&f);
}

static void write_raw(const char *bytes, size_t n)
{
	struct errinfo ei = { 0 };

	assert_int_equal(file_write(path, (struct str){ bytes, n }, &ei), ERR_OK);
}

static void refused(void **state)
{
	struct errinfo ei = { 0 };
	struct snapfile f = { 0 };
	struct snapshot s;
	struct buf b;

	(void)state;
	save(0x2d000000, 1000);
	buf_init(&b, 0);
	assert_int_equal(file_slurp(path, (size_t)1 << 30, &b, &ei), ERR_OK);
	snapshot_init(&s, 1);

	write_raw(b.p, b.n - 4096);
	assert_int_equal(snapfile_open(&f, &s, path, &ei), ERR_PARSE);
	assert_non_null(strstr(ei.msg, "cut off"));
	write_raw(b.p, 20);
	assert_int_equal(snapfile_open(&f, &s, path, &ei), ERR_PARSE);
	write_raw("", 0);
	assert_int_equal(snapfile_open(&f, &s, path, &ei), ERR_FORMAT);
	assert_false(snapfile_is(path));
	assert_int_equal(snapfile_open(&f, &s, "/nowhere", &ei), ERR_NOENT);
	assert_int_equal(snapfile_open(&f, &s, "/tmp", &ei), ERR_FORMAT);
	b.p[8]++;
	write_raw(b.p, b.n);
	assert_true(snapfile_is(path));
	assert_int_equal(snapfile_open(&f, &s, path, &ei), ERR_FORMAT);
	assert_non_null(strstr(ei.msg, "version"));
	b.p[8]--;
	b.p[b.n - 1] = 1;
	write_raw(b.p, b.n);
	assert_int_equal(snapfile_open(&f, &s, path, &ei), ERR_PARSE);
	assert_non_null(strstr(ei.msg, "sum"));
	assert_null(f.map);
	assert_null(s.block.p);
	buf_free(&b);
}

/* A pipe must not be waited for. */
static void no_snapshot_is_waited_for(void **state)
{
	char fifo[160];

	(void)state;
	(void)snprintf(fifo, sizeof fifo, "%s/pipe", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(snapfile_is(fifo));
	assert_int_equal(unlink(fifo), 0);
}

static void one_address_many_times(void **state)
{
	struct ind_range got[ADDR_RANGES_MAX];
	struct snapshot s;

	(void)state;
	snapshot_init(&s, 42);
	for (uint32_t i = 0; i < 100000; i++)
		add_ip(&s, ip_v4(0x2d000001), (uint16_t)(i * 7));
	add_ip(&s, ip_v4(0x2d000002), 0);
	assert_int_equal(snapshot_build(&s), ERR_OK);
	assert_int_equal(s.distinct, 2);
	assert_int_equal(snapshot_addr(&s, ip_v4(0x2d000001), got), 1);
	assert_int_equal(got[0].n, 65536); /* the same statement counts once */
	for (uint32_t i = 0; i < 65536; i++)
		assert_int_equal(snapshot_attribute(&s, got[0].first + i)->port, i);
	snapshot_free(&s);
}

/* ---- a swap under readers, as snapfile.h describes it ---- */

enum { READERS = 3, SWAPS = 30 };

struct generation {
	struct snapfile f;
	struct snapshot s;
	uint32_t from;
};

struct reader_state {
	_Atomic uint64_t rests; /* how often it held none */
	_Atomic bool done;
	pthread_t thread;
};

static _Atomic(struct generation *) current;
static _Atomic bool over;
static struct reader_state readers_of[READERS];
static _Atomic unsigned wrong;

static void *read_on(void *ctx)
{
	struct reader_state *r = ctx;

	while (!atomic_load(&over)) {
		const struct generation *g = atomic_load(&current);

		for (uint32_t i = 0; i < 300; i++)
			if (snapshot_lists(&g->s, ip_v4(g->from + i)) != (i % 3 == 0))
				atomic_fetch_add(&wrong, 1);
		atomic_fetch_add(&r->rests, 1);
	}
	atomic_store(&r->done, true);
	return NULL;
}

static struct generation *next_generation(uint32_t from)
{
	struct generation *g = calloc(1, sizeof *g);
	struct errinfo ei = { 0 };

	assert_non_null(g);
	g->from = from;
	save(from, 100);
	snapshot_init(&g->s, 1);
	assert_int_equal(snapfile_open(&g->f, &g->s, path, &ei), ERR_OK);
	return g;
}

static void generation_free(struct generation *g)
{
	snapshot_free(&g->s);
	snapfile_close(&g->f);
	free(g);
}

static void swapped_without_a_lock(void **state)
{
	(void)state;
	atomic_store(&current, next_generation(0x2d000000));
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers_of[i].thread, NULL, read_on, &readers_of[i]),
				 0);
	for (uint32_t i = 1; i <= SWAPS; i++) {
		struct generation *old =
			atomic_exchange(&current, next_generation(0x2d000000 + i * 65536));

		for (int k = 0; k < READERS; k++) {
			uint64_t seen = atomic_load(&readers_of[k].rests);

			while (atomic_load(&readers_of[k].rests) == seen)
				(void)usleep(10);
		}
		generation_free(old);
	}
	atomic_store(&over, true);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(readers_of[i].thread, NULL), 0);
	generation_free(atomic_load(&current));
	assert_int_equal(atomic_load(&wrong), 0);
}

/* ---- bare addresses in lists ---- */

/* Lines near to dotted quads: with a comment behind them they go the long way. */
static void bare_addresses_are_read_alike(void **state)
{
	static const char *const piece[] = { "0",   "1",    "01",   "00", "9",  "25", "255",
					     "256", "300",  "1000", "7",  ".",  ".",  ".",
					     ".",   ".",    "",     " ",  "\t", "a",  "-",
					     "/24", ":443", "[.]",  "\r" };
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct probe bare = { .force = "list" }, told = { .force = "list" };
		struct buf a, b;

		buf_init(&a, 0);
		buf_init(&b, 0);
		for (int line = 0; line < 5; line++) {
			char text[64] = "";
			int n = 0;

			if (mix_next(&seed) % 2)
				n = snprintf(text, sizeof text, "%u.%u.%u.%u",
					     (unsigned)(mix_next(&seed) % 300),
					     (unsigned)(mix_next(&seed) % 256),
					     (unsigned)(mix_next(&seed) % 256),
					     (unsigned)(mix_next(&seed) % 260));
			else
				for (uint64_t k = mix_next(&seed) % 9; k; k--)
					n += snprintf(
						text + n, sizeof text - (size_t)n, "%s",
						piece[mix_next(&seed) % (sizeof piece / sizeof *piece)]);
			buf_fmt(&a, "%s%s", text, line == 4 && round % 2 ? "" : "\n");
			buf_fmt(&b, "%s #\n", text);
		}
		(void)probe_text(&bare, READS_INDICATORS, buf_str(&a), STR("x"));
		(void)probe_text(&told, READS_INDICATORS, buf_str(&b), STR("x"));
		if (!str_eq(buf_str(&bare.out), buf_str(&told.out)))
			print_error("%.*s", STR_ARG(buf_str(&a)));
		assert_true(str_eq(buf_str(&bare.out), buf_str(&told.out)));
		assert_int_equal(bare.malformed, told.malformed);
		buf_free(&a);
		buf_free(&b);
		buf_free(&bare.out);
		buf_free(&told.out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saved_and_mapped),
		cmocka_unit_test(refused),
		cmocka_unit_test(no_snapshot_is_waited_for),
		cmocka_unit_test(one_address_many_times),
		cmocka_unit_test(swapped_without_a_lock),
		cmocka_unit_test(bare_addresses_are_read_alike),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
