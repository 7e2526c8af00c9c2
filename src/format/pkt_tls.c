/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The beginning of TLS (RFC 5246, RFC 8446), wherever in a flow it begins: the name that is called
 * (SNI, RFC 6066 3), or else that of the certificate where it can be seen, and whether both sides
 * went on to speak in secret.
 */
#include "base/wire.h"
#include "format/talk_parts.h"

enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, CERTIFICATE = 11 };
enum { RECORD_MAX = 16384 + 2048, MESSAGE_MAX = 32 << 10 };

bool tls_begins(struct str data, unsigned from, unsigned *client)
{
	const unsigned char *p = (const unsigned char *)data.p;

	*client = from;
	if (data.n == 0 || p[0] != HANDSHAKE || (data.n > 1 && p[1] != 3) || (data.n > 2 && p[2] > 4))
		return false;
	if (data.n < 6)
		return true; /* it may become one */
	if (p[5] == SERVER_HELLO)
		*client = !from;
	return p[5] == CLIENT_HELLO || p[5] == SERVER_HELLO;
}

static void call_it(struct tls *tls, struct str name)
{
	if (tls->name_n || name.n > sizeof tls->name)
		return;
	memcpy(tls->name, name.p, name.n);
	tls->name_n = (uint8_t)name.n;
}

/* The extension of that number out of a list of them. */
static struct wire extension(struct wire w, unsigned number)
{
	size_t n = wire_be16(&w);
	/* What is cut off is read as far as it goes. */
	struct wire all = wire_sub(&w, n < wire_left(&w) ? n : wire_left(&w));

	while (wire_left(&all) >= 4) {
		unsigned type = wire_be16(&all);
		struct wire e = wire_sub(&all, wire_be16(&all));

		if (type == number)
			return e;
	}
	return (struct wire){ all.end, all.end, true };
}

static void client_hello(struct tls *tls, struct wire w)
{
	struct wire names;

	tls->client_hello = true;
	wire_skip(&w, 34);
	wire_skip(&w, wire_u8(&w));
	wire_skip(&w, wire_be16(&w));
	wire_skip(&w, wire_u8(&w));
	names = extension(w, 0);
	names = wire_sub(&names, wire_be16(&names));
	while (!names.bad && wire_left(&names)) {
		unsigned type = wire_u8(&names);
		struct str name = wire_str(&names, wire_be16(&names));

		if (type == 0 && !names.bad) {
			call_it(tls, name);
			return;
		}
	}
}

static void server_hello(struct tls *tls, struct wire w)
{
	tls->server_hello = true;
	wire_skip(&w, 34);
	wire_skip(&w, wire_u8(&w));
	wire_skip(&w, 3);
	w = extension(w, 43); /* supported_versions */
	if (wire_be16(&w) >> 8 == 3 || w.bad)
		tls->tls13 = !w.bad;
	else
		tls->tls13 = true; /* its drafts begin with 7f */
}

static void certificate(struct tls *tls, struct wire w)
{
	struct wire der;

	wire_skip(&w, 3);
	der = wire_sub(&w, wire_uint(&w, 3));
	if (!der.bad)
		call_it(tls, x509_name((struct str){ (const char *)der.p, wire_left(&der) }));
}

static bool interesting(const struct tls *tls, unsigned type)
{
	return type == CLIENT_HELLO || type == SERVER_HELLO ||
	       (type == CERTIFICATE && tls->name_n == 0 && !tls->tls13);
}

/* Handshake messages, whatever records they come in. */
static bool handshake(struct talk *t, unsigned from, struct str data)
{
	struct tls *tls = t->tls;
	struct bytes *b = &tls->lane[from].message;

	while (data.n) {
		const unsigned char *p;
		uint32_t n, more;

		if (tls->lane[from].skip) {
			n = tls->lane[from].skip < data.n ? tls->lane[from].skip : (uint32_t)data.n;
			tls->lane[from].skip -= n;
			data = str_skip(data, n);
			continue;
		}
		if (b->n < 4) {
			n = 4 - b->n < data.n ? 4 - b->n : (uint32_t)data.n;
			if (!talk_add(t, b, data.p, n))
				return false;
			data = str_skip(data, n);
			if (b->n < 4)
				return true;
		}
		p = (const unsigned char *)b->p;
		n = (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
		if (!interesting(tls, p[0])) {
			tls->lane[from].skip = n;
			b->n = 0;
			continue;
		}
		/* Of a longer one the beginning is enough. */
		more = (n < MESSAGE_MAX ? n : MESSAGE_MAX) + 4 - b->n;
		more = more < data.n ? more : (uint32_t)data.n;
		if (!talk_add(t, b, data.p, more))
			return false;
		data = str_skip(data, more);
		if (b->n - 4 == n || b->n - 4 == MESSAGE_MAX) {
			struct wire w = wire_of((struct str){ b->p + 4, b->n - 4 });

			if (b->p[0] == CLIENT_HELLO) {
				t->client = from;
				client_hello(tls, w);
			} else if (b->p[0] == SERVER_HELLO) {
				server_hello(tls, w);
			} else if (from != t->client) {
				certificate(tls, w);
			}
			tls->lane[from].skip = n - (b->n - 4);
			talk_clear(t, b);
		}
	}
	return true;
}

/* Has the handshake come to its end? */
static bool agreed(const struct tls *tls, unsigned client)
{
	const bool c = tls->lane[client].data, s = tls->lane[!client].data;

	if (tls->tls13)
		return c && s;
	return (c || tls->lane[client].encrypted) && (s || tls->lane[!client].encrypted);
}

static bool record_begins(struct tls *tls, unsigned from)
{
	const unsigned char *h = tls->lane[from].header;
	uint32_t n = (uint32_t)h[3] << 8 | h[4];

	if (h[0] < CHANGE_CIPHER_SPEC || h[0] > HEARTBEAT || h[1] != 3 || h[2] > 4 || n > RECORD_MAX)
		return false;
	tls->lane[from].type = h[0];
	tls->lane[from].left = n;
	tls->lane[from].lost = false;
	if (h[0] == CHANGE_CIPHER_SPEC)
		tls->lane[from].encrypted = true;
	else if (h[0] == APPLICATION_DATA)
		tls->lane[from].data = true;
	return true;
}

enum talking tls_data(struct talk *t, const struct utterance *u, struct sink *sink)
{
	struct tls *tls = t->tls;
	struct str rest = u->data;
	unsigned from = u->from;

	(void)sink;
	if (!tls->ts)
		tls->ts = u->ts;
	while (rest.n) {
		uint32_t n;

		if (tls->lane[from].left == 0) {
			tls->lane[from].header[tls->lane[from].n_header++] = (unsigned char)rest.p[0];
			rest = str_skip(rest, 1);
			if (tls->lane[from].n_header < 5)
				continue;
			tls->lane[from].n_header = 0;
			if (!record_begins(tls, from)) {
				if (tls->lane[from].lost)
					return TALK_ON;
				return tls->client_hello || tls->server_hello ? TALK_DONE : TALK_LOST;
			}
			if (agreed(tls, t->client))
				return TALK_DONE;
			continue;
		}
		n = tls->lane[from].left < rest.n ? tls->lane[from].left : (uint32_t)rest.n;
		if (tls->lane[from].type == HANDSHAKE && !tls->lane[from].encrypted &&
		    !handshake(t, from, str_head(rest, n)))
			return TALK_DONE;
		tls->lane[from].left -= n;
		rest = str_skip(rest, n);
	}
	return TALK_ON;
}

/* The end of the hello did not come; its name may have. */
static void half_hello(struct talk *t)
{
	struct tls *tls = t->tls;
	struct bytes *half = &tls->lane[t->client].message;

	if (!tls->client_hello && half->n > 4 && half->p[0] == CLIENT_HELLO)
		client_hello(tls, wire_of((struct str){ half->p + 4, half->n - 4 }));
}

void tls_gap(struct talk *t, unsigned from, uint32_t n)
{
	struct tls *tls = t->tls;

	if (from == t->client)
		half_hello(t);
	talk_clear(t, &tls->lane[from].message);
	tls->lane[from].skip = 0;
	if (n <= tls->lane[from].left && tls->lane[from].type != HANDSHAKE) {
		tls->lane[from].left -= n;
		return;
	}
	tls->lane[from].left = 0;
	tls->lane[from].n_header = 0;
	tls->lane[from].lost = true;
}

void tls_end(struct talk *t, struct sink *sink)
{
	struct tls *tls = t->tls;
	struct record r;

	half_hello(t);
	if (!tls->client_hello && !tls->server_hello)
		return;
	r = talk_record(t, KIND_TLS, t->client, tls->ts);
	r.level = agreed(tls, t->client) ? LEVEL_TWO_WAY : LEVEL_ESTABLISHED;
	r.name = (struct str){ tls->name, tls->name_n };
	give(&r, sink);
}
