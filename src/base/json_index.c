/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_ways.h"

/* Deeper lines are for the walk, which has the same end a little further on. */
enum { DEPTH_SURE = 32 };

const struct json_ways *json_ways(enum isa isa)
{
#ifdef __x86_64__
	if (isa == ISA_AVX512)
		return &json_ways_avx512;
	if (isa == ISA_AVX2)
		return &json_ways_avx2;
#endif
	(void)isa;
	return NULL;
}

void json_lines_begin(struct json_lines *w, const struct json_ways *ways, json_slot_of *slot_of,
		      uint8_t many, const char *floor)
{
	w->ways = ways;
	w->slot_of = slot_of;
	w->many = many;
	w->floor = floor;
	w->turn = 0;
	memset(w->recent, 0, sizeof w->recent);
	for (unsigned i = 0; i < JSON_SHAPES; i++)
		w->shapes[i].known = false;
}

size_t json_lines_index(struct json_lines *w, struct str text)
{
	return w->ways->index(&w->index, text);
}

/* Is anything wrong in [from, end]? */
static bool wrong_in(const struct json_index *x, unsigned from, unsigned end)
{
	for (unsigned i = from / 64; i <= end / 64; i++) {
		uint64_t wrong = x->wrong[i];

		if (i == from / 64)
			wrong &= ~UINT64_C(0) << from % 64;
		if (i == end / 64)
			wrong &= ~UINT64_C(0) >> (63 - end % 64);
		if (wrong)
			return true;
	}
	return false;
}

/* ---- scalars ------------------------------------------------------------------------------- */

static const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* true, false, null, or a number without sign and exponent stands at p: its length, or 0. */
static size_t scalar_length(const char *p, const char *end)
{
	static const struct str words[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };
	const char *q = digits(p, end), *fraction;

	if (q == p) {
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (str_starts(str_range(p, end), words[i]))
				return words[i].n;
		return 0;
	}
	if (*p == '0' && q - p > 1)
		return 0;
	if (q < end && *q == '.') {
		fraction = q + 1;
		q = digits(fraction, end);
		if (q == fraction)
			return 0;
	}
	return (size_t)(q - p);
}

bool json_scalars(const char *p, const char *end, bool list)
{
	for (;;) {
		size_t n = scalar_length(p, end);

		p += n;
		if (n == 0 || p == end)
			return n != 0;
		if (!list || *p++ != ',')
			return false;
	}
}

/* ---- a shape that is new ------------------------------------------------------------------- */

/* Scalars, as they are looked at. */
enum { SHORT, LONG, WORD };

struct learning {
	struct json_shape *s;
	const struct json_at *at;
	const struct json_lines *w;
	const char *end;  /* of the line */
	const char *run;  /* from here on there was no value */
	unsigned point;   /* the next one; marks are set by the one before */
	uint64_t objects; /* the open brackets, the innermost in bit 0: 1 for an object */
	unsigned depth;
	uint8_t slots[DEPTH_SURE + 1]; /* of what stands in the open brackets */
	uint8_t pending;               /* the slot of the value behind a key */
	bool open;                     /* the end of the last scalar is to be marked */
	uint8_t class[JSON_SCALARS];
	uint64_t ending;              /* slots whose values end in the run, */
	const char *ends[JSON_SLOTS]; /* and where */
};

static const char *point_at(const struct learning *l, unsigned i)
{
	return l->at->text + l->at->points[i];
}

/* Where p is from the last point. What is read up to a mark lies in the block, for each line that
 * ends with an LF. */
static bool from_point(const struct learning *l, const char *p, int *out)
{
	ptrdiff_t add = p - point_at(l, l->point - 1);

	*out = (int)add;
	return add >= INT8_MIN && add <= 3;
}

static bool set_mark(const struct learning *l, unsigned i, const char *p)
{
	int add;

	if (!from_point(l, p, &add))
		return false;
	l->s->point[i] = (uint16_t)(l->point - 1);
	l->s->add[i] = (int16_t)add;
	return true;
}

/* The run ends here. Nobody could find one that has no point in it. */
static bool learn_run(struct learning *l, const char *end)
{
	struct json_shape *s = l->s;

	if (l->point == 0 || point_at(l, l->point - 1) < l->run)
		return false;
	if (l->open && !set_mark(l, JSON_TO + s->n_scalars - 1, l->run))
		return false;
	l->open = false;
	for (; l->ending; l->ending &= l->ending - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(l->ending);
		int add;

		if (!from_point(l, l->ends[slot], &add))
			return false;
		s->slots[slot].point = (uint8_t)(l->point - 1);
		s->slots[slot].add = (int8_t)add;
	}
	while (end > l->run) {
		static const uint8_t masks[33] = { [16] = 255, 255, 255, 255, 255, 255,
						   255,        255, 255, 255, 255, 255,
						   255,        255, 255, 255, 255 };
		size_t n = end - l->run < 16 ? (size_t)(end - l->run) : 16;
		unsigned i = s->n_windows;

		if (i == JSON_WINDOWS || !set_mark(l, JSON_ENDS + i, end))
			return false;
		/* Of constant size where that can be: this is most of what a new shape costs. */
		if (end - l->w->floor >= 16)
			memcpy(s->text[i], end - 16, 16);
		else
			memcpy(s->text[i] + 16 - n, end - n, n);
		memcpy(s->mask[i], masks + n, 16);
		s->n_windows++;
		end -= n;
	}
	return true;
}

static void learn_end(struct learning *l, uint8_t slot, const char *end)
{
	if (slot >= JSON_SLOTS)
		return;
	l->ending |= UINT64_C(1) << slot;
	l->ends[slot] = end;
}

/* Each of these takes what stands at p, and returns where it ends; NULL if that is not sure. */

static const char *learn_key(struct learning *l, const char *p)
{
	uint8_t slot = l->slots[l->depth];
	const char *colon;
	struct str key;

	if (*p != '"' || l->point + 2 > l->s->n_quotes)
		return NULL;
	l->point += 2;
	colon = point_at(l, l->point - 1) + 1;
	key = str_range(p + 1, colon - 1);
	if (colon == l->end || *colon != ':' || str_chr(key, '\\') != SIZE_MAX)
		return NULL;
	if (slot != JSON_NO_SLOT)
		slot = l->w->slot_of(slot, key);
	if (slot != JSON_NO_SLOT) {
		while (l->s->present >> slot & 1)
			if (slot < l->w->many || ++slot == JSON_SLOTS)
				return NULL;
		l->s->present |= UINT64_C(1) << slot;
		l->s->slots[slot].key = (uint8_t)(l->point - 1);
	}
	l->pending = slot;
	return colon + 1;
}

static const char *learn_open(struct learning *l, const char *p)
{
	bool object = *p == '{', in_array = l->depth && !(l->objects & 1);

	if (l->depth == DEPTH_SURE)
		return NULL;
	/* An object in an array goes by the array's slot, whose own end comes later. */
	if (in_array)
		l->pending = object ? l->slots[l->depth] : JSON_NO_SLOT;
	l->objects = l->objects << 1 | object;
	l->slots[++l->depth] = l->pending;
	return p + 1;
}

static const char *learn_string(struct learning *l, const char *p)
{
	if (l->point + 2 > l->s->n_quotes)
		return NULL;
	l->point++;
	if (!learn_run(l, p + 1))
		return NULL;
	l->run = point_at(l, l->point++);
	return l->run + 1;
}

static const char *learn_scalar(struct learning *l, const char *p)
{
	struct json_shape *s = l->s;
	const unsigned i = s->n_scalars;
	size_t n = scalar_length(p, l->end);

	if (n == 0 || i == JSON_SCALARS || !learn_run(l, p) || !set_mark(l, JSON_FROM + i, p))
		return NULL;
	s->n_scalars++;
	l->open = true;
	/* Others here will be a few digits longer. */
	l->class[i] = *p > '9' ? WORD : n > 12 || i >= 32 ? LONG : SHORT;
	p += n;
	if (!(l->objects & 1)) {
		s->list |= UINT64_C(1) << i;
		while (p < l->end && *p == ',' && (n = scalar_length(p + 1, l->end)) != 0)
			p += 1 + n;
	}
	l->run = p;
	return p;
}

static const char *learn_value(struct learning *l, const char *p)
{
	p = *p == '"' ? learn_string(l, p) : learn_scalar(l, p);
	if (p && l->objects & 1)
		learn_end(l, l->pending, p);
	return p;
}

static void exchange(struct learning *l, unsigned a, unsigned b)
{
	struct json_shape *s = l->s;
	uint64_t differ = (s->list >> a ^ s->list >> b) & 1;
	uint8_t class = l->class[a];

	for (unsigned first = JSON_FROM; first <= JSON_TO; first += JSON_TO - JSON_FROM) {
		uint16_t point = s->point[first + a];
		int16_t add = s->add[first + a];

		s->point[first + a] = s->point[first + b];
		s->add[first + a] = s->add[first + b];
		s->point[first + b] = point;
		s->add[first + b] = add;
	}
	l->class[a] = l->class[b];
	l->class[b] = class;
	s->list ^= differ << a | differ << b;
}

/* How many scalars are of a class, from `from` on where they are put. */
static unsigned gather(struct learning *l, unsigned from, uint8_t class)
{
	for (unsigned i = from; i < l->s->n_scalars; i++)
		if (l->class[i] == class)
			exchange(l, from++, i);
	return from;
}

static void clear_mark(struct json_shape *s, unsigned i)
{
	s->point[i] = 0;
	s->add[i] = 0;
}

static bool learn(struct json_shape *s, const struct json_at *at, unsigned n, const struct json_lines *w)
{
	struct learning l = {
		.s = s, .at = at, .w = w, .end = at->line.p + at->line.n, .run = at->line.p, .pending = JSON_TOP
	};
	enum { KEY, VALUE, MORE } next = VALUE;
	bool may_close = false;
	const char *p = at->line.p;

	s->present = 0;
	s->n_quotes = (uint8_t)n;
	s->n_windows = s->n_scalars = 0;
	s->list = 0;
	while (p && p < l.end && (l.depth || *p == '{')) {
		if (may_close && *p == (l.objects & 1 ? '}' : ']')) {
			learn_end(&l, l.slots[l.depth], ++p);
			l.objects >>= 1;
			next = MORE;
			if (--l.depth == 0)
				break;
		} else if (next == MORE) {
			next = l.objects & 1 ? KEY : VALUE;
			may_close = false;
			p = *p == ',' ? p + 1 : NULL;
		} else if (next == KEY) {
			next = VALUE;
			may_close = false;
			p = learn_key(&l, p);
		} else if (*p == '{' || *p == '[') {
			next = *p == '{' ? KEY : VALUE;
			may_close = true;
			p = learn_open(&l, p);
		} else {
			next = MORE;
			may_close = true;
			p = learn_value(&l, p);
		}
	}
	/* The line's end is a point too. */
	l.point++;
	if (l.depth || p != l.end || l.point != n + 1 || !learn_run(&l, p))
		return false;
	/* They are looked at by the eight. */
	for (unsigned i = s->n_windows; i % 8; i++) {
		memset(s->mask[i], 0, sizeof s->mask[i]);
		clear_mark(s, JSON_ENDS + i);
	}
	for (unsigned i = s->n_scalars; i % 8; i++) {
		clear_mark(s, JSON_FROM + i);
		clear_mark(s, JSON_TO + i);
	}
	s->n_short = (uint8_t)gather(&l, 0, SHORT);
	s->n_numbers = (uint8_t)gather(&l, s->n_short, LONG);
	return true;
}

/* ---- lines --------------------------------------------------------------------------------- */

/* What may tell shapes apart that have as many strings: the end of a key, if the point is one. */
static inline uint64_t tail(const struct json_at *at, unsigned point)
{
	const char *p = at->text + at->points[point];
	uint32_t four;

	memcpy(&four, p - 4, 4);
	return p[1] == ':' ? four : (unsigned char)p[1];
}

static inline uint32_t hash_of(const struct json_at *at, unsigned n)
{
	uint64_t h = tail(at, n / 2 | 1) << 32 | tail(at, n - 1);

	h = h * UINT64_C(0x9e3779b97f4a7c15) + tail(at, n / 4 | 1);
	return (uint32_t)((h ^ n) * UINT64_C(0xd6e8feb86659fd93) >> 40);
}

static inline bool fits(const struct json_lines *w, const struct json_shape *s,
			const struct json_at *at, unsigned n, uint32_t middle)
{
	return s->known && s->n_quotes == n && s->middle == middle && w->ways->fits(s, at);
}

void json_lines_at(struct json_lines *w, unsigned i, struct json_at *out)
{
	const struct json_index *x = &w->index;
	const uint16_t *before = x->points + x->lines[i], *end = x->points + x->lines[i + 1];
	unsigned start = (uint16_t)(*before + 1u), n = (unsigned)(end - before) - 1;
	struct json_shape *s = &w->shapes[0];
	uint32_t hash = 0, middle = 0;

	*out = (struct json_at){ NULL, { x->text + start, (size_t)(*end - start) }, x->text, before + 1 };
	/* Windows reach back from points, so all that is before the first is told here; and where
	 * a bracket stands last, no mark lies behind the LF. */
	if (n < 2 || n % 2 || n > JSON_QUOTES || before[1] != start + 1 ||
	    x->text[*end - 1] != '}' || (x->any_wrong && wrong_in(x, start, *end)))
		return;
	if (x->text + start - w->floor >= JSON_MARGIN && *end < x->n) {
		middle = (uint32_t)tail(out, n / 2 | 1);
		s = &w->shapes[w->recent[n / 2]];
		if (__builtin_expect(fits(w, s, out, n, middle), 1)) {
			out->shape = s;
			return;
		}
		hash = hash_of(out, n);
		s = &w->shapes[hash % (JSON_SHAPES / 2) * 2];
		for (unsigned way = 0; way < 2; way++, s++)
			if (s->hash == hash && fits(w, s, out, n, middle)) {
				w->recent[n / 2] = (uint8_t)(s - w->shapes);
				out->shape = s;
				return;
			}
		s -= 1 + (w->turn++ & 1);
		w->recent[n / 2] = (uint8_t)(s - w->shapes);
	}
	s->hash = hash;
	s->middle = middle;
	s->known = learn(s, out, n, w);
	if (s->known)
		out->shape = s;
}

void json_slot_value(const struct json_at *at, unsigned slot, struct json *out)
{
	struct str s = json_slot(at, slot);

	*out = (struct json){ .type = JSON_NUMBER, .raw = s };
	switch (s.p[0]) {
	case '"':
		out->type = JSON_STRING;
		out->raw = (struct str){ s.p + 1, s.n - 2 };
		out->escaped = str_chr(out->raw, '\\') != SIZE_MAX;
		break;
	case '{':
		out->type = JSON_OBJECT;
		break;
	case '[':
		out->type = JSON_ARRAY;
		break;
	case 't':
	case 'f':
		out->type = JSON_BOOL;
		break;
	case 'n':
		out->type = JSON_NULL;
		break;
	default:
		break;
	}
}
