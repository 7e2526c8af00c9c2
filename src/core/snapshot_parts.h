/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the snapshot: how its block is laid out, which is also the format of its file (*.nzs), and
 * what is gathered before. snapshot.c looks up in a block, snapshot_file.c finds and checks its
 * parts, snapshot_stage.c gathers, snapshot_build.c writes it.
 *
 * The block: struct snapshot_header, then the sections in the order of their numbers, each aligned
 * to 64 bytes, zeros between. All numbers are in this machine's byte order; places are counted from
 * the start of their section.
 */
#ifndef NEZUMI_CORE_SNAPSHOT_PARTS_H
#define NEZUMI_CORE_SNAPSHOT_PARTS_H

#include "base/buf.h"
#include "core/snapshot.h"

enum section {
	SEC_NEAR, /* the words of the v4, v6 and wide bits */
	SEC_V4,   /* uint32_t keys, sorted */
	SEC_V4_INDEX,
	SEC_V4_FILTER, /* a bit for each hash of a key */
	SEC_V6,        /* struct ip, sorted */
	SEC_V6_SLOT,
	SEC_NETS,
	SEC_LPM, /* as many as lpm has parts */
	SEC_DOMAINS = SEC_LPM + LPM_PARTS,
	SEC_NAMESET, /* as many as nameset has parts; the last is the text of all domains */
	SEC_URLS = SEC_NAMESET + NAMESET_PARTS,
	SEC_URL_TEXT,
	SEC_URL_SLOT,
	SEC_ROW,
	SEC_ATTRIBUTES,
	SEC_TEXT,
	SEC_OTHERS,
	SEC_WITHHELD,
	SECTIONS
};

#define SNAPSHOT_VERSION 1u
#define SNAPSHOT_ORDER   0x0a0b0c0du
#define SECTION_ALIGN    64u

struct snapshot_header {
	char magic[8];
	uint32_t version, order;
	uint64_t bytes; /* of the file */
	uint64_t sum;
	uint64_t unused[4];
	/* From here on everything is summed. */
	uint64_t table_seed, distinct, records, digest;
	struct {
		uint64_t at, n; /* bytes, from the start of the file */
	} section[SECTIONS];
};
_Static_assert(offsetof(struct snapshot_header, table_seed) == SNAPSHOT_SUMMED, "see snapshot.h");
_Static_assert(sizeof(struct attribute) == 32, "part of the file's format");

struct snapshot_net {
	struct ip ip;
	uint32_t first, n; /* rows */
	uint32_t parent;   /* the next larger listed one that holds it; UINT32_MAX none */
	uint32_t len;
};

/* A distinct domain or URL: its text and rows end where those of the next begin; one more stands
 * behind the last. */
struct snapshot_name {
	uint32_t at, first;
};

/* An indicator that is only kept. */
struct snapshot_other {
	struct ip ip;
	uint32_t value; /* text */
	uint32_t attribute;
	uint32_t type, len;
};

struct snapshot_withheld {
	uint32_t text[4];
};

/* The bits of struct near, one after the other; in words. */
enum {
	V4_WORDS = 1 << (NEAR_V4_BITS - 6),
	V6_WORDS = 1 << (NEAR_V6_BITS - 6),
	WIDE_WORDS = 1 << (NEAR_WIDE_BITS - 6),
	NEAR_WORDS = V4_WORDS + V6_WORDS + WIDE_WORDS,
};

/* What an attribute says, without a value. */
void attribute_tell(struct part text, const struct attribute *a, struct indicator *out);

/* Where a hash begins to look in a table of n slots. */
static inline size_t slot_of(uint64_t hash, size_t n)
{
	return (size_t)((unsigned __int128)hash * n >> 64);
}
static inline size_t slot_next(size_t at, size_t n)
{
	return at + 1 == n ? 0 : at + 1;
}

/* ---- gathering ---- */

struct stage_net {
	struct ip ip;
	uint32_t attribute;
	unsigned char len;
};

struct stage_name {
	uint64_t begin; /* the first eight bytes, to compare by */
	uint32_t at;    /* in stage.values, behind its length */
	uint32_t attribute;
};

struct snapshot_stage {
	VEC(uint64_t) v4; /* address << 32 | attribute */
	VEC(struct stage_net) v6, nets;
	VEC(struct stage_name) domains, urls;
	VEC(struct attribute) attributes;
	VEC(struct snapshot_other) others;
	VEC(struct snapshot_withheld) withheld;
	struct buf values;                    /* texts of domains and URLs */
	struct buf text;                      /* all others */
	uint32_t *attribute_slot, *text_slot; /* open addressing: index + 1, place + 1 */
	size_t attribute_mask, text_mask, texts;
	uint32_t last; /* the attribute used last */
	bool sorted, revoked;
};

MUST enum err stage_sort(struct snapshot_stage *g);
void stage_free(struct snapshot_stage *g);
/* A text behind its length; empty for a place that has none. */
struct str text_at(struct part text, uint32_t at);

/* Find the sections of a block and point into it. Their places and sizes are believed. ERR_PARSE:
 * what is in them is not. */
MUST enum err snapshot_view(struct snapshot *s, struct part block);

#endif
