/* SPDX-License-Identifier: Apache-2.0 */
/* Between source.c (files, what is peeked at, kept and read) and source_unpack.c (what undoes
 * packing). */
#ifndef NEZUMI_BASE_SOURCE_PARTS_H
#define NEZUMI_BASE_SOURCE_PARTS_H

#include "base/file.h"
#include "base/utf16.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

enum { WIDE_MAX = 64 << 10 }; /* bytes of UTF-16 at once */

struct codec;

struct source {
	int fd;
	bool raw_end; /* the file has no more bytes */
	const struct codec *codec;
	unsigned char *raw; /* bytes as they are in the file: [raw_at, raw_n) not yet used */
	size_t raw_at, raw_n, raw_room;
	bool raw_all; /* raw begins with the first byte: nothing was read of what cannot be again */
	char *head;   /* bytes that were peeked: [head_at, head_n) not yet taken */
	size_t head_at, head_n;
	bool finished;     /* nothing more will come */
	enum err head_err; /* what ended the peek early, told when the head was taken */
	struct errinfo head_ei;
	struct inflate_state *gz;
	bool gz_open; /* inside a member, behind its header */
	ZSTD_DStream *zs;
	bool zs_open;                /* inside a frame */
	struct wide *wide;           /* what comes out of the file is in UTF-16 */
	const struct codec *with_cr; /* what comes out of it ends lines with CR alone */
};

/* How to turn raw bytes into bytes: one each for nothing, gzip and zstd. */
struct codec {
	enum err (*read)(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei);
};

/* On the way from UTF-16: what comes is put in as it is, and taken out as UTF-8. */
struct wide {
	const struct codec *inner;
	struct utf16 state;
	char in[WIDE_MAX], out[UTF16_ROOM(WIDE_MAX)];
	size_t at, n; /* of out: [at, n) not yet taken */
	bool ended;
};

extern const struct codec source_gzip, source_zstd;
bool source_is_gzip(struct str head);

/* Have raw bytes that are not used, unless the file has ended. */
MUST enum err source_fill(struct source *s, struct errinfo *ei);

#endif
