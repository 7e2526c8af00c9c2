/* SPDX-License-Identifier: Apache-2.0 */
/* gzip and zstd, from raw bytes to bytes; all that came before damage is delivered. */
#include "base/source_parts.h"

enum { ZSTD_STEP = 8 << 10 };

bool source_is_gzip(struct str head)
{
	return str_starts(head, STR("\x1f\x8b\x08"));
}

/* A frame, or a skippable frame that some tools write first (RFC 8878 3.1.2). */
static bool is_zstd(struct str head)
{
	return str_starts(head, STR("\x28\xb5\x2f\xfd")) ||
	       (head.n >= 4 && (head.p[0] & 0xf0) == 0x50 &&
		str_starts(str_skip(head, 1), STR("\x2a\x4d\x18")));
}

bool source_is_packed(struct str head)
{
	return source_is_gzip(head) || is_zstd(head);
}

/* A byte; ERR_PARSE where the file ends. */
static enum err raw_byte(struct source *s, unsigned *out, struct errinfo *ei)
{
	enum err e = source_fill(s, ei);

	if (e)
		return e;
	if (s->raw_at == s->raw_n)
		return err_set(ei, ERR_PARSE, "the gzip stream ends early");
	*out = s->raw[s->raw_at++];
	return ERR_OK;
}

static enum err raw_skip(struct source *s, size_t n, struct errinfo *ei)
{
	unsigned byte;
	enum err e = ERR_OK;

	while (!e && n--)
		e = raw_byte(s, &byte, ei);
	return e;
}

static enum err raw_skip_text(struct source *s, struct errinfo *ei)
{
	unsigned byte = 1;
	enum err e = ERR_OK;

	while (!e && byte)
		e = raw_byte(s, &byte, ei);
	return e;
}

/*
 * The header of a member (RFC 1952 2.3), of any length: the library reads one right only if it is
 * all there at once. Its own checksum is not verified; what follows has one.
 */
static enum err gzip_header(struct source *s, struct errinfo *ei)
{
	enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16 };
	unsigned byte[4] = { 0 }, low = 0, high = 0;
	enum err e = ERR_OK;

	for (int i = 0; !e && i < 4; i++)
		e = raw_byte(s, &byte[i], ei);
	if (!e && (byte[0] != 0x1f || byte[1] != 0x8b || byte[2] != 8 || byte[3] & 0xe0))
		e = err_set(ei, ERR_PARSE, "the gzip stream is damaged");
	if (!e)
		e = raw_skip(s, 6, ei); /* time, extra flags, operating system */
	if (!e && byte[3] & FEXTRA) {
		e = raw_byte(s, &low, ei);
		if (!e)
			e = raw_byte(s, &high, ei);
		if (!e)
			e = raw_skip(s, low | high << 8, ei);
	}
	if (!e && byte[3] & FNAME)
		e = raw_skip_text(s, ei);
	if (!e && byte[3] & FCOMMENT)
		e = raw_skip_text(s, ei);
	if (!e && byte[3] & FHCRC)
		e = raw_skip(s, 2, ei);
	return e;
}

/* What damages a stream is told when all before it was delivered. */
static enum err damaged(struct source *s, enum err e, size_t delivered, struct errinfo *ei)
{
	s->finished = true;
	s->gz_open = false;
	if (!delivered)
		return e;
	s->head_err = e;
	if (ei)
		s->head_ei = *ei;
	return ERR_OK;
}

/* What the library has taken and not given yet: with little room at a time that is all of a small
 * file. False: there is no more. */
static bool gzip_drain(struct source *s)
{
	struct inflate_state *z = s->gz;
	uint32_t room = z->avail_out;

	z->next_in = s->raw;
	z->avail_in = 0;
	(void)isal_inflate(z);
	if (z->block_state == ISAL_BLOCK_FINISH)
		s->gz_open = false;
	return z->avail_out != room;
}

static enum err gzip_read(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei)
{
	struct inflate_state *z = s->gz;

	z->next_out = (uint8_t *)dst;
	z->avail_out = (uint32_t)(cap < UINT32_MAX ? cap : UINT32_MAX);
	while (z->avail_out) {
		size_t had;
		int r;
		enum err e = source_fill(s, ei);

		*n = (size_t)((char *)z->next_out - dst);
		if (e)
			return e;
		if (s->raw_at == s->raw_n) {
			if (s->gz_open && gzip_drain(s))
				continue;
			*n = (size_t)((char *)z->next_out - dst);
			if (*n == 0 && s->gz_open)
				return err_set(ei, ERR_PARSE, "the gzip stream ends early");
			return ERR_OK;
		}
		if (!s->gz_open) {
			/* The next member; zeros between and behind members are padding. */
			if (s->raw[s->raw_at] == 0) {
				s->raw_at++;
				continue;
			}
			e = gzip_header(s, ei);
			if (e == ERR_PARSE)
				return damaged(s, e, *n, ei);
			if (e)
				return e;
			isal_inflate_reset(z);
			z->crc_flag = ISAL_GZIP_NO_HDR_VER;
			s->gz_open = true;
			continue;
		}
		had = s->raw_n - s->raw_at;
		z->next_in = s->raw + s->raw_at;
		z->avail_in = (uint32_t)had;
		r = isal_inflate(z);
		s->raw_at = s->raw_n - z->avail_in;
		if (r != ISAL_DECOMP_OK && r != ISAL_END_INPUT) {
			*n = (size_t)((char *)z->next_out - dst);
			return damaged(s, err_set(ei, ERR_PARSE, "the gzip stream is damaged"), *n, ei);
		}
		if (z->block_state == ISAL_BLOCK_FINISH)
			s->gz_open = false;
	}
	*n = (size_t)((char *)z->next_out - dst);
	return ERR_OK;
}

static enum err zstd_read(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei)
{
	ZSTD_outBuffer out = { dst, 0, 0 };

	while (out.pos < cap) {
		ZSTD_inBuffer in;
		size_t r, before = out.pos;
		enum err e = source_fill(s, ei);

		*n = out.pos;
		if (e)
			return e;
		in = (ZSTD_inBuffer){ s->raw + s->raw_at, s->raw_n - s->raw_at, 0 };
		if (in.size == 0 && !s->zs_open)
			break;
		/* In small steps: when a call meets damage, what it wrote before is not told. */
		out.size = cap - out.pos < ZSTD_STEP ? cap : out.pos + ZSTD_STEP;
		r = ZSTD_decompressStream(s->zs, &out, &in);
		s->raw_at += in.pos;
		if (ZSTD_isError(r)) {
			s->finished = true;
			(void)err_set(&s->head_ei, ERR_PARSE, "the zstd stream is damaged: %s",
				      ZSTD_getErrorName(r));
			s->head_err = ERR_PARSE;
			break;
		}
		s->zs_open = r != 0;
		if (in.size == 0 && out.pos == before) {
			if (s->zs_open) {
				s->finished = true;
				s->head_err = ERR_PARSE;
				(void)err_set(&s->head_ei, ERR_PARSE, "the zstd stream ends early");
			}
			break;
		}
	}
	*n = out.pos;
	if (*n == 0 && s->head_err) {
		if (ei)
			*ei = s->head_ei;
		return s->head_err;
	}
	return ERR_OK;
}

const struct codec source_gzip = { gzip_read }, source_zstd = { zstd_read };
