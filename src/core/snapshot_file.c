/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot_parts.h"

/* ---- the parts of a block ---- */

static struct part section(struct part block, int which)
{
	const struct snapshot_header *h = block.p;

	return (struct part){ (char *)block.p + h->section[which].at, h->section[which].n };
}

static const void *table(struct part block, enum section which, size_t size, size_t *n)
{
	struct part p = section(block, which);

	*n = p.n / size;
	return p.p;
}

enum err snapshot_view(struct snapshot *s, struct part block)
{
	const struct snapshot_header *h = block.p;
	struct part lpm[LPM_PARTS], set[NAMESET_PARTS];
	size_t n;
	const uint64_t *near = table(block, SEC_NEAR, sizeof *near, &n);
	enum err e;

	s->block = block;
	s->distinct = h->distinct;
	s->records = h->records;
	s->digest = h->digest;
	s->table_seed = h->table_seed;
	s->near = (struct near){ .v4 = near, .v6 = near + V4_WORDS, .wide = near + V4_WORDS + V6_WORDS };
	s->v4.key = table(block, SEC_V4, sizeof *s->v4.key, &s->v4.n);
	s->v4.index = table(block, SEC_V4_INDEX, sizeof *s->v4.index, &n);
	/* 2^bits + 1 of them. */
	for (s->v4.shift = 32; n > 2; n = n / 2 + 1)
		s->v4.shift--;
	s->v4.filter = table(block, SEC_V4_FILTER, sizeof *s->v4.filter, &n);
	for (s->v4.filter_shift = 32, n *= 64; n > 1; n /= 2)
		s->v4.filter_shift--;
	s->near.v4_filter = s->v4.filter;
	s->near.v4_shift = s->v4.filter_shift;
	s->v6.key = table(block, SEC_V6, sizeof *s->v6.key, &s->v6.n);
	s->v6.slot = table(block, SEC_V6_SLOT, sizeof *s->v6.slot, &s->v6.slots);
	s->nets.v = table(block, SEC_NETS, sizeof *s->nets.v, &s->nets.n);
	s->domains.v = table(block, SEC_DOMAINS, sizeof *s->domains.v, &n);
	s->domains.n = n - 1;
	s->domains.text = section(block, SEC_NAMESET + NAMESET_PARTS - 1).p;
	s->urls.v = table(block, SEC_URLS, sizeof *s->urls.v, &n);
	s->urls.n = n - 1;
	s->urls.text = section(block, SEC_URL_TEXT).p;
	s->url_slot = table(block, SEC_URL_SLOT, sizeof *s->url_slot, &s->url_slots);
	s->row = table(block, SEC_ROW, sizeof *s->row, &s->rows);
	s->attributes = table(block, SEC_ATTRIBUTES, sizeof *s->attributes, &s->n_attributes);
	s->text = section(block, SEC_TEXT);
	s->others = table(block, SEC_OTHERS, sizeof *s->others, &s->n_others);
	s->withheld = table(block, SEC_WITHHELD, sizeof *s->withheld, &s->n_withheld);
	for (int i = 0; i < LPM_PARTS; i++)
		lpm[i] = section(block, SEC_LPM + i);
	for (int i = 0; i < NAMESET_PARTS; i++)
		set[i] = section(block, SEC_NAMESET + i);
	e = lpm_attach(&s->net, lpm, (uint32_t)s->nets.n);
	return e ? e : nameset_attach(&s->domain, set, s->table_seed, (uint32_t)s->domains.n);
}

/* ---- the sum ---- */

static uint64_t word(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

static inline uint64_t turn(uint64_t lane, uint64_t w)
{
	return ((lane << 29 | lane >> 35) ^ w) * UINT64_C(0xd6e8feb86659fd93);
}

uint64_t snapshot_sum(uint64_t before, struct str piece)
{
	/* Four chains, so that the processor need not wait for one multiplication after the other. */
	uint64_t a = mix64(before + 1), b = mix64(before + 2), c = mix64(before + 3),
		 d = mix64(before + 4);
	char last[32] = { 0 };
	size_t i;

	for (i = 0; i + 32 <= piece.n; i += 32) {
		a = turn(a, word(piece.p + i));
		b = turn(b, word(piece.p + i + 8));
		c = turn(c, word(piece.p + i + 16));
		d = turn(d, word(piece.p + i + 24));
	}
	if (i < piece.n) {
		memcpy(last, piece.p + i, piece.n - i);
		a = turn(a, word(last));
		b = turn(b, word(last + 8));
		c = turn(c, word(last + 16));
		d = turn(d, word(last + 24));
	}
	return mix64(mix64(mix64(mix64(a ^ piece.n) ^ b) ^ c) ^ d);
}

struct str snapshot_image(struct snapshot *s)
{
	struct snapshot_header *h = s->block.p;
	struct str rest;

	h->records = s->records;
	h->digest = s->digest;
	h->sum = 0;
	rest = (struct str){ (const char *)s->block.p + SNAPSHOT_SUMMED, s->block.n - SNAPSHOT_SUMMED };
	for (; rest.n; rest = str_skip(rest, SNAPSHOT_PIECE))
		h->sum = snapshot_sum(h->sum, str_head(rest, SNAPSHOT_PIECE));
	return (struct str){ s->block.p, s->block.n };
}

enum err snapshot_expects(struct str bytes, uint64_t *sum, struct errinfo *ei)
{
	struct snapshot_header h;

	if (bytes.n < sizeof h.magic || memcmp(bytes.p, SNAPSHOT_MAGIC, sizeof h.magic) != 0)
		return err_set(ei, ERR_FORMAT, "not a snapshot");
	if (bytes.n < sizeof h)
		return err_set(ei, ERR_PARSE, "the snapshot is cut off");
	memcpy(&h, bytes.p, sizeof h);
	if (h.order != SNAPSHOT_ORDER)
		return err_set(ei, ERR_FORMAT,
			       "a snapshot made on a machine with another order of bytes; make it anew");
	if (h.version != SNAPSHOT_VERSION)
		return err_set(ei, ERR_FORMAT, "a snapshot of version %u, not %u; make it anew",
			       h.version, SNAPSHOT_VERSION);
	if (h.bytes != bytes.n)
		return err_set(ei, ERR_PARSE, "the snapshot is cut off: %zu bytes of %llu", bytes.n,
			       (unsigned long long)h.bytes);
	*sum = h.sum;
	return ERR_OK;
}

/* ---- what look-ups rely on ---- */

/* Bytes of one element. */
static size_t element(int which)
{
	switch (which) {
	case SEC_NEAR:
	case SEC_V4:
	case SEC_V4_INDEX:
	case SEC_V6_SLOT:
	case SEC_URL_SLOT:
	case SEC_ROW:
		return sizeof(uint32_t);
	case SEC_V4_FILTER:
		return sizeof(uint64_t);
	case SEC_V6:
		return sizeof(struct ip);
	case SEC_NETS:
		return sizeof(struct snapshot_net);
	case SEC_DOMAINS:
	case SEC_URLS:
		return sizeof(struct snapshot_name);
	case SEC_ATTRIBUTES:
		return sizeof(struct attribute);
	case SEC_OTHERS:
		return sizeof(struct snapshot_other);
	case SEC_WITHHELD:
		return sizeof(struct snapshot_withheld);
	default:
		return 1;
	}
}

static bool sections_right(const struct snapshot_header *h, size_t bytes)
{
	uint64_t filter;

	for (int i = 0; i < SECTIONS; i++) {
		uint64_t from = h->section[i].at, n = h->section[i].n;

		if (from % SECTION_ALIGN || from < sizeof *h || from > bytes || n > bytes - from ||
		    n % element(i) || n / element(i) > UINT32_MAX)
			return false;
	}
	filter = h->section[SEC_V4_FILTER].n;
	if (filter == 0 || filter & (filter - 1) || filter > UINT64_C(1) << 29)
		return false;
	return h->section[SEC_NEAR].n == NEAR_WORDS * sizeof(uint64_t) &&
	       h->section[SEC_DOMAINS].n && h->section[SEC_URLS].n;
}

static bool index_right(const uint32_t *v, size_t n, size_t last)
{
	size_t parts = n - 1;

	if (n < 3 || parts & (parts - 1) || parts > (size_t)1 << 24 || v[0] != 0 || v[parts] != last)
		return false;
	for (size_t i = 0; i < parts; i++)
		if (v[i] > v[i + 1])
			return false;
	return true;
}

/* A table that look-ups go through must have a free place, or they would not end. */
static bool slots_right(const uint32_t *slot, size_t slots, size_t n)
{
	bool is_free = slots == 0;

	for (size_t i = 0; i < slots; i++) {
		if (slot[i] > n)
			return false;
		is_free |= slot[i] == 0;
	}
	return is_free;
}

static bool nets_right(const struct snapshot *s, size_t first, size_t *end)
{
	for (size_t i = 0; i < s->nets.n; i++) {
		const struct snapshot_net *net = &s->nets.v[i];

		if (net->first != first || net->n > s->rows - first || net->len > 128 ||
		    (net->parent != UINT32_MAX && net->parent >= i))
			return false;
		first += net->n;
	}
	*end = first;
	return true;
}

static bool names_right(const struct snapshot *s, const struct snapshot_names *names, size_t bytes,
			size_t first, size_t *end)
{
	const struct snapshot_name *v = names->v;

	if (v[0].first != first || v[0].at != 0)
		return false;
	for (size_t i = 0; i < names->n; i++)
		if (v[i].first > v[i + 1].first || v[i].at > v[i + 1].at)
			return false;
	*end = v[names->n].first;
	return *end <= s->rows && v[names->n].at <= bytes;
}

/* Times that arithmetic can be done with. */
static bool time_right(int64_t t)
{
	return t == TIME_NONE || (t > -2 * TIME_MAX && t < 2 * TIME_MAX);
}

static bool attributes_right(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_attributes; i++)
		if (!time_right(s->attributes[i].from) || !time_right(s->attributes[i].until))
			return false;
	return true;
}

static bool rows_right(const struct snapshot *s)
{
	const struct snapshot_header *h = s->block.p;
	size_t at = s->v4.n + s->v6.n;

	if (at > s->rows || (s->rows && s->n_attributes == 0))
		return false;
	return nets_right(s, at, &at) &&
	       names_right(s, &s->domains, h->section[SEC_NAMESET + NAMESET_PARTS - 1].n, at, &at) &&
	       names_right(s, &s->urls, h->section[SEC_URL_TEXT].n, at, &at) && at == s->rows;
}

enum err snapshot_open(struct snapshot *s, struct part bytes, struct errinfo *ei)
{
	struct snapshot made = { .seed = s->seed };
	const struct snapshot_header *h = bytes.p;
	uint64_t sum;
	enum err e = snapshot_expects((struct str){ bytes.p, bytes.n }, &sum, ei);

	if (e)
		return e;
	if (!sections_right(h, bytes.n) || snapshot_view(&made, bytes) ||
	    !index_right(made.v4.index, h->section[SEC_V4_INDEX].n / sizeof(uint32_t), made.v4.n) ||
	    !slots_right(made.v6.slot, made.v6.slots, made.v6.n) ||
	    !slots_right(made.url_slot, made.url_slots, made.urls.n) || !rows_right(&made) ||
	    !attributes_right(&made))
		return err_set(ei, ERR_PARSE, "the snapshot is damaged");
	*s = made;
	return ERR_OK;
}
