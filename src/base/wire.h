/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cursor over bytes that somebody else wrote. What would step outside sets `bad` and gives zeros
 * from then on, so that a decoder reads on in a straight line and asks once, at the end. Nothing is
 * copied; unaligned reads are fine.
 */
#ifndef NEZUMI_BASE_WIRE_H
#define NEZUMI_BASE_WIRE_H

#include "base/str.h"

#include <endian.h>

struct wire {
	const unsigned char *p, *end;
	bool bad; /* something was asked for that is not there; stays set */
};

static inline struct wire wire_of(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	return (struct wire){ p, p ? p + s.n : p, false };
}

static inline size_t wire_left(const struct wire *w)
{
	return (size_t)(w->end - w->p);
}

/* The next n bytes, or NULL (and bad) when there are fewer. */
static inline const unsigned char *wire_take(struct wire *w, size_t n)
{
	const unsigned char *p = w->p;

	if (n > wire_left(w)) {
		w->bad = true;
		w->p = w->end;
		return NULL;
	}
	w->p += n;
	return p;
}

static inline void wire_skip(struct wire *w, size_t n)
{
	(void)wire_take(w, n);
}

/* The next n bytes as a slice; an empty one (and bad) when there are fewer. */
static inline struct str wire_str(struct wire *w, size_t n)
{
	const unsigned char *p = wire_take(w, n);

	return p ? (struct str){ (const char *)p, n } : STR_NONE;
}

/* A cursor of its own over the next n bytes; when there are fewer both are bad. */
static inline struct wire wire_sub(struct wire *w, size_t n)
{
	const unsigned char *p = wire_take(w, n);

	return p ? (struct wire){ p, p + n, false } : (struct wire){ w->end, w->end, true };
}

static inline uint8_t wire_u8(struct wire *w)
{
	const unsigned char *p = wire_take(w, 1);

	return p ? *p : 0;
}

#define WIRE_READER(name, type, swap)                                \
	static inline type name(struct wire *w)                      \
	{                                                            \
		const unsigned char *p = wire_take(w, sizeof(type)); \
		type v = 0;                                          \
                                                                     \
		if (p)                                               \
			memcpy(&v, p, sizeof v);                     \
		return swap(v);                                      \
	}
/* In network byte order, and in that of most disks. */
WIRE_READER(wire_be16, uint16_t, be16toh)
WIRE_READER(wire_be32, uint32_t, be32toh)
WIRE_READER(wire_be64, uint64_t, be64toh)
WIRE_READER(wire_le16, uint16_t, le16toh)
WIRE_READER(wire_le32, uint32_t, le32toh)
WIRE_READER(wire_le64, uint64_t, le64toh)
#undef WIRE_READER

/* An unsigned number of 1 to 8 bytes in network byte order (RFC 7011 6.2); longer ones are bad. */
static inline uint64_t wire_uint(struct wire *w, size_t n)
{
	const unsigned char *p = n <= 8 ? wire_take(w, n) : NULL;
	uint64_t v = 0;

	w->bad |= n > 8;
	for (size_t i = 0; p && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

#endif
