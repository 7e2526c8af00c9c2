/* SPDX-License-Identifier: Apache-2.0 */
/* Telemetry as collectors and exporters have it: nfdump's files, and IPFIX messages in a capture. */
#include "gen_write.h"

#include <endian.h>
#include <lz4.h>
#include <sys/stat.h>

/* For what is put in the machine's own order, as nfdump does. */
#define PUT_NATIVE(p, type, v) put_bytes(p, &(type){ (type)(v) }, sizeof(type))

static uint64_t load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return be64toh(v);
}

static uint32_t load32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return be32toh(v);
}

static unsigned tcp_flags(const struct flow *f)
{
	return f->proto != 6 ? 0 : f->resp_packets && f->state != STATE_REJ ? 0x1b : 0x02;
}

static uint64_t wire_bytes(const struct flow *f, uint64_t bytes, uint32_t packets)
{
	return bytes + (uint64_t)packets * (f->v6 ? 60 : 40);
}

/* ---- nfdump's files, layout 2 ------------------------------------------------------------ */

enum { BLOCK = 1024 * 1024, RECORD_MAX = 256, FILE_HEADER = 40, BLOCK_HEADER = 12 };

struct nfcapd {
	const char *dir; /* below the folder of all data */
	char path[4096];
	bool lz4, failed;
	int hour; /* -1: no file is open */
	struct out out;
	char *block, *packed;
	uint32_t n, records, blocks;
	uint64_t flows, bytes, packets, size;
	int64_t first, last; /* milliseconds */
};

static void put_block(struct nfcapd *x, uint32_t records, const char *data, uint32_t n)
{
	char head[BLOCK_HEADER], *c = head;

	if (x->lz4) {
		int packed = LZ4_compress_default(data, x->packed, (int)n, LZ4_compressBound(BLOCK));

		x->failed |= packed <= 0;
		data = x->packed;
		n = (uint32_t)packed;
	}
	c = PUT_NATIVE(c, uint32_t, records);
	c = PUT_NATIVE(c, uint32_t, n);
	c = PUT_NATIVE(c, uint16_t, 3);
	(void)PUT_NATIVE(c, uint16_t, 0);
	out_flush(&x->out);
	x->out.failed |= fwrite(head, 1, sizeof head, x->out.f) != sizeof head ||
			 fwrite(data, 1, n, x->out.f) != n;
	x->size += sizeof head + n;
}

static void nfcapd_block(struct nfcapd *x)
{
	if (x->records == 0)
		return;
	put_block(x, x->records, x->block, x->n);
	x->blocks++;
	x->n = x->records = 0;
}

static void nfcapd_header(struct nfcapd *x, uint64_t appendix)
{
	char *c = out_begin(&x->out);

	c = PUT_NATIVE(c, uint16_t, 0xa50c);
	c = PUT_NATIVE(c, uint16_t, 2);
	c = PUT_NATIVE(c, uint32_t, 0x01070100);
	c = PUT_NATIVE(c, uint64_t, 1767225600 + (x->hour + 1) * 3600);
	*c++ = x->lz4 ? 3 : 0;
	*c++ = 0;
	c = PUT_NATIVE(c, uint16_t, 1);
	c = PUT_NATIVE(c, uint32_t, 0);
	c = PUT_NATIVE(c, uint64_t, appendix);
	c = PUT_NATIVE(c, uint32_t, BLOCK);
	c = PUT_NATIVE(c, uint32_t, x->blocks);
	out_end(&x->out, c);
	out_flush(&x->out);
}

/* Identity and sums of the file, in the block behind the last one. */
static void nfcapd_finish(struct nfcapd *x)
{
	const uint64_t sums[18] = { x->flows, x->bytes, x->packets, [15] = (uint64_t)x->first,
				    (uint64_t)x->last };
	char appendix[256], *c = appendix;

	if (x->hour < 0)
		return;
	nfcapd_block(x);
	c = PUT_NATIVE(c, uint16_t, 0x8001);
	c = PUT_NATIVE(c, uint16_t, 4 + 6);
	c = put_bytes(c, "bench", 6);
	c = PUT_NATIVE(c, uint16_t, 0x8002);
	c = PUT_NATIVE(c, uint16_t, 4 + sizeof sums);
	c = put_bytes(c, sums, sizeof sums);
	{
		uint64_t at = x->size;

		put_block(x, 2, appendix, (uint32_t)(c - appendix));
		x->failed |= fseek(x->out.f, 0, SEEK_SET) != 0;
		nfcapd_header(x, at);
	}
	x->failed |= !out_close(&x->out);
	x->hour = -1;
}

static void nfcapd_file(struct nfcapd *x, int hour)
{
	char name[64];

	nfcapd_finish(x);
	(void)snprintf(name, sizeof name, "%s/nfcapd.202601%02d%02d00", x->dir, 1 + hour / 24,
		       hour % 24);
	if (!out_open(&x->out, x->path, name)) {
		x->failed = true;
		return;
	}
	x->hour = hour;
	x->blocks = 0;
	x->flows = x->bytes = x->packets = 0;
	nfcapd_header(x, 0);
	x->size = FILE_HEADER;
}

static void *nfcapd_new(const char *path, const char *dir, bool lz4)
{
	struct nfcapd *x = calloc(1, sizeof *x);
	char full[sizeof x->path + 64];

	if (!x)
		return NULL;
	*x = (struct nfcapd){ .dir = dir, .lz4 = lz4, .hour = -1 };
	(void)snprintf(x->path, sizeof x->path, "%s", path);
	(void)snprintf(full, sizeof full, "%s/%s", path, dir);
	(void)mkdir(full, 0777);
	x->block = malloc(BLOCK + RECORD_MAX);
	x->packed = malloc((size_t)LZ4_compressBound(BLOCK));
	x->failed = !x->block || !x->packed;
	return x;
}

static void *nfcapd_open(const char *path)
{
	return nfcapd_new(path, write_nfcapd.name, false);
}

static void *nfcapd_lz4_open(const char *path)
{
	return nfcapd_new(path, write_nfcapd_lz4.name, true);
}

/* An element: its kind, and its length with this header. */
static char *put_element(char *c, uint16_t kind, uint16_t data)
{
	c = PUT_NATIVE(c, uint16_t, kind);
	return PUT_NATIVE(c, uint16_t, data + 4);
}

static char *put_record(char *c, const struct flow *f)
{
	char *size = c + 2, *start = c;
	uint64_t first = (uint64_t)f->ts / 1000, last = ((uint64_t)f->ts + f->duration) / 1000;

	c = PUT_NATIVE(c, uint16_t, 11);
	c = PUT_NATIVE(c, uint16_t, 0);
	c = PUT_NATIVE(c, uint16_t, 4);
	*c++ = 0;
	*c++ = 0;
	c = PUT_NATIVE(c, uint16_t, 1);
	*c++ = 0;
	*c++ = 10;
	c = put_element(c, 1, 48);
	c = PUT_NATIVE(c, uint64_t, first);
	c = PUT_NATIVE(c, uint64_t, last);
	c = PUT_NATIVE(c, uint64_t, last + 15000);
	c = PUT_NATIVE(c, uint64_t, f->orig_packets);
	c = PUT_NATIVE(c, uint64_t, wire_bytes(f, f->orig_bytes, f->orig_packets));
	c = PUT_NATIVE(c, uint16_t, f->proto == 1 ? 0 : f->orig_port);
	c = PUT_NATIVE(c, uint16_t, f->proto == 1 ? 0x0800 : f->resp_port);
	*c++ = (char)f->proto;
	*c++ = (char)tcp_flags(f);
	*c++ = 0;
	*c++ = 0;
	if (f->v6) {
		c = put_element(c, 3, 32);
		for (unsigned i = 0; i < 16; i += 8)
			c = PUT_NATIVE(c, uint64_t, load64(f->orig + i));
		for (unsigned i = 0; i < 16; i += 8)
			c = PUT_NATIVE(c, uint64_t, load64(f->resp + i));
	} else {
		c = put_element(c, 2, 8);
		c = PUT_NATIVE(c, uint32_t, load32(f->orig));
		c = PUT_NATIVE(c, uint32_t, load32(f->resp));
	}
	c = put_element(c, 4, 16);
	c = PUT_NATIVE(c, uint32_t, 3);
	c = PUT_NATIVE(c, uint32_t, 7);
	memset(c, 0, 8);
	c += 8;
	c = put_element(c, 5, 24);
	c = PUT_NATIVE(c, uint64_t, 1);
	c = PUT_NATIVE(c, uint64_t, f->resp_packets);
	c = PUT_NATIVE(c, uint64_t, wire_bytes(f, f->resp_bytes, f->resp_packets));
	(void)PUT_NATIVE(size, uint16_t, c - start);
	return c;
}

static void nfcapd_write(void *state, const struct flow *f, const struct population *p, struct tally *t)
{
	struct nfcapd *x = state;
	int hour = (int)((f->ts / 1000000 - 1767225600) / 3600);

	if (x->failed)
		return;
	if (hour != x->hour)
		nfcapd_file(x, hour);
	if (x->failed)
		return;
	if (x->n + RECORD_MAX > BLOCK)
		nfcapd_block(x);
	x->n = (uint32_t)(put_record(x->block + x->n, f) - x->block);
	x->records++;
	if (x->flows++ == 0)
		x->first = f->ts / 1000;
	x->last = (f->ts + (int64_t)f->duration) / 1000;
	x->packets += f->orig_packets;
	x->bytes += wire_bytes(f, f->orig_bytes, f->orig_packets);
	tally_record(p, t, f, f->ts);
}

static bool nfcapd_close(void *state)
{
	struct nfcapd *x = state;
	bool good;

	nfcapd_finish(x);
	good = !x->failed;
	free(x->block);
	free(x->packed);
	free(x);
	return good;
}

const struct writer write_nfcapd = { "nfcapd", nfcapd_open, nfcapd_write, nfcapd_close };
const struct writer write_nfcapd_lz4 = { "nfcapd-lz4", nfcapd_lz4_open, nfcapd_write, nfcapd_close };

/* ---- IPFIX (RFC 7011) in a capture ------------------------------------------------------- */

/* Messages fit an Ethernet frame; templates come again as if somebody had missed them. */
enum { MESSAGE_MAX = 1400, MESSAGE_HEADER = 16, SET_HEADER = 4, TEMPLATES_EACH = 4096 };

static const struct field {
	uint16_t element, length;
} fields[2][16] = {
	{ { 152, 8 },
	  { 153, 8 },
	  { 8, 4 },
	  { 12, 4 },
	  { 7, 2 },
	  { 11, 2 },
	  { 4, 1 },
	  { 6, 1 },
	  { 1, 8 },
	  { 2, 8 },
	  { 10, 4 },
	  { 14, 4 },
	  { 136, 1 } },
	{ { 152, 8 },
	  { 153, 8 },
	  { 27, 16 },
	  { 28, 16 },
	  { 7, 2 },
	  { 11, 2 },
	  { 4, 1 },
	  { 6, 1 },
	  { 1, 8 },
	  { 2, 8 },
	  { 10, 4 },
	  { 14, 4 },
	  { 136, 1 } },
};

#define PUT_WIRE16(p, v) put_bytes(p, &(uint16_t){ htobe16((uint16_t)(v)) }, 2)
#define PUT_WIRE32(p, v) put_bytes(p, &(uint32_t){ htobe32((uint32_t)(v)) }, 4)
#define PUT_WIRE64(p, v) put_bytes(p, &(uint64_t){ htobe64((uint64_t)(v)) }, 8)

struct ipfix {
	struct out out;
	char message[MESSAGE_MAX], *at; /* at: behind what is written; NULL: nothing */
	char *set;                      /* where the open data set begins; NULL: none is open */
	bool set_v6;
	uint32_t sequence, records;
	uint64_t messages;
};

static char *put_templates(char *c)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		char *head = c;
		uint16_t n = 0;

		c += 8;
		for (const struct field *f = fields[v6]; f->length; f++, n++) {
			c = PUT_WIRE16(c, f->element);
			c = PUT_WIRE16(c, f->length);
		}
		head = PUT_WIRE16(head, 2);
		head = PUT_WIRE16(head, 8 + 4 * n);
		head = PUT_WIRE16(head, 256 + v6);
		(void)PUT_WIRE16(head, n);
	}
	return c;
}

static void close_set(struct ipfix *x)
{
	char *length = x->set + 2;

	if (x->set)
		(void)PUT_WIRE16(length, x->at - x->set);
	x->set = NULL;
}

/* Ethernet, IPv4 and UDP around a message, and the capture's own header before that. */
static void ipfix_send(struct ipfix *x, int64_t ts)
{
	uint16_t n = (uint16_t)(x->at - x->message), words[10];
	uint32_t sum = 0, frame = 14 + 20 + 8 + (uint32_t)n;
	char *c = x->message, *ip;

	close_set(x);
	c = PUT_WIRE16(c, 10);
	c = PUT_WIRE16(c, n);
	c = PUT_WIRE32(c, ts / 1000000);
	c = PUT_WIRE32(c, x->sequence);
	(void)PUT_WIRE32(c, 1);
	x->sequence += x->records;

	c = out_begin(&x->out);
	c = PUT_NATIVE(c, uint32_t, ts / 1000000);
	c = PUT_NATIVE(c, uint32_t, ts % 1000000);
	c = PUT_NATIVE(c, uint32_t, frame);
	c = PUT_NATIVE(c, uint32_t, frame);
	c = put_bytes(c, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0", 14);
	ip = c;
	c = put_bytes(c, "\x45\0", 2);
	c = PUT_WIRE16(c, 20 + 8 + n);
	c = PUT_WIRE16(c, x->messages);
	c = put_bytes(c, "\x40\0\x40\x11\0\0\xc0\0\2\x0a\xc0\0\2\x14", 14);
	memcpy(words, ip, sizeof words);
	for (unsigned i = 0; i < 10; i++)
		sum += be16toh(words[i]);
	sum = (sum & 0xffff) + (sum >> 16);
	ip += 10;
	(void)PUT_WIRE16(ip, ~(sum + (sum >> 16)));
	c = PUT_WIRE16(c, 50000);
	c = PUT_WIRE16(c, 4739);
	c = PUT_WIRE16(c, 8 + n);
	c = PUT_WIRE16(c, 0);
	out_end(&x->out, put_bytes(c, x->message, n));
	x->at = NULL;
	x->records = 0;
	x->messages++;
}

static void *ipfix_open(const char *dir)
{
	struct ipfix *x = calloc(1, sizeof *x);
	char *c;

	if (!x || !out_open(&x->out, dir, write_ipfix.name)) {
		free(x);
		return NULL;
	}
	c = out_begin(&x->out);
	c = PUT_NATIVE(c, uint32_t, 0xa1b2c3d4);
	c = PUT_NATIVE(c, uint16_t, 2);
	c = PUT_NATIVE(c, uint16_t, 4);
	c = PUT_NATIVE(c, uint64_t, 0);
	c = PUT_NATIVE(c, uint32_t, 65535);
	c = PUT_NATIVE(c, uint32_t, 1);
	out_end(&x->out, c);
	return x;
}

static void ipfix_write(void *state, const struct flow *f, const struct population *p, struct tally *t)
{
	struct ipfix *x = state;
	size_t size = f->v6 ? 79 : 55;
	char *c;

	if (x->at && (size_t)(x->at - x->message) + SET_HEADER + size > MESSAGE_MAX)
		ipfix_send(x, f->ts);
	if (!x->at) {
		x->at = x->message + MESSAGE_HEADER;
		if (x->messages % TEMPLATES_EACH == 0)
			x->at = put_templates(x->at);
	}
	if (!x->set || x->set_v6 != f->v6) {
		close_set(x);
		x->set = x->at;
		x->set_v6 = f->v6;
		x->at = PUT_WIRE16(x->at, 256 + f->v6);
		x->at += 2;
	}
	c = PUT_WIRE64(x->at, f->ts / 1000);
	c = PUT_WIRE64(c, ((uint64_t)f->ts + f->duration) / 1000);
	c = put_bytes(c, f->orig, f->v6 ? 16 : 4);
	c = put_bytes(c, f->resp, f->v6 ? 16 : 4);
	c = PUT_WIRE16(c, f->proto == 1 ? 0 : f->orig_port);
	c = PUT_WIRE16(c, f->proto == 1 ? 0x0800 : f->resp_port);
	*c++ = (char)f->proto;
	*c++ = (char)tcp_flags(f);
	c = PUT_WIRE64(c, wire_bytes(f, f->orig_bytes, f->orig_packets));
	c = PUT_WIRE64(c, f->orig_packets);
	c = PUT_WIRE32(c, 3);
	c = PUT_WIRE32(c, 7);
	*c++ = 1;
	x->at = c;
	x->records++;
	tally_record(p, t, f, f->ts);
}

static bool ipfix_close(void *state)
{
	struct ipfix *x = state;
	bool good;

	if (x->at)
		ipfix_send(x, (INT64_C(1767225600) + 86400) * 1000000);
	good = out_close(&x->out);
	free(x);
	return good;
}

const struct writer write_ipfix = { "ipfix.pcap", ipfix_open, ipfix_write, ipfix_close };
