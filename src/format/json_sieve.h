/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For readers of JSON lines: is a line surely a record that the reader would make, and is that
 * record near nothing (sink->near)? Then it may be passed over.
 *
 * Values are looked at as those of a line that has a shape (base/json_index.h): a value that begins
 * with a digit is digits with or without a fraction. One that is absent is good, but for addresses
 * and times. "No" means only: not sure; the reader does then as it always does. Addresses of many
 * lines are looked up together, so what is not sure about them comes back later, by `again`.
 */
#ifndef NEZUMI_FORMAT_JSON_SIEVE_H
#define NEZUMI_FORMAT_JSON_SIEVE_H

#include "base/json_index.h"
#include "format/reader.h"
#include "format/telemetry.h"

enum { SIEVE_ROOM = 64 };

/* Lines whose two addresses are to be looked up. */
struct sieve_batch {
	unsigned n;
	uint64_t quads;                 /* bit set: of these lines pair[] holds the addresses, */
	uint64_t pair[SIEVE_ROOM];      /* the first in the lower half, */
	struct str ends[SIEVE_ROOM][2]; /* of the others these */
	int64_t ts[SIEVE_ROOM];
	uint64_t number[SIEVE_ROOM];
	struct str line[SIEVE_ROOM];
};

struct sieve {
	struct sink *sink;
	const char *end; /* of the block: what lies before it can be read */
	bool (*far)(const struct str ends[2], const struct near *near, uint64_t *out);
	/* Read the line just begun without the sieve. */
	void (*again)(struct str line, struct sink *sink);
	/* The day and the zone met last, as text. */
	char day_text[10], zone_text[5];
	int64_t day, zone;
	struct sieve_batch batch;
};

/* False: sink->isa has no way to look addresses up; then there is no index either. */
bool sieve_begin(struct sieve *s, struct sink *sink, struct str block,
		 void (*again)(struct str line, struct sink *sink));
/* What waits is looked up. Before any record is handed over, and at the end of the block. */
void sieve_flush(struct sieve *s);

/* The last questions about a line: are its addresses far from anything? Answered later. False if
 * one is absent or no string. */
static inline bool sieve_wait(struct sieve *s, const struct json_at *at, unsigned orig,
			      unsigned resp, int64_t ts)
{
	struct sieve_batch *b = &s->batch;
	struct str *ends;
	unsigned i;

	if (!json_has(at, orig) || !json_has(at, resp))
		return false;
	if (b->n == SIEVE_ROOM)
		sieve_flush(s);
	i = b->n;
	ends = b->ends[i];
	ends[0] = json_slot(at, orig);
	ends[1] = json_slot(at, resp);
	if (ends[0].p[0] != '"' || ends[1].p[0] != '"')
		return false;
	ends[0] = (struct str){ ends[0].p + 1, ends[0].n - 2 };
	ends[1] = (struct str){ ends[1].p + 1, ends[1].n - 2 };
	if (s->end - ends[0].p >= 16 && s->end - ends[1].p >= 16 &&
	    s->far(ends, s->sink->near, &b->pair[i]))
		b->quads |= UINT64_C(1) << i;
	b->ts[i] = ts;
	b->number[i] = s->sink->line;
	b->line[i] = at->line;
	b->n++;
	return true;
}

/* How a reader of JSON lines reads one. */
struct json_reading {
	/* The slot of a key, see json_lines_begin, of so many. */
	json_slot_of *slot_of;
	uint8_t slots;
	/* A line with a shape, just begun. False: not sure what it says. */
	bool (*indexed)(const struct json_at *at, struct sieve *sieve);
	/* Any line, just begun. */
	void (*walk)(struct str line, struct sink *sink);
};
/* A block of lines: by the index as far as there is one, and lines are written as it expects. */
void sieve_lines(const struct json_reading *how, struct str text, struct sink *sink);

static inline bool sieve_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static inline uint64_t sieve_eight(const char *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return w;
}

/* Eight digits, the first in the lowest byte, each as a number. */
static inline uint32_t sieve_eight_digits(uint64_t d)
{
	d = d * 10 + (d >> 8);
	d &= UINT64_C(0x00ff00ff00ff00ff);
	d = (d & UINT64_C(0x000000ff000000ff)) * 100 + (d >> 16 & UINT64_C(0x000000ff000000ff));
	return (uint32_t)((d & UINT32_MAX) * 10000 + (d >> 32));
}

/* Is each of the eight bytes at most nine? */
static inline bool sieve_all_digits(uint64_t d)
{
	return (((d + UINT64_C(0x7676767676767676)) | d) & UINT64_C(0x8080808080808080)) == 0;
}

static inline bool sieve_count(const struct json_at *at, unsigned slot)
{
	struct str s;

	if (!json_has(at, slot))
		return true;
	s = json_slot(at, slot);
	return (s.n <= 18) & sieve_digit(s.p[0]);
}

static inline bool sieve_port(const struct sieve *sieve, const struct json_at *at, unsigned slot)
{
	struct str s;
	uint64_t w, tens = UINT64_C(0x1010101010101010);
	unsigned spare;

	if (!json_has(at, slot))
		return true;
	s = json_slot(at, slot);
	if (!sieve_digit(s.p[0]) || s.n > 5 || sieve->end - s.p < 8)
		return false;
	/* Digits have this bit, a point does not; then by their order as text. */
	spare = 64 - 8 * (unsigned)s.n;
	w = sieve_eight(s.p) << spare;
	return ((w & tens) == tens << spare) &
	       ((s.n < 5) | (__builtin_bswap64(w >> 24) >> 24 <= UINT64_C(0x3635353335)));
}

/* Seconds: short enough to be before 2100, or the point among the first few. */
static inline bool sieve_seconds(const struct json_at *at, unsigned slot)
{
	struct str s;

	if (!json_has(at, slot))
		return true;
	s = json_slot(at, slot);
	return sieve_digit(s.p[0]) && (s.n <= 9 || s.p[1] == '.' || s.p[2] == '.' ||
				       s.p[3] == '.' || s.p[4] == '.' || s.p[5] == '.');
}

/* Is no string of a value (a string, or an array of some) an address that is wanted? */
bool sieve_unwanted(const struct sieve *s, const struct json_at *at, unsigned slot);

/* 2024-04-19T10:11:12.123456+0000 */
bool sieve_calendar(struct sieve *s, struct str text, int64_t *out);

/* Seconds as a number (1713484795.943239, with one digit to six behind the point), or calendar
 * text. */
static inline bool sieve_moment(struct sieve *sieve, const struct json_at *at, unsigned slot,
				int64_t *out)
{
	struct str s;
	uint64_t seconds, fraction, keep;

	if (!json_has(at, slot))
		return false;
	s = json_slot(at, slot);
	if (s.p[0] == '"')
		return sieve_calendar(sieve, (struct str){ s.p + 1, s.n - 2 }, out);
	if (!sieve_digit(s.p[0]))
		return false;
	if (s.n < 12 || s.n > 17 || s.p[10] != '.' || sieve->end - s.p < 17)
		return moment_parse(s, out);
	seconds = sieve_eight_digits(sieve_eight(s.p) ^ UINT64_C(0x3030303030303030));
	seconds = seconds * 100 + (unsigned)(s.p[8] - '0') * 10 + (unsigned)(s.p[9] - '0');
	/* The eight bytes from the last digit before the point, without that and the point. */
	keep = UINT64_C(0xffffffffffff0000) & UINT64_MAX >> 8 * (17 - s.n);
	fraction = sieve_eight_digits((sieve_eight(s.p + 9) ^ UINT64_C(0x3030303030303030)) & keep);
	*out = (int64_t)(seconds * 1000000 + fraction);
	return *out <= TIME_MAX;
}

#endif
