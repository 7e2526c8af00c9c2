/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha.h"

static inline uint32_t rol(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static inline uint32_t ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static inline uint32_t load(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store(unsigned char *out, const uint32_t *h, int n)
{
	for (int i = 0; i < n; i++)
		for (int k = 0; k < 4; k++)
			out[4 * i + k] = (unsigned char)(h[i] >> (24 - 8 * k));
}

static void sha1_block(uint32_t *h, const unsigned char *p)
{
	static const uint32_t key[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	for (int i = 0; i < 16; i++)
		w[i] = load(p + 4 * i);
	for (int i = 16; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		int part = i / 20;
		uint32_t f = part == 0   ? (b & c) | (~b & d)
			     : part == 2 ? (b & c) | (b & d) | (c & d)
					 : b ^ c ^ d;
		uint32_t t = rol(a, 5) + f + e + key[part] + w[i];

		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

static void sha256_block(uint32_t *h, const unsigned char *p)
{
	static const uint32_t key[64] = {
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
		0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
		0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
		0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
		0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
		0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
		0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
		0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
		0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
		0xc67178f2,
	};
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = load(p + 4 * i);
	for (int i = 16; i < 64; i++) {
		uint32_t s0 = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
		uint32_t s1 = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	memcpy(v, h, sizeof v);
	for (int i = 0; i < 64; i++) {
		uint32_t s1 = ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25);
		uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + key[i] + w[i];
		uint32_t s0 = ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22);
		uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

/* Both pad alike: a one bit, zeros, the length in bits as 64 bits. */
static void blocks(uint32_t *h, struct str s, void (*block)(uint32_t *, const unsigned char *))
{
	unsigned char tail[128] = { 0 };
	uint64_t bits = (uint64_t)s.n * 8;
	size_t n;

	for (; s.n >= 64; s = str_skip(s, 64))
		block(h, (const unsigned char *)s.p);
	if (s.n)
		memcpy(tail, s.p, s.n);
	tail[s.n] = 0x80;
	n = s.n < 56 ? 64 : 128;
	for (size_t i = 0; i < 8; i++)
		tail[n - 1 - i] = (unsigned char)(bits >> (8 * i));
	for (size_t at = 0; at < n; at += 64)
		block(h, tail + at);
}

void sha1(struct str s, unsigned char out[20])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };

	blocks(h, s, sha1_block);
	store(out, h, 5);
}

void sha256(struct str s, unsigned char out[32])
{
	uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	blocks(h, s, sha256_block);
	store(out, h, 8);
}

void uuid5(struct buf *b, const unsigned char namespace[16], struct str name)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char hash[20];
	struct buf all;

	buf_init(&all, 0);
	buf_add(&all, namespace, 16);
	buf_puts(&all, name);
	sha1(buf_str(&all), hash);
	if (buf_err(&all))
		b->err = buf_err(&all);
	buf_free(&all);
	hash[6] = (hash[6] & 0x0f) | 0x50;
	hash[8] = (hash[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			buf_ch(b, '-');
		buf_ch(b, hex[hash[i] >> 4]);
		buf_ch(b, hex[hash[i] & 15]);
	}
}

void base64(struct buf *b, struct str s)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t x = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
			     (left > 2 ? p[i + 2] : 0);
		char out[4] = { digit[x >> 18], digit[x >> 12 & 63],
				left > 1 ? digit[x >> 6 & 63] : '=', left > 2 ? digit[x & 63] : '=' };

		buf_add(b, out, 4);
	}
}
