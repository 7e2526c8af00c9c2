/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constructed telemetry and indicators for measuring: bench_gen SEED RECORDS INDICATORS DIR writes
 * DIR/conn.log (Zeek TSV) and DIR/indicators.txt. Addresses follow a power law as those of real
 * networks do; 3 % are IPv6, and one record in 10,000 meets an indicator. The same arguments give
 * the same bytes.
 */
#include "base/mix.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOSTS = 200000, DESTINATIONS = 2000000 };

static uint64_t below(uint64_t *s, uint64_t n)
{
	return mix_next(s) % n;
}

/* Small numbers far more often than large ones. */
static uint64_t skewed(uint64_t *s, uint64_t n)
{
	uint64_t bits = below(s, 21);

	return below(s, n >> bits ? n >> bits : 1);
}

/* A public-looking address for a number; the same number, the same address. */
static void address(char *out, size_t n, uint64_t id, int kind)
{
	uint64_t h = mix64(id * 4 + (uint64_t)kind);

	if (h % 100 < 3 && kind)
		(void)snprintf(out, n, "2a0%x:%x:%x::%x", (unsigned)(h >> 8 & 7) + 1,
			       (unsigned)(h >> 16 & 0xffff) | 1, (unsigned)(h >> 32 & 0xffff) | 1,
			       (unsigned)(h >> 48 & 0xffff) | 1);
	else
		(void)snprintf(out, n, "%u.%u.%u.%u", (unsigned)(h >> 8 & 0xff) % 60 + 40,
			       (unsigned)(h >> 16 & 0xff), (unsigned)(h >> 24 & 0xff),
			       (unsigned)(h >> 32 & 0xff));
}

static int write_indicators(FILE *f, uint64_t n)
{
	char text[64];

	for (uint64_t i = 0; i < n; i++) {
		address(text, sizeof text, i, 2);
		if (fprintf(f, "%s\n", text) < 0)
			return 1;
	}
	return fclose(f) != 0;
}

static int write_flows(FILE *f, uint64_t *s, uint64_t records, uint64_t indicators)
{
	static const char *const state[] = { "SF\tT\tF\t0\tShADadFf", "S0\tT\tF\t0\tS",
					     "REJ\tT\tF\t0\tSr", "S1\tT\tF\t0\tShADad" };
	uint64_t us = UINT64_C(1713484800000000);

	fputs("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
	      "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\t"
	      "resp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\t"
	      "resp_pkts\tresp_ip_bytes\n",
	      f);
	for (uint64_t i = 0; i < records; i++) {
		char host[64], peer[64];
		uint64_t hit = below(s, 10000) == 0, uid = mix_next(s), out = below(s, 20000),
			 in = below(s, 200000);

		us += below(s, 20000);
		address(host, sizeof host, skewed(s, HOSTS), 0);
		address(peer, sizeof peer, hit ? below(s, indicators) : skewed(s, DESTINATIONS),
			hit ? 2 : 1);
		if (fprintf(f, "%llu.%06llu\tC%016llx\t%s\t%u\t%s\t%u\ttcp\tssl\t%u.%06u\t%llu\t%llu\t%s\t%u\t%llu\t%u\t%llu\n",
			    (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000),
			    (unsigned long long)uid, host, (unsigned)below(s, 28000) + 32768, peer,
			    below(s, 4) ? 443 : 80, (unsigned)below(s, 60), (unsigned)below(s, 1000000),
			    (unsigned long long)out, (unsigned long long)in, state[below(s, 4)],
			    (unsigned)(out / 900 + 3), (unsigned long long)(out + 400),
			    (unsigned)(in / 1300 + 3), (unsigned long long)(in + 400)) < 0)
			return 1;
	}
	return fclose(f) != 0;
}

int main(int argc, char **argv)
{
	uint64_t seed, records, indicators;
	char path[4096];
	FILE *f;

	if (argc != 5) {
		fprintf(stderr, "bench_gen SEED RECORDS INDICATORS DIR\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	records = strtoull(argv[2], NULL, 10);
	indicators = strtoull(argv[3], NULL, 10);
	(void)snprintf(path, sizeof path, "%s/indicators.txt", argv[4]);
	f = fopen(path, "w");
	if (!f || write_indicators(f, indicators))
		return 1;
	(void)snprintf(path, sizeof path, "%s/conn.log", argv[4]);
	f = fopen(path, "w");
	return !f || write_flows(f, &seed, records, indicators);
}
