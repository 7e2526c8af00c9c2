/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of nfdump (nfcapd, nfpcapd, sfcapd, nfanon) in the layouts 1 (1.6) and 2 (1.7): a head,
 * then blocks that state their size and how many records they hold, each compressed by itself. The
 * byte order is that of the machine that wrote the file; only little-endian ones are read.
 *
 * A block that is damaged is lost, as far as it cannot be read, and told; what follows is found
 * again where something looks like the head of a block with another one (or the end) behind it.
 */
#include "format/nfcapd.h"

#include "base/wire.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <zstd.h>

#define MAGIC 0xa50c

enum {
	HEAD_1 = 140 + 136, /* with the sums that follow it */
	HEAD_2 = 40,
	BLOCK_HEAD = 12,
	/* nfdump itself reads no more than 5 MiB. Of a block packed or not. */
	BLOCK_MAX = 8 << 20,
	/* Where too much came of them already, less of each is believed. */
	TIGHT_RATIO = 64,
	TIGHT_FREE = 1 << 12,
	/* A block, and the head of the next one. */
	UNIT_MAX = BLOCK_MAX + 2 * BLOCK_HEAD,
	/* What a packed byte may become, beyond the first bytes: flows that differ in their times
	 * alone come nowhere near. */
	RATIO_MAX = 4096,
	RATIO_FREE = 1 << 16,
	/* Of many blocks together less is believed: this for each packed byte, and so many bytes
	 * beyond that. */
	ALL_RATIO_MAX = 256,
	ALL_FREE = 64 << 20,
	/* So often it is looked for blocks within a packed one that is damaged: each time may cost
	 * as much as a whole block, and the bytes that pay for it are few. */
	LOOKS_MAX = 64,
	/* Behind the last block nfdump leaves parts of older appendices. */
	REMNANT_MAX = 1024,
};

enum packing { PLAIN, LZO, BZIP2, LZ4, ZSTD, PACKINGS };

static const char *const packing_names[PACKINGS] = { "plain", "LZO", "bzip2", "LZ4", "zstd" };

/* Types of blocks. Of layout 1 type 3 are histograms; of layout 2 type 4 are tables of places. */
enum { BLOCK_1_5 = 1, BLOCK_1_6, BLOCK_1_7, BLOCK_ARRAY, BLOCK_TYPES };

enum { UNPACKED = 1 }; /* of the flags of a block of layout 2 */

/* Bytes that are no block where one should be. */
struct gap {
	bool open;
	bool beyond; /* all blocks that were promised had been there */
	uint64_t from;
};

struct stream {
	enum { AT_HEAD, AT_BLOCK, SEEKING, DONE } state;
	unsigned layout;
	enum packing packing;
	uint64_t at;                    /* in the file, of what feed() gets */
	uint64_t blocks, blocks_stated; /* read; as the head says, 0 while it is being written */
	unsigned looks;
	bool another; /* head than the first was met */
	struct gap gap;
	struct nfcapd_maps maps;
	char *unpacked;
	size_t unpacked_room;
	uint64_t debt; /* bytes that blocks became beyond ALL_RATIO_MAX, less where others did not */
	ZSTD_DCtx *zstd;
};

struct block {
	uint32_t records, size;
	unsigned type, flags;
};

static struct block block_head(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (struct block){ nfcapd_u32(u), nfcapd_u32(u + 4), nfcapd_u16(u + 8), nfcapd_u16(u + 10) };
}

/* Can the next block be found by it? */
static bool sized(const struct block *b)
{
	return b->size && b->size <= BLOCK_MAX;
}

/* Is it as nfdump writes them, in all it says? */
static bool sane(const struct block *b)
{
	return sized(b) && b->records && b->records <= BLOCK_MAX / 4 && b->type >= BLOCK_1_5 &&
	       b->type < BLOCK_TYPES && b->flags < 8;
}

/* A thing wrong that is no record's counts as one. */
#define TELL(sink, ...) (sink_line(sink), sink_bad(sink, __VA_ARGS__))

/* ---- the head of the file ------------------------------------------------------------------------*/

static int sniff(const struct sample *s)
{
	const unsigned char *p = (const unsigned char *)s->head.p;

	if (s->head.n < 4)
		return 0;
	/* Others are recognised, so that they can be refused by name. */
	if (nfcapd_u16(p) == MAGIC)
		return nfcapd_u16(p + 2) >= 1 && nfcapd_u16(p + 2) <= 3 ? 100 : 0;
	return p[0] == MAGIC >> 8 && p[1] == (MAGIC & 0xff) && p[2] == 0 && p[3] >= 1 && p[3] <= 3
		       ? 100
		       : 0;
}

static bool is_head(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return nfcapd_u16(u) == MAGIC && (nfcapd_u16(u + 2) == 1 || nfcapd_u16(u + 2) == 2);
}

/* The bytes of the head, or 0 when the file cannot be read, and why. */
static size_t file_head(struct stream *st, struct str have, struct errinfo *ei)
{
	struct wire w = wire_of(have);
	unsigned magic = wire_le16(&w), encrypted = 0, packing = PLAIN;
	const char *why = NULL;

	st->layout = wire_le16(&w);
	if (w.bad || magic != MAGIC) {
		(void)err_set(ei, ERR_FORMAT, "%s",
			      magic == (MAGIC >> 8 | (MAGIC & 0xff) << 8)
				      ? "written by a machine of the other byte order; let nfdump "
					"there export it"
				      : "no file of nfdump");
		return 0;
	}
	if (st->layout == 1) {
		uint32_t flags = wire_le32(&w);

		st->blocks_stated = wire_le32(&w);
		wire_skip(&w, HEAD_1 - 12);
		packing = flags & 1 ? LZO : flags & 8 ? BZIP2 : flags & 16 ? LZ4 : PLAIN;
	} else if (st->layout == 2) {
		wire_skip(&w, 12); /* version of the program, time */
		packing = wire_u8(&w);
		encrypted = wire_u8(&w);
		st->blocks_stated = wire_le16(&w); /* of the appendix */
		wire_skip(&w, 16);
		st->blocks_stated += wire_le32(&w);
	} else {
		(void)err_set(ei, ERR_FORMAT, "layout %u of nfdump is not read, only 1 and 2 are",
			      st->layout);
		return 0;
	}
	st->packing = packing < PACKINGS ? (enum packing)packing : PLAIN;
	if (w.bad)
		why = "the file ends in its head";
	else if (encrypted)
		why = "the file is encrypted";
	else if (packing >= PACKINGS)
		why = "a compression that is not known";
	else if (packing == LZO && lzo_init() != LZO_E_OK)
		why = "the library for LZO does not work";
	if (why)
		(void)err_set(ei, ERR_FORMAT, "%s", why);
	return why ? 0 : have.n - wire_left(&w);
}

/* ---- blocks --------------------------------------------------------------------------------------*/

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool tight(const struct stream *st)
{
	return st->debt > ALL_FREE;
}

static bool unpack(struct stream *st, enum packing packing, struct str in, struct str *out)
{
	const unsigned char *from = (const unsigned char *)in.p;
	size_t room = tight(st) ? TIGHT_FREE + in.n * TIGHT_RATIO : RATIO_FREE + in.n * RATIO_MAX;
	size_t n = 0;
	bool ok = false;

	room = room < BLOCK_MAX ? room : BLOCK_MAX;
	if (room > st->unpacked_room) {
		free(st->unpacked);
		st->unpacked = malloc(room);
		st->unpacked_room = st->unpacked ? room : 0;
	}
	if (!st->unpacked)
		return false;
	switch (packing) {
	case LZO: {
		lzo_uint m = room;

		ok = lzo1x_decompress_safe(from, in.n, (unsigned char *)st->unpacked, &m, NULL) ==
		     LZO_E_OK;
		n = m;
		break;
	}
	case BZIP2: {
		unsigned m = (unsigned)room;
		/* Its face knows no const; it does not write there. */
		union {
			const char *in;
			char *p;
		} u = { in.p };

		ok = BZ2_bzBuffToBuffDecompress(st->unpacked, &m, u.p, (unsigned)in.n, 0, 0) == BZ_OK;
		n = m;
		break;
	}
	case LZ4: {
		int m = LZ4_decompress_safe(in.p, st->unpacked, (int)in.n, (int)room);

		ok = m >= 0;
		n = ok ? (size_t)m : 0;
		break;
	}
	case ZSTD:
		if (!st->zstd)
			st->zstd = ZSTD_createDCtx();
		n = st->zstd ? ZSTD_decompressDCtx(st->zstd, st->unpacked, room, in.p, in.n) : 0;
		ok = st->zstd && !ZSTD_isError(n);
		break;
	default:
		break;
	}
	/* How far one came that cannot be unpacked is not known. */
	st->debt += ok ? n : room;
	st->debt -= least(st->debt, in.n * ALL_RATIO_MAX);
	*out = (struct str){ st->unpacked, n };
	return ok && n > 0;
}

/* Does a block begin here, and another one (or the end) follow it? */
static bool begins(const struct stream *st, struct str have)
{
	struct block b, next;
	size_t end;

	if (have.n < BLOCK_HEAD)
		return false;
	b = block_head(have.p);
	end = BLOCK_HEAD + (size_t)b.size;
	if (!sane(&b) || end > have.n || (st->packing == PLAIN && b.records > b.size / 4))
		return false;
	if (end == have.n)
		return true;
	if (have.n - end < BLOCK_HEAD)
		return false;
	next = block_head(have.p + end);
	return sane(&next);
}

/* Bytes up to where the next block begins, as far as that can be told. */
static size_t seek(struct stream *st, struct str have, bool ended)
{
	size_t i = 0;

	for (; i < have.n && (ended || have.n - i >= UNIT_MAX); i++) {
		/* Most places are dismissed by this. */
		if (have.n - i >= BLOCK_HEAD && (unsigned char)(have.p[i + 8] - 1) >= BLOCK_TYPES - 1)
			continue;
		if (begins(st, str_skip(have, i))) {
			st->state = AT_BLOCK;
			break;
		}
	}
	return i;
}

/* The records of a block, of which `there` bytes are in the file. The bytes that were understood. */
static size_t read_block(struct stream *st, const struct block *b, struct str there, struct sink *sink)
{
	bool packed = st->packing != PLAIN &&
		      !(st->layout == 2 && b->type >= BLOCK_1_7 && b->flags & UNPACKED);
	unsigned long long number = st->blocks;
	bool bounded = tight(st);
	struct nfcapd_walk walk;
	struct str records = there;

	switch (b->type) {
	case BLOCK_1_5:
		TELL(sink, "block %llu: of nfdump 1.5, which is not read", number);
		return there.n;
	case BLOCK_1_6:
		break;
	case BLOCK_1_7:
		if (st->layout == 1)
			return there.n;
		break;
	case BLOCK_ARRAY:
		return there.n;
	default:
		TELL(sink, "block %llu: of type %u, which is not known", number, b->type);
		return 0;
	}
	if (packed && (there.n < b->size || !unpack(st, st->packing, there, &records))) {
		if (there.n == b->size && bounded)
			TELL(sink,
			     "block %llu: the blocks of this file become more than flows do; up to %u records lost",
			     number, b->records);
		else
			TELL(sink,
			     "block %llu: %s of %u bytes that cannot be decompressed; up to %u records lost",
			     number, packing_names[st->packing], b->size, b->records);
		return there.n == b->size && bounded ? there.n : 0;
	}
	nfcapd_records(records, &st->maps, sink, &walk);
	if (walk.good < records.n && (packed || there.n == b->size))
		TELL(sink,
		     "block %llu: record %llu of %u bytes where %zu are left; %u records were promised",
		     number, walk.records + 1ULL, walk.size, records.n - walk.good, b->records);
	else if (walk.records != b->records && there.n == b->size)
		TELL(sink, "block %llu: %u records were promised, there are %u", number, b->records,
		     walk.records);
	if (there.n < b->size)
		TELL(sink, "block %llu: %zu of its %u bytes are there, %u of %u records", number,
		     there.n, b->size, walk.records, b->records);
	return packed ? there.n : walk.good;
}

/* One block, or what is there in place of one. 0: more must be seen, unless another state says why. */
static size_t block(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	struct block b = { .size = 0 }, next = b;
	struct str there, behind;
	size_t good;
	bool beyond;

	if (have.n >= BLOCK_HEAD)
		b = block_head(have.p);
	else if (!ended)
		return 0;
	if (have.n >= 4 && is_head(have.p)) {
		st->state = AT_HEAD;
		return 0;
	}
	beyond = st->blocks_stated && st->blocks >= st->blocks_stated;
	if (!(beyond ? sane(&b) : sized(&b))) {
		st->gap = (struct gap){ true, beyond, st->at };
		st->state = SEEKING;
		return 0;
	}
	there = str_head(str_skip(have, BLOCK_HEAD), b.size);
	behind = str_skip(have, BLOCK_HEAD + there.n);
	if (!ended && (there.n < b.size || behind.n < BLOCK_HEAD))
		return 0;
	st->blocks++;
	good = read_block(st, &b, there, sink);
	if (good == b.size)
		return BLOCK_HEAD + good;
	/* Not all is well with it, its size perhaps. */
	if (behind.n >= BLOCK_HEAD)
		next = block_head(behind.p);
	if (sane(&next) || (!behind.n && there.n == b.size))
		return BLOCK_HEAD + there.n;
	st->state = SEEKING;
	if (good < there.n && st->packing != PLAIN && ++st->looks > LOOKS_MAX)
		good = there.n;
	return BLOCK_HEAD + good;
}

static void end_gap(struct stream *st, struct sink *sink)
{
	unsigned long long n = st->at - st->gap.from;

	if (st->gap.open && !(st->gap.beyond && n <= REMNANT_MAX))
		TELL(sink, "%llu bytes at %llu that are no block", n, (unsigned long long)st->gap.from);
	st->gap.open = false;
}

static void count_blocks(struct stream *st, struct sink *sink)
{
	if (st->blocks < st->blocks_stated)
		TELL(sink, "%llu blocks were promised, there are %llu",
		     (unsigned long long)st->blocks_stated, (unsigned long long)st->blocks);
}

/*
 * The first head, or another: files may be joined end to end, and nfdump 1.7.1 writes the head anew
 * behind the last block when it changes the name in a file. How many blocks such a one promises
 * says nothing.
 */
static size_t head(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	bool first = st->at == 0;
	struct errinfo ei;
	size_t n;

	if (have.n < HEAD_1 && !ended)
		return 0;
	if (!first)
		count_blocks(st, sink);
	n = file_head(st, have, &ei);
	if (!n)
		TELL(sink, "%s", ei.msg);
	if (!first)
		st->blocks_stated = 0;
	st->another |= !first;
	st->state = n ? AT_BLOCK : DONE;
	return n;
}

static size_t feed(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	size_t at = 0;

	while (at < have.n && st->state != DONE) {
		struct str rest = str_skip(have, at);
		unsigned state = st->state;
		size_t n;

		n = state == AT_HEAD   ? head(st, rest, ended, sink)
		    : state == SEEKING ? seek(st, rest, ended)
				       : block(st, rest, ended, sink);
		at += n;
		st->at += n;
		if (n == 0 && st->state == state)
			break;
		if (state == SEEKING && st->state == AT_BLOCK)
			end_gap(st, sink);
	}
	if (ended && st->state != DONE) {
		end_gap(st, sink);
		count_blocks(st, sink);
		st->state = DONE;
	}
	return at;
}

/* ---- from the middle -----------------------------------------------------------------------------*/

/* In layout 1 what records mean is told by others before them. */
static size_t first_block(struct str sample)
{
	struct stream st = { .layout = 0 };
	size_t n = file_head(&st, sample, NULL);

	return st.layout == 2 ? n : 0;
}

static size_t block_size(struct str head)
{
	struct block b = block_head(head.p);

	/* What records of 1.6 mean is told by others, perhaps in blocks before them. */
	return sane(&b) && b.type != BLOCK_1_6 && !is_head(head.p) ? BLOCK_HEAD + (size_t)b.size : 0;
}

static void resume(struct stream *st, struct str file, const struct block_place *from)
{
	st->state = file_head(st, file, NULL) ? AT_BLOCK : DONE;
	st->at = from->at;
	st->blocks = from->blocks;
	st->looks = (unsigned)from->looks;
	st->debt = from->debt;
}

static bool place(const struct stream *st, struct block_place *out)
{
	*out = (struct block_place){ st->at, st->blocks, st->looks, st->debt };
	/* Whoever has met maps, or another head, reads on to the end. */
	return st->state == AT_BLOCK && !st->another && !nfcapd_any_map(&st->maps);
}

static const struct blocks blocks = {
	.head = BLOCK_HEAD, .first = first_block, .size = block_size, .resume = resume, .place = place
};

static void close_stream(struct stream *st)
{
	if (!st)
		return;
	ZSTD_freeDCtx(st->zstd);
	free(st->unpacked);
	for (size_t i = 0; i < sizeof st->maps.page / sizeof st->maps.page[0]; i++)
		free(st->maps.page[i]);
	free(st);
}

static enum err open_stream(const struct reader_hints *h, struct stream **out)
{
	struct stream *st = calloc(1, sizeof *st);

	(void)h;
	if (!st)
		return ERR_NOMEM;
	*out = st;
	return ERR_OK;
}

const struct reader reader_nfcapd = {
	.name = "nfcapd",
	.title = "flows as nfdump keeps them (nfcapd 1.6 and 1.7, with any compression)",
	.reads = READS_RECORDS,
	.frame = FRAME_STREAM,
	.kinds = KIND_BIT(KIND_FLOW),
	.sniff = sniff,
	.unit_max = UNIT_MAX,
	.open = open_stream,
	.feed = feed,
	.close = close_stream,
	.blocks = &blocks,
};
