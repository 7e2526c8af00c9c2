/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_parts.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const char *blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* The next quote or backslash; end if there is none. */
static const char *string_stop(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');

	for (; end - p >= 16; p += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
		int mask = _mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(c, quote), _mm_cmpeq_epi8(c, slash)));

		if (mask)
			return p + __builtin_ctz((unsigned)mask);
	}
#endif
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* The next quote or bracket; end if there is none. */
static const char *structure(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), open = _mm_set1_epi8('{'),
		      close = _mm_set1_epi8('}'), bit = _mm_set1_epi8(0x20);

	for (; end - p >= 16; p += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i low = _mm_or_si128(c, bit); /* `[` is `{` without this bit, as `]` is `}` */
		__m128i hit = _mm_or_si128(
			_mm_cmpeq_epi8(c, quote),
			_mm_or_si128(_mm_cmpeq_epi8(low, open), _mm_cmpeq_epi8(low, close)));
		int mask = _mm_movemask_epi8(hit);

		if (mask)
			return p + __builtin_ctz((unsigned)mask);
	}
#endif
	while (p < end && *p != '"' && (*p | 0x20) != '{' && (*p | 0x20) != '}')
		p++;
	return p;
}

/* p is at the opening quote; behind the closing one, or NULL. */
static const char *string_end(const char *p, const char *end)
{
	p++;
	for (;;) {
		p = string_stop(p, end);
		if (p == end)
			return NULL;
		if (*p == '"')
			return p + 1;
		if (end - p < 2)
			return NULL;
		p += 2;
	}
}

/* p is at the opening bracket. Which kind closes which is for the reader of the value. */
static const char *bracket_end(const char *p, const char *end)
{
	size_t depth = 0;

	for (;;) {
		p = structure(p, end);
		if (p == end)
			return NULL;
		if (*p == '"') {
			p = string_end(p, end);
			if (!p)
				return NULL;
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (--depth == 0)
			return p + 1;
		p++;
	}
}

/* Behind the value that begins at p < end, or NULL. */
static const char *value_end(const char *p, const char *end)
{
	const char *start = p;

	if (*p == '"')
		return string_end(p, end);
	if (*p == '{' || *p == '[')
		return bracket_end(p, end);
	/* A number or a word: whatever it is, it goes as far as that. */
	while (p < end && *p != ',' && *p != ']' && *p != '}' && *p != ' ' && *p != '\n' &&
	       *p != '\r' && *p != '\t')
		p++;
	return p == start ? NULL : p;
}

bool json_cut(struct str text, struct str *value, struct str *rest)
{
	const char *end = text.p + text.n, *p = blanks(text.p, end);
	const char *behind = p < end ? value_end(p, end) : NULL;

	*value = str_range(p, behind ? behind : end);
	*rest = behind ? str_range(behind, end) : STR_NONE;
	return behind != NULL;
}

bool json_parts_begin(struct json_parts *w, struct str text)
{
	const char *end = text.p + text.n, *p = blanks(text.p, end);

	*w = (struct json_parts){ .p = p, .end = end, .broken = true, .ended = true };
	if (p == end || (*p != '{' && *p != '['))
		return false;
	*w = (struct json_parts){ .p = p + 1, .end = end, .array = *p == '[' };
	return true;
}

/* `"key" :` with blanks around; where the value begins, or NULL. */
static const char *member(const char *p, const char *end, struct str *key)
{
	const char *close;

	if (p == end || *p != '"')
		return NULL;
	close = string_end(p, end);
	if (!close)
		return NULL;
	*key = str_range(p + 1, close - 1);
	p = blanks(close, end);
	if (p == end || *p != ':')
		return NULL;
	return blanks(p + 1, end);
}

bool json_part(struct json_parts *w, struct str *key, struct str *value)
{
	const char *p = blanks(w->p, w->end), *behind;
	struct str k = STR_NONE;

	if (w->ended)
		return false;
	w->p = p;
	w->broken = w->ended = true;
	if (p == w->end)
		return false;
	if (*p == (w->array ? ']' : '}')) {
		w->p = p + 1;
		w->broken = false;
		return false;
	}
	if (w->begun) {
		if (*p != ',')
			return false;
		p = blanks(p + 1, w->end);
	}
	if (!w->array)
		p = member(p, w->end, &k);
	if (!p || p == w->end)
		return false;
	behind = value_end(p, w->end);
	if (!behind && *p != '{' && *p != '[' && *p != '"')
		return false;
	*key = k;
	*value = str_range(p, behind ? behind : w->end);
	if (!behind) {
		w->p = w->end;
		return true;
	}
	w->p = behind;
	w->begun = true;
	w->broken = w->ended = false;
	return true;
}

struct str json_parts_rest(const struct json_parts *w)
{
	return str_range(w->p, w->end);
}
