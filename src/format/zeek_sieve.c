/* SPDX-License-Identifier: Apache-2.0 */
#include "format/zeek_sieve.h"

/* How a column is checked, and how long it may be to be certain. */
static const struct {
	enum zeek_column column;
	bool number; /* digits, or unset */
	uint16_t min, max;
} checked[] = {
	{ ZEEK_TS, false, 17, 17 },
	{ ZEEK_ORIG_H, false, 2, 45 },
	{ ZEEK_ORIG_P, true, 1, 5 },
	{ ZEEK_RESP_H, false, 2, 45 },
	{ ZEEK_RESP_P, true, 1, 5 },
	{ ZEEK_DURATION, false, 1, 15 },
	{ ZEEK_ORIG_BYTES, true, 1, 18 },
	{ ZEEK_RESP_BYTES, true, 1, 18 },
	{ ZEEK_ORIG_PKTS, true, 1, 18 },
	{ ZEEK_RESP_PKTS, true, 1, 18 },
	{ ZEEK_ANSWERS, false, 0, UINT16_MAX - 1 },
};
#define N_CHECKED (sizeof checked / sizeof checked[0])

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* May any address or time be read as this text of "nothing"? Then nothing is certain. */
static bool like_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)(s.p[i] | 0x20);

		if (!digit(s.p[i]) && !(c >= 'a' && c <= 'f') && c != ':' && c != '.')
			return false;
	}
	return s.n > 0;
}

/* Where separators are part of values, "stop" means too little. */
static bool sound_separator(char c)
{
	char low = (char)(c | 0x20);

	return c != '\n' && c != '\r' && c != '-' && c != '.' && c != ':' && c != '#' &&
	       c != '\0' && !digit(c) && !(low >= 'a' && low <= 'z');
}

/* Bits of ordinals (modulo the number of columns) as they stand from each phase on. */
static void unroll(struct zeek_sieve *z, const bool number[], const bool kept[])
{
	for (unsigned p = 0; p < z->n_fields; p++)
		for (unsigned i = 0; i < 64; i++) {
			unsigned f = (p + i) % z->n_fields, then = (f + 1) % z->n_fields;
			struct zeek_phase *to = &z->phase[p];

			to->opens |= (uint64_t)number[then] << i;
			to->closes |= (uint64_t)number[f] << i;
			to->last |= (uint64_t)(then == 0) << i;
			to->kept |= (uint64_t)kept[f] << i;
		}
	for (unsigned i = 0, f = 0; i < z->n_fields + 64; i++) {
		z->next[i] = (unsigned char)f;
		f = f + 1 < z->n_fields ? f + 1 : 0;
	}
}

enum err zeek_sieve_plan(const struct zeek_columns *c, struct arena *a, const struct zeek_sieve **out)
{
	bool number[ZEEK_SIEVE_FIELDS] = { 0 }, kept[ZEEK_SIEVE_FIELDS] = { 0 };
	uint8_t which[ZEEK_SIEVE_FIELDS];
	unsigned *slot[ZEEK_VALUES] = { NULL };
	struct zeek_sieve *z;

	if (c->n_fields > ZEEK_SIEVE_FIELDS || !sound_separator(c->separator) ||
	    like_value(c->unset) || like_value(c->empty)) {
		*out = NULL;
		return ERR_OK;
	}
	z = arena_alloc(a, sizeof *z);
	if (!z)
		return ERR_NOMEM;
	z->kind = c->kind;
	z->n_fields = c->n_fields;
	z->separator = c->separator;
	z->set_separator = c->set_separator;
	z->unset = '\n';
	if (c->unset.n == 1 && c->unset.p[0] != c->separator)
		z->unset = c->unset.p[0];
	memset(&z->at, UINT8_MAX, sizeof z->at);
	memset(z->span, UINT8_MAX, sizeof z->span);
	slot[ZEEK_TS] = &z->at.ts;
	slot[ZEEK_ORIG_H] = &z->at.orig;
	slot[ZEEK_ORIG_P] = &z->at.orig_port;
	slot[ZEEK_RESP_H] = &z->at.resp;
	slot[ZEEK_RESP_P] = &z->at.resp_port;
	slot[ZEEK_DURATION] = &z->at.duration;
	slot[ZEEK_ANSWERS] = &z->at.answers;

	memset(which, UINT8_MAX, sizeof which);
	kept[c->n_fields - 1] = true;
	for (unsigned i = 0; i < N_CHECKED; i++) {
		unsigned f = c->field[checked[i].column];

		if (f == UINT16_MAX)
			continue;
		which[f] = (uint8_t)i;
		number[f] = checked[i].number;
		kept[f] = kept[f ? f - 1 : c->n_fields - 1] = true;
	}
	unroll(z, number, kept);
	for (unsigned f = 0; f < c->n_fields; f++) {
		unsigned i = which[f], k = z->n_kept;

		z->n_kept += kept[f];
		if (i == UINT8_MAX)
			continue;
		/* The stop itself counts. */
		z->min[k] = (uint16_t)(checked[i].min + 1);
		z->span[k] = (uint16_t)(checked[i].max - checked[i].min);
		if (slot[checked[i].column])
			*slot[checked[i].column] = k;
	}
	*out = z;
	return ERR_OK;
}
