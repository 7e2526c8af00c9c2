/* SPDX-License-Identifier: Apache-2.0 */
#include "format/nfcapd.h"

#include <stdlib.h>

#define EXTENSIONS 49

/* The sizes of extensions; 0 are those that no program writes. */
static const uint8_t extensions[EXTENSIONS] = {
	[4] = 4,   [5] = 8,   [6] = 4,   [7] = 8,   [8] = 4,   [9] = 4,  [10] = 16,
	[11] = 4,  [12] = 16, [13] = 4,  [14] = 4,  [15] = 8,  [16] = 4, [17] = 8,
	[18] = 4,  [19] = 8,  [20] = 16, [21] = 16, [22] = 40, [23] = 4, [24] = 16,
	[25] = 4,  [26] = 8,  [27] = 8,  [37] = 20, [38] = 4,  [39] = 8, [40] = 32,
	[41] = 24, [42] = 24, [43] = 72, [45] = 24, [46] = 12, [48] = 8,
};

enum { EX_PACKETS_32 = 14, EX_PACKETS_64, EX_BYTES_32, EX_BYTES_64, EX_EVENT = 37 };

/* Head of the record: type, size, number of the map, bytes of all extensions; then their numbers. A
 * later map of the same number replaces the one before. */
void nfcapd_read_map(const unsigned char *p, size_t size, struct nfcapd_maps *maps, struct sink *sink)
{
	struct nfcapd_map **page;
	struct nfcapd_map m = { .state = NFCAPD_MAP_READ };
	uint32_t at = 0;
	bool blind = false;

	if (size < 8) {
		sink_line(sink);
		sink_bad(sink, "an extension map of %zu bytes", size);
		return;
	}
	for (size_t i = 8; i + 2 <= size; i += 2) {
		unsigned id = nfcapd_u16(p + i);

		if (id == 0)
			break;
		if (id <= 3) /* always there, so that they are not listed */
			continue;
		if (id == EX_PACKETS_32 || id == EX_PACKETS_64) {
			m.packets = extensions[id];
			m.packets_at = at;
		} else if (id == EX_BYTES_32 || id == EX_BYTES_64) {
			m.octets = extensions[id];
			m.octets_at = at;
		} else if (id == EX_EVENT) {
			m.event = true;
			m.event_at = at;
		} else if (id >= EXTENSIONS || !extensions[id]) {
			blind = true;
			continue;
		} else {
			at += extensions[id];
			continue;
		}
		/* Where it lies is not known. */
		if (blind)
			m.state = NFCAPD_MAP_UNKNOWN;
		at += extensions[id];
	}
	page = &maps->page[nfcapd_u16(p + 4) / NFCAPD_PAGE];
	if (!*page)
		*page = calloc(NFCAPD_PAGE, sizeof **page);
	if (*page) {
		(*page)[nfcapd_u16(p + 4) % NFCAPD_PAGE] = m;
	} else {
		sink_line(sink);
		sink_bad(sink, "no memory for an extension map");
	}
}
