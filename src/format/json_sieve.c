/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json_sieve.h"

#include "format/json_far.h"

bool sieve_begin(struct sieve *s, struct sink *sink, struct str block,
		 void (*again)(struct str line, struct sink *sink))
{
	s->sink = sink;
	s->end = block.p + block.n;
	s->again = again;
	s->far = NULL;
#ifdef __x86_64__
	if (sink->isa == ISA_AVX512)
		s->far = json_far_avx512;
	else if (sink->isa == ISA_AVX2)
		s->far = json_far_avx2;
#endif
	memset(s->day_text, 0, sizeof s->day_text);
	memset(s->zone_text, 0, sizeof s->zone_text);
	s->batch.n = 0;
	s->batch.quads = 0;
	return s->far;
}

static bool unwanted(const struct str ends[2], const struct sink *sink)
{
	for (int i = 0; i < 2; i++) {
		struct ip ip;

		if (!ip_parse(ends[i], &ip) || sink_wants(sink, ip))
			return false;
	}
	return true;
}

static inline bool unwanted_quad(const struct sink *sink, uint32_t v4)
{
	return __builtin_expect(!near_any(sink->near, ip_v4(v4)), 1) ||
	       !sink->listed(sink->ctx, ip_v4(v4));
}

void sieve_flush(struct sieve *s)
{
	struct sieve_batch *b = &s->batch;
	struct sink *sink = s->sink;
	const uint64_t line = sink->line;

	for (unsigned i = 0; i < b->n; i++) {
		bool far = b->quads >> i & 1
				   ? unwanted_quad(sink, (uint32_t)b->pair[i]) &&
					     unwanted_quad(sink, (uint32_t)(b->pair[i] >> 32))
				   : unwanted(b->ends[i], sink);

		if (__builtin_expect(far, 1)) {
			sink_pass(sink, b->ts[i]);
		} else {
			sink->line = b->number[i];
			s->again(b->line[i], sink);
		}
	}
	sink->line = line;
	b->n = 0;
	b->quads = 0;
}

bool sieve_unwanted(const struct sieve *s, const struct json_at *at, unsigned slot)
{
	struct str rest = json_slot(at, slot), text;
	struct ip ip;

	if (str_chr(rest, '\\') != SIZE_MAX)
		return false;
	/* Every other piece between quotes is a string. */
	for (bool string = false; str_cut(&rest, '"', &text); string = !string)
		if (string && ip_parse(text, &ip) && sink_wants(s->sink, ip))
			return false;
	return true;
}

/* +0000, into the sieve. */
static bool zone(struct sieve *s, const char *p)
{
	unsigned d[4];

	for (int i = 0; i < 4; i++) {
		d[i] = (unsigned)(unsigned char)p[i + 1] - '0';
		if (d[i] > 9)
			return false;
	}
	if ((*p != '+' && *p != '-') || d[0] * 10 + d[1] > 23 || d[2] > 5)
		return false;
	s->zone = (int64_t)((d[0] * 10 + d[1]) * 3600 + (d[2] * 10 + d[3]) * 60) * TIME_S;
	if (*p == '-')
		s->zone = -s->zone;
	memcpy(s->zone_text, p, 5);
	return true;
}

bool sieve_calendar(struct sieve *s, struct str text, int64_t *out)
{
	const char *p = text.p;
	uint64_t clock, fraction;
	unsigned hours, minutes, seconds;
	int64_t t;

	if (text.n != 31)
		return moment_parse(text, out);
	if (memcmp(p, s->day_text, 10) != 0) {
		bool date;

		if (!time_parse(str_head(text, 10), &s->day, &date) || !date)
			return false;
		memcpy(s->day_text, p, 10);
	}
	if (memcmp(p + 26, s->zone_text, 5) != 0 && !zone(s, p + 26))
		return false;
	clock = sieve_eight(p + 11) ^ UINT64_C(0x30303a30303a3030);
	fraction = sieve_eight(p + 18) ^ UINT64_C(0x3030303030302e30);
	if ((clock & UINT64_C(0x0000ff0000ff0000)) || (fraction & 0xff00) ||
	    !sieve_all_digits(clock) || !sieve_all_digits(fraction) || p[10] != 'T')
		return false;
	clock = clock * 10 + (clock >> 8);
	hours = clock & 0xff;
	minutes = clock >> 24 & 0xff;
	seconds = clock >> 48 & 0xff;
	if (hours > 23 || minutes > 59 || seconds > 60)
		return false;
	t = s->day + (int64_t)(hours * 3600 + minutes * 60 + seconds) * TIME_S +
	    sieve_eight_digits(fraction & UINT64_C(0xffffffffffff0000)) - s->zone;
	if (t < 0 || t > TIME_MAX)
		return false;
	*out = t;
	return true;
}

/* Where hardly any line is written as we know it (blanks between all tokens) the index gives way.
 * What is left of the text. */
static struct str by_index(const struct json_reading *how, const struct json_ways *ways,
			   struct str text, struct sink *sink)
{
	struct json_lines lines;
	struct sieve sieve;
	struct str line;
	unsigned seen = 0, unsure = 0;

	if (!sieve_begin(&sieve, sink, text, how->walk))
		return text;
	json_lines_begin(&lines, ways, how->slot_of, how->slots, text.p);
	while (text.n && (seen < 64 || unsure < seen / 2)) {
		size_t n = json_lines_index(&lines, text);

		for (unsigned i = 0; i < lines.index.n_lines; i++) {
			struct json_at at;

			sink_line(sink);
			json_lines_at(&lines, i, &at);
			seen++;
			if (!at.shape || !how->indexed(&at, &sieve)) {
				unsure++;
				sieve_flush(&sieve);
				how->walk(at.line, sink);
			}
		}
		if (n == 0 && str_line(&text, &line)) {
			sink_line(sink);
			sieve_flush(&sieve);
			how->walk(line, sink);
		}
		text = str_skip(text, n);
	}
	sieve_flush(&sieve);
	return text;
}

void sieve_lines(const struct json_reading *how, struct str text, struct sink *sink)
{
	const struct json_ways *ways = json_ways(sink->isa);
	struct str line;

	if (ways)
		text = by_index(how, ways, text, sink);
	while (str_line(&text, &line)) {
		sink_line(sink);
		how->walk(line, sink);
	}
}
