/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constructed telemetry, lists and organisations to measure with, and what must be found in them:
 *
 *   bench_gen SEED FLOWS DIR WHAT...
 *
 * WHAT is conn.log, conn.json, eve.json, nfcapd, nfcapd-lz4 or ipfix.pcap, each with =N if only the
 * first N flows shall be written so, or lists=N for address lists of up to N entries (a power of
 * ten, 1,000 and more) with the table of organisations. DIR/expected.json says what must be found.
 * The same arguments give the same bytes.
 */
#include "gen_write.h"

#include <errno.h>
#include <sys/stat.h>

static const struct writer *const writers[] = { &write_conn_log, &write_conn_json,  &write_eve,
						&write_nfcapd,   &write_nfcapd_lz4, &write_ipfix };

#define WRITERS (sizeof writers / sizeof writers[0])

struct job {
	const struct writer *writer;
	uint64_t flows;
	void *state;
	struct tally tally;
};

static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static const struct writer *find(const char *name, size_t n)
{
	for (size_t i = 0; i < WRITERS; i++)
		if (strlen(writers[i]->name) == n && memcmp(writers[i]->name, name, n) == 0)
			return writers[i];
	return NULL;
}

static bool expected(const char *dir, uint64_t seed, uint64_t flows, const struct population *p,
		     const struct job *job, size_t n)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/expected.json", dir);
	f = fopen(path, "w");
	if (!f)
		return false;
	fprintf(f, "{\"seed\": %llu, \"flows\": %llu, \"data\": {", (unsigned long long)seed,
		(unsigned long long)flows);
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "%s\n\t\"%s\": {", i ? "," : "", job[i].writer->name);
		tally_print(p, &job[i].tally, f);
		fputc('}', f);
	}
	fputs("\n}}\n", f);
	return fclose(f) == 0;
}

static bool generate(struct population *p, struct job *job, size_t n, uint64_t flows, const char *dir)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		job[i].state = job[i].writer->open(dir);
		good &= job[i].state != NULL;
	}
	for (uint64_t k = 0; good && k < flows; k++) {
		struct flow f;

		population_next(p, &f);
		for (size_t i = 0; i < n; i++)
			if (k < job[i].flows)
				job[i].writer->write(job[i].state, &f, p, &job[i].tally);
	}
	for (size_t i = 0; i < n; i++)
		if (job[i].state)
			good &= job[i].writer->close(job[i].state);
	return good;
}

int main(int argc, char **argv)
{
	static struct job jobs[WRITERS];
	uint64_t seed, flows, lists = 0;
	struct population *p;
	size_t n = 0;
	bool good;

	if (argc < 5 || !number(argv[1], &seed) || !number(argv[2], &flows)) {
		fputs("usage: bench_gen SEED FLOWS DIR WHAT[=N]...\n", stderr);
		return 2;
	}
	for (int i = 4; i < argc; i++) {
		const char *sign = strchr(argv[i], '=');
		size_t name = sign ? (size_t)(sign - argv[i]) : strlen(argv[i]);
		uint64_t first = flows;

		if (sign && !number(sign + 1, &first)) {
			fprintf(stderr, "bench_gen: %s: no number\n", argv[i]);
			return 2;
		}
		if (sign && name == 5 && memcmp(argv[i], "lists", 5) == 0) {
			lists = first;
			continue;
		}
		if (n == WRITERS || !find(argv[i], name)) {
			fprintf(stderr, "bench_gen: %s: unknown\n", argv[i]);
			return 2;
		}
		jobs[n++] =
			(struct job){ find(argv[i], name), first < flows ? first : flows, NULL, { 0 } };
	}
	(void)mkdir(argv[3], 0777);
	p = population_new(seed, flows, lists);
	if (!p) {
		fputs("bench_gen: no memory\n", stderr);
		return 1;
	}
	/* Flows first: they do not depend on how long the lists are. */
	good = generate(p, jobs, n, flows, argv[3]) && (!lists || population_lists(p, argv[3])) &&
	       expected(argv[3], seed, flows, p, jobs, n);
	population_free(p);
	if (!good)
		fprintf(stderr, "bench_gen: %s: could not be written\n", argv[3]);
	return good ? 0 : 1;
}
