/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The object or array that is walked counts as one; the rest are bits of one word. */
#define DEPTH_MAX 64

static inline const char *blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex4(const char *p, const char *end, unsigned *out)
{
	unsigned v = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return false;
		v = v << 4 | (unsigned)d;
	}
	*out = v;
	return true;
}

/* The first quote, backslash or control character at or after p; end if there is none. */
static inline const char *string_stop(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
		      control = _mm_set1_epi8(0x1f);

	for (; end - p >= 16; p += 16) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i stop = _mm_or_si128(_mm_cmpeq_epi8(c, quote), _mm_cmpeq_epi8(c, slash));
		int mask;

		stop = _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(c, control), c));
		mask = _mm_movemask_epi8(stop);
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
	}
#endif
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

/* p is behind the opening quote; returns where the closing one stands, or NULL. */
static inline const char *string_end(const char *p, const char *end, bool *escaped)
{
	*escaped = false;
	for (;;) {
		unsigned unit;

		p = string_stop(p, end);
		if (p == end)
			return NULL;
		if (*p == '"')
			return p;
		if (*p != '\\' || end - p < 2)
			return NULL;
		*escaped = true;
		switch (p[1]) {
		case '"':
		case '\\':
		case '/':
		case 'b':
		case 'f':
		case 'n':
		case 'r':
		case 't':
			p += 2;
			break;
		case 'u':
			if (!hex4(p + 2, end, &unit))
				return NULL;
			p += 6;
			break;
		default:
			return NULL;
		}
	}
}

static inline bool digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static const char *number_end(const char *p, const char *end)
{
	if (p < end && *p == '-')
		p++;
	if (!digit(p, end))
		return NULL;
	if (*p == '0')
		p++;
	else
		while (digit(p, end))
			p++;
	if (p < end && *p == '.') {
		p++;
		if (!digit(p, end))
			return NULL;
		while (digit(p, end))
			p++;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if (!digit(p, end))
			return NULL;
		while (digit(p, end))
			p++;
	}
	return p;
}

static const char *word_end(const char *p, const char *end, struct str word)
{
	if ((size_t)(end - p) < word.n || memcmp(p, word.p, word.n) != 0)
		return NULL;
	return p + word.n;
}

/* A value that is neither object nor array; returns what follows it, or NULL. */
static inline const char *scalar(const char *p, const char *end, struct json *v)
{
	const char *start = p;

	v->escaped = false;
	switch (*p) {
	case '"':
		v->type = JSON_STRING;
		p = string_end(p + 1, end, &v->escaped);
		if (!p)
			return NULL;
		v->raw = str_range(start + 1, p);
		return p + 1;
	case 't':
		v->type = JSON_BOOL;
		p = word_end(p, end, STR("true"));
		break;
	case 'f':
		v->type = JSON_BOOL;
		p = word_end(p, end, STR("false"));
		break;
	case 'n':
		v->type = JSON_NULL;
		p = word_end(p, end, STR("null"));
		break;
	default:
		v->type = JSON_NUMBER;
		p = number_end(p, end);
	}
	if (p)
		v->raw = str_range(start, p);
	return p;
}

/* `"key" :` with blanks around; returns where the value begins, or NULL. */
static inline const char *member(const char *p, const char *end, struct str *key)
{
	bool escaped;
	const char *close;

	p = blanks(p, end);
	if (p == end || *p != '"')
		return NULL;
	close = string_end(p + 1, end, &escaped);
	if (!close)
		return NULL;
	*key = str_range(p + 1, close);
	p = blanks(close + 1, end);
	if (p == end || *p != ':')
		return NULL;
	return blanks(p + 1, end);
}

/* Over a whole object or array, checking all of it; returns what follows it, or NULL. */
static const char *nested(const char *p, const char *end)
{
	uint64_t objects = 0; /* the open brackets, the innermost in bit 0: 1 for an object */
	unsigned depth = 0;
	struct json v;
	struct str key;

	for (;;) {
		if (p == end)
			return NULL;
		if (*p == '{' || *p == '[') {
			bool object = *p == '{';

			if (depth == DEPTH_MAX - 1)
				return NULL;
			depth++;
			objects = objects << 1 | object;
			p = blanks(p + 1, end);
			if (p == end)
				return NULL;
			if (*p != (object ? '}' : ']')) {
				if (object && !(p = member(p, end, &key)))
					return NULL;
				continue;
			}
		} else {
			p = scalar(p, end, &v);
			if (!p)
				return NULL;
			p = blanks(p, end);
		}
		/* Behind a value, or at the bracket that closes an empty one. */
		while (p < end && *p == (objects & 1 ? '}' : ']')) {
			objects >>= 1;
			if (--depth == 0)
				return p + 1;
			p = blanks(p + 1, end);
		}
		if (p == end || *p != ',')
			return NULL;
		p = objects & 1 ? member(p + 1, end, &key) : blanks(p + 1, end);
		if (!p)
			return NULL;
	}
}

bool json_begin(struct json_walk *w, struct str text)
{
	const char *end = text.p + text.n, *p = blanks(text.p, end);

	*w = (struct json_walk){ .p = p, .end = end, .failed = true };
	if (p == end || (*p != '{' && *p != '['))
		return false;
	*w = (struct json_walk){ .p = p + 1, .end = end, .array = *p == '[' };
	return true;
}

/* Where the next member begins; NULL at the end and on failure. */
static inline const char *step(struct json_walk *w)
{
	const char *p = blanks(w->p, w->end);

	w->failed = true;
	if (p == w->end)
		return NULL;
	if (*p == (w->array ? ']' : '}')) {
		/* Stays here: asked again, the answer is the same. */
		w->p = p;
		w->failed = false;
		return NULL;
	}
	if (w->begun) {
		if (*p != ',')
			return NULL;
		p = blanks(p + 1, w->end);
	}
	return p == w->end ? NULL : p;
}

bool json_next(struct json_walk *w, struct str *key, struct json *val)
{
	const char *p, *start;
	struct str k = STR_NONE;
	struct json v;

	if (w->failed)
		return false;
	p = step(w);
	if (!p)
		return false;
	if (!w->array) {
		p = member(p, w->end, &k);
		if (!p || p == w->end)
			return false;
	}
	start = p;
	if (*p == '{' || *p == '[') {
		v = (struct json){ .type = *p == '{' ? JSON_OBJECT : JSON_ARRAY };
		p = nested(p, w->end);
		if (!p)
			return false;
		v.raw = str_range(start, p);
	} else {
		p = scalar(p, w->end, &v);
		if (!p)
			return false;
	}
	w->p = p;
	w->begun = true;
	w->failed = false;
	*key = k;
	*val = v;
	return true;
}

struct str json_rest(const struct json_walk *w)
{
	return str_trim(str_range(w->p < w->end ? w->p + 1 : w->end, w->end));
}

/* At most three bytes for a unit, four for a pair: never more than its escape. */
static char *put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

bool json_text(const struct json *v, char *dst, struct str *out)
{
	const char *p = v->raw.p, *end = p + v->raw.n;
	char *to = dst;

	if (v->type != JSON_STRING)
		return false;
	if (!v->escaped) {
		*out = v->raw;
		return true;
	}
	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		size_t n = (size_t)((slash ? slash : end) - p);
		unsigned c, low;

		memcpy(to, p, n);
		to += n;
		p += n;
		if (p == end)
			break;
		if (end - p < 2)
			return false;
		p += 2;
		switch (p[-1]) {
		case 'b':
			*to++ = '\b';
			break;
		case 'f':
			*to++ = '\f';
			break;
		case 'n':
			*to++ = '\n';
			break;
		case 'r':
			*to++ = '\r';
			break;
		case 't':
			*to++ = '\t';
			break;
		case 'u':
			if (!hex4(p, end, &c))
				return false;
			p += 4;
			if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
			    p[1] == 'u' && hex4(p + 2, end, &low) && low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				p += 6;
			} else if (c >= 0xd800 && c < 0xe000) {
				c = 0xfffd; /* half of a pair stands for nothing */
			}
			to = put_utf8(to, c);
			break;
		default:
			*to++ = p[-1];
		}
	}
	*out = (struct str){ dst, (size_t)(to - dst) };
	return true;
}

bool json_decimal(struct str s, unsigned scale, uint64_t *out)
{
	const char *p = s.p, *end = p + s.n;
	int64_t exponent = (int64_t)scale;
	uint64_t v = 0;
	bool any = false, half = false, full = false;

	/* Digits that do not fit any more are only counted. */
	for (int point = 0; p < end; p++) {
		unsigned d;

		if (*p == '.' && any && !point) {
			point = 1;
			if (!digit(p + 1, end))
				return false;
			continue;
		}
		if (!digit(p, end))
			break;
		any = true;
		d = (unsigned)(*p - '0');
		full = full || v > (UINT64_MAX - d) / 10;
		if (full) {
			exponent += !point;
		} else {
			v = v * 10 + d;
			exponent -= point;
		}
	}
	if (!any)
		return false;
	if (p < end && (*p == 'e' || *p == 'E')) {
		bool minus = ++p < end && *p == '-';
		int64_t e = 0;

		if (p < end && (*p == '-' || *p == '+'))
			p++;
		if (!digit(p, end))
			return false;
		for (; digit(p, end); p++)
			if (e < 1000000000)
				e = e * 10 + (*p - '0');
		exponent += minus ? -e : e;
	}
	if (p != end)
		return false;
	for (; exponent < 0 && (v || half); exponent++) {
		half = v % 10 >= 5;
		v /= 10;
	}
	v += half;
	for (; exponent > 0 && v; exponent--) {
		if (v > UINT64_MAX / 10 - full)
			return false;
		v *= 10;
	}
	*out = v;
	return true;
}

/* The length of the character at p if it is valid (RFC 3629), else 0 and in *bad how many bytes one
 * U+FFFD stands for. */
static unsigned utf8_char(const unsigned char *p, size_t n, unsigned *bad)
{
	unsigned more, lo = 0x80, hi = 0xbf, i;

	*bad = 1;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	more = p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	for (i = 1; i <= more; i++, lo = 0x80, hi = 0xbf)
		if (i >= n || p[i] < lo || p[i] > hi) {
			*bad = i;
			return 0;
		}
	return more + 1;
}

/* Stands for itself in a string: not a control, a quote, a backslash, < > & or beyond ASCII. */
static bool is_plain(unsigned char c)
{
	static const uint64_t odd[2] = {
		UINT64_C(0xffffffff) | UINT64_C(1) << '"' | UINT64_C(1) << '&' |
			UINT64_C(1) << '<' | UINT64_C(1) << '>',
		UINT64_C(1) << ('\\' - 64) | UINT64_C(1) << (0x7f - 64),
	};

	return c < 0x80 && !(odd[c / 64] >> (c % 64) & 1);
}

void json_put(struct buf *b, struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n, *from = p;

	buf_ch(b, '"');
	for (;;) {
		const char *instead = NULL;
		unsigned n = 1, bad;
		char code[8] = "\\u00";

		while (p < end && is_plain(*p))
			p++;
		if (p == end)
			break;
		if (*p < 0x20 || *p == 0x7f || *p == '<' || *p == '>' || *p == '&') {
			code[4] = "0123456789abcdef"[*p >> 4];
			code[5] = "0123456789abcdef"[*p & 15];
			instead = code;
		} else if (*p == '"') {
			instead = "\\\"";
		} else if (*p == '\\') {
			instead = "\\\\";
		} else if (*p >= 0x80) {
			n = utf8_char(p, (size_t)(end - p), &bad);
			if (n == 0) {
				n = bad;
				instead = "\xef\xbf\xbd";
			} else if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) { /* C1 controls */
				code[4] = "0123456789abcdef"[p[1] >> 4];
				code[5] = "0123456789abcdef"[p[1] & 15];
				instead = code;
			} else if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] & 0xfe) == 0xa8) {
				instead = p[2] & 1 ? "\\u2029" : "\\u2028";
			}
		}
		if (instead) {
			buf_add(b, from, (size_t)(p - from));
			buf_c(b, instead);
			from = p + n;
		}
		p += n;
	}
	buf_add(b, from, (size_t)(p - from));
	buf_ch(b, '"');
}
