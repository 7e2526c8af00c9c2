/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings as slices, by value: a pointer and a length, not owned, not NUL-terminated. Bytes may
 * be anything, NUL included. Everything is ASCII-minded and independent of the locale.
 */
#ifndef NEZUMI_BASE_STR_H
#define NEZUMI_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_NONE ((struct str){ "", 0 })
/* For printf's "%.*s": STR_ARG(s) gives both arguments. */
#define STR_ARG(s) ((s).n > INT32_MAX ? INT32_MAX : (int)(s).n), (s).p

static inline struct str str_of(const char *cstr)
{
	return (struct str){ cstr, strlen(cstr) };
}

static inline struct str str_range(const char *from, const char *to)
{
	return (struct str){ from, (size_t)(to - from) };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *cstr)
{
	return str_eq(a, str_of(cstr));
}

/* Without regard to the case of ASCII letters. */
bool str_ieq(struct str a, struct str b);
bool str_iis(struct str a, const char *cstr);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Total order by bytes, shorter first when one is a prefix of the other: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
/* Without regard to the case of ASCII letters. */
int str_icmp(struct str a, struct str b);
/* str_cmp for qsort of struct str. */
int str_order(const void *a, const void *b);
/* Where needle begins in s, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle);
size_t str_chr(struct str s, char c);
/* Without blanks, tabs, CR and LF around it. */
struct str str_trim(struct str s);
static inline struct str str_skip(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return n ? (struct str){ s.p + n, s.n - n } : s;
}
static inline struct str str_head(struct str s, size_t n)
{
	return n >= s.n ? s : (struct str){ s.p, n };
}

/*
 * Take the part before the first sep from *rest, which then begins after it. False when *rest is
 * used up (its p is NULL); an empty *rest still yields one empty part.
 */
bool str_cut(struct str *rest, char sep, struct str *part);

/* Take one word, blanks and tabs before it passed over; false at the end. */
bool str_word(struct str *rest, struct str *word);

/* Take one line without its LF or CRLF; false at the end. Counts no lines itself. */
bool str_line(struct str *rest, struct str *line);

/* The whole of s as a decimal number, digits only, at most max. */
bool str_u64(struct str s, uint64_t max, uint64_t *out);

/* The whole of s is valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool str_utf8(struct str s);

/* A good 64-bit hash (not against chosen keys unless seed is secret). */
uint64_t str_hash(struct str s, uint64_t seed);

#endif
