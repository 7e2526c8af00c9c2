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
static void unroll(struct zeek_sieve *z, const bool opens[], const bool closes[], const bool kept[])
{
	for (unsigned p = 0; p < z->n_fields; p++)
		for (unsigned i = 0; i < 64; i++) {
			unsigned f = (p + i) % z->n_fields;
			struct zeek_phase *to = &z->phase[p];

			to->opens |= (uint64_t)opens[f] << i;
			to->closes |= (uint64_t)closes[f] << i;
			to->last |= (uint64_t)(f == z->n_fields - 1) << i;
			to->kept |= (uint64_t)kept[f] << i;
		}
	for (unsigned i = 0, f = 0; i < z->n_fields + 64; i++) {
		z->next[i] = (unsigned char)f;
		f = f + 1 < z->n_fields ? f + 1 : 0;
	}
}

static bool usual(const struct zeek_slots *s)
{
	return s->ts == -1 && s->orig == 1 && s->orig_port == 2 && s->resp == 3 && s->resp_port == 4 &&
	       (s->duration == 6 || s->duration == ZEEK_SIEVE_NONE) && s->answers == ZEEK_SIEVE_NONE;
}

enum err zeek_sieve_plan(const struct zeek_columns *c, struct arena *a, const struct zeek_sieve **out)
{
	bool opens[ZEEK_SIEVE_FIELDS] = { 0 }, closes[ZEEK_SIEVE_FIELDS] = { 0 },
	     kept[ZEEK_SIEVE_FIELDS] = { 0 };
	uint8_t which[ZEEK_SIEVE_FIELDS];
	struct zeek_sieve *z;
	int *slot[ZEEK_VALUES] = { NULL };

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
	z->at = (struct zeek_slots){ ZEEK_SIEVE_NONE, ZEEK_SIEVE_NONE, ZEEK_SIEVE_NONE,
				     ZEEK_SIEVE_NONE, ZEEK_SIEVE_NONE, ZEEK_SIEVE_NONE,
				     ZEEK_SIEVE_NONE };
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
		kept[f] = true;
		/* What the last column opens is the first one of the next line. */
		kept[f ? f - 1 : c->n_fields - 1] = true;
		if (checked[i].number) {
			closes[f] = true;
			opens[f ? f - 1 : c->n_fields - 1] = true;
			z->number_open |= f == 0;
		}
	}
	for (unsigned f = 0; f < c->n_fields; f++) {
		if (!kept[f])
			continue;
		z->span[z->n_kept] = UINT16_MAX;
		if (which[f] != UINT8_MAX) {
			z->min[z->n_kept] = (uint16_t)(checked[which[f]].min + 1);
			z->span[z->n_kept] = (uint16_t)(checked[which[f]].max - checked[which[f]].min);
			if (slot[checked[which[f]].column])
				*slot[checked[which[f]].column] = (int)z->n_kept - 1;
		}
		z->n_kept++;
	}
	for (unsigned k = z->n_kept; k < ZEEK_SIEVE_KEPT; k++)
		z->span[k] = UINT16_MAX;
	unroll(z, opens, closes, kept);
	z->usual = z->n_kept <= 16 && usual(&z->at);
	*out = z;
	return ERR_OK;
}
