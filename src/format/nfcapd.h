/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records inside a block of an nfdump file, decompressed: a row of records each of which states
 * its own size, so that kinds nobody here knows are stepped over. Flows come in two forms that may
 * be mixed: of nfdump 1.6 (types 1 and 10: fixed fields, then extensions in the order that a map
 * record names) and of 1.7 (type 11: a list of elements that state their lengths). Tens of millions
 * a second pass through here: nothing is copied, and a flow that is near nothing is
 * looked at no further than its addresses and times.
 *
 * All numbers are little-endian: files keep the byte order of the machine that wrote them, and
 * those of other machines are refused before. Thread: one for each file.
 */
#ifndef NEZUMI_FORMAT_NFCAPD_H
#define NEZUMI_FORMAT_NFCAPD_H

#include "format/reader.h"

#include <endian.h>

/* What a map says of the extensions of a record: where they lie, from the first of them. */
struct nfcapd_map {
	uint8_t state;           /* NFCAPD_MAP_ABSENT until it was seen */
	uint8_t packets, octets; /* sizes of the counters of the way back: 0, 4 or 8 */
	bool event;
	uint32_t packets_at, octets_at, event_at; /* that of an event begins with its time */
};

enum { NFCAPD_MAP_ABSENT, NFCAPD_MAP_READ, NFCAPD_MAP_UNKNOWN };

/* By number: a file uses few of them, so that there is room for those alone. All NULL at first; to
 * be freed by the owner. */
#define NFCAPD_PAGE 256
struct nfcapd_maps {
	struct nfcapd_map *page[65536 / NFCAPD_PAGE];
};

static inline bool nfcapd_any_map(const struct nfcapd_maps *maps)
{
	for (size_t i = 0; i < sizeof maps->page / sizeof maps->page[0]; i++)
		if (maps->page[i])
			return true;
	return false;
}

/* Read such a record. What is wrong with it is told; it begins a line only then. */
void nfcapd_read_map(const unsigned char *p, size_t size, struct nfcapd_maps *maps, struct sink *sink);

struct nfcapd_walk {
	uint32_t records; /* of all kinds */
	size_t good;      /* bytes up to the end of the last whole record */
	uint32_t size;    /* where that is not the end of the block: the size that the record behind
			     it states; 0 when not even that is there */
};

/* Hand over what the block holds; records that cannot be read are told to the sink. A record whose
 * size cannot be ends the walk, and the caller tells. */
void nfcapd_records(struct str block, struct nfcapd_maps *maps, struct sink *sink,
		    struct nfcapd_walk *out);

static inline uint16_t nfcapd_u16(const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return le16toh(v);
}

static inline uint32_t nfcapd_u32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return le32toh(v);
}

static inline uint64_t nfcapd_u64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

#endif
