/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which fields of NetFlow v9 and IPFIX matter, by their numbers in IANA's registry of IPFIX
 * information elements (v9 uses the same below 128, and Cisco's own above 32768).
 */
#include "format/nf_template.h"

#define NUMBERS 326

static const uint8_t slots[NUMBERS] = {
	[1] = NF_BYTES,
	[2] = NF_PACKETS,
	[4] = NF_PROTO,
	[6] = NF_FLAGS,
	[7] = NF_SPORT,
	[8] = NF_SRC4,
	[11] = NF_DPORT,
	[12] = NF_DST4,
	[21] = NF_END_UP,
	[22] = NF_START_UP,
	[23] = NF_BYTES_POST,
	[24] = NF_PACKETS_POST,
	[27] = NF_SRC6,
	[28] = NF_DST6,
	[34] = NF_RATE,
	[48] = NF_SAMPLER,
	[50] = NF_RATE,
	[60] = NF_IP_VERSION,
	[85] = NF_BYTES_TOTAL,
	[86] = NF_PACKETS_TOTAL,
	[150] = NF_START_S,
	[151] = NF_END_S,
	[152] = NF_START_MS,
	[153] = NF_END_MS,
	[154] = NF_START_US,
	[155] = NF_END_US,
	[156] = NF_START_NS,
	[157] = NF_END_NS,
	[158] = NF_START_DELTA,
	[159] = NF_END_DELTA,
	[160] = NF_INIT_MS,
	[161] = NF_DURATION_MS,
	[162] = NF_DURATION_US,
	[180] = NF_SPORT, /* of UDP, */
	[181] = NF_DPORT,
	[182] = NF_SPORT, /* of TCP */
	[183] = NF_DPORT,
	[231] = NF_BYTES_INITIATOR,
	[232] = NF_BYTES_RESPONDER,
	[233] = NF_EVENT,
	[239] = NF_DIRECTION,
	[298] = NF_PACKETS_INITIATOR,
	[299] = NF_PACKETS_RESPONDER,
	[302] = NF_SAMPLER,
	[305] = NF_RATE_TAKEN,
	[306] = NF_RATE_LEFT,
	[309] = NF_RATE_SIZE,
	[310] = NF_RATE_OF,
	[322] = NF_SEEN_S,
	[323] = NF_SEEN_MS,
	[324] = NF_SEEN_US,
	[325] = NF_SEEN_NS,
};

/* Cisco's ASA before it used 233. */
#define ASA_EVENT 40005

static bool fits(enum nf_slot slot, unsigned length)
{
	switch (slot) {
	case NF_SRC4:
	case NF_DST4:
		return length == 4;
	case NF_SRC6:
	case NF_DST6:
		return length == 16;
	case NF_START_US:
	case NF_START_NS:
	case NF_END_US:
	case NF_END_NS:
	case NF_SEEN_US:
	case NF_SEEN_NS:
		return length == 8; /* two halves */
	default:
		return length >= 1 && length <= 8; /* RFC 7011 6.2 */
	}
}

enum nf_slot nf_slot_of(uint32_t enterprise, unsigned number, unsigned length)
{
	enum nf_slot slot = NF_NONE;

	if (enterprise == 0 && number == ASA_EVENT)
		slot = NF_EVENT;
	else if (number < NUMBERS)
		slot = (enum nf_slot)slots[number];
	if (enterprise == NF_PEN_REVERSE)
		slot = slot == NF_BYTES           ? NF_BYTES_BACK
		       : slot == NF_PACKETS       ? NF_PACKETS_BACK
		       : slot == NF_BYTES_TOTAL   ? NF_BYTES_BACK_TOTAL
		       : slot == NF_PACKETS_TOTAL ? NF_PACKETS_BACK_TOTAL
		       : slot == NF_FLAGS         ? NF_FLAGS_BACK
						  : NF_NONE;
	else if (enterprise)
		slot = NF_NONE;
	return fits(slot, length) ? slot : NF_NONE;
}
