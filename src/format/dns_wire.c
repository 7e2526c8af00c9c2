/* SPDX-License-Identifier: Apache-2.0 */
#include "format/dns_wire.h"

#include "base/wire.h"

#define NAME_MAX_WIRE 255 /* with its lengths and the root's */
#define CLASS_IN      1
#define CLASS_MASK    0x7fff /* above it is mDNS's cache-flush bit (RFC 6762 10.2) */

static char *put_label(char *to, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned c = p[i];

		if (c >= 'A' && c <= 'Z') {
			*to++ = (char)(c | 0x20);
		} else if (c > ' ' && c < 0x7f && c != '.' && c != '\\') {
			*to++ = (char)c;
		} else {
			*to++ = '\\';
			*to++ = (char)('0' + c / 100);
			*to++ = (char)('0' + c / 10 % 10);
			*to++ = (char)('0' + c % 10);
		}
	}
	return to;
}

/*
 * The name at w, which stands behind it afterwards. Each pointer has to lead to before the labels
 * that it ends, so that there are never more steps than bytes; 255 bytes end it anyway.
 */
static enum dns_state take_name(const unsigned char *message, struct wire *w,
				char text[DNS_TEXT_MAX], struct str *out)
{
	const unsigned char *run = w->p; /* where these labels begin */
	struct wire at = *w;
	bool jumped = false;
	size_t length = 1;
	char *to = text;

	for (;;) {
		const unsigned char *label;
		size_t n = wire_u8(&at);

		if (at.bad)
			return DNS_CUT;
		if (n >= 0xc0) {
			size_t target = (n & 0x3f) << 8 | wire_u8(&at);

			if (at.bad)
				return DNS_CUT;
			if (!jumped)
				w->p = at.p;
			jumped = true;
			if (target >= (size_t)(run - message))
				return DNS_BAD;
			run = at.p = message + target;
			continue;
		}
		if (n == 0)
			break;
		length += n + 1;
		if (n > 63 || length > NAME_MAX_WIRE)
			return DNS_BAD;
		label = wire_take(&at, n);
		if (!label)
			return DNS_CUT;
		if (to != text)
			*to++ = '.';
		to = put_label(to, label, n);
	}
	if (!jumped)
		w->p = at.p;
	*out = str_range(text, to);
	return DNS_WHOLE;
}

static enum dns_state skip_name(struct wire *w)
{
	for (;;) {
		size_t n = wire_u8(w);

		if (w->bad)
			return DNS_CUT;
		if (n == 0)
			return DNS_WHOLE;
		if (n >= 0xc0) {
			wire_skip(w, 1);
			return w->bad ? DNS_CUT : DNS_WHOLE;
		}
		if (n > 63)
			return DNS_BAD;
		wire_skip(w, n);
	}
}

static struct ip ip_of(const unsigned char *p, size_t n)
{
	struct wire w = { p, p + n, false };
	struct ip ip;

	if (n == 4)
		return ip_v4(wire_be32(&w));
	ip.hi = wire_be64(&w);
	ip.lo = wire_be64(&w);
	return ip;
}

/* One record of the answer section. */
static enum dns_state take_answer(struct wire *w, struct dns_answer answers[DNS_ANSWERS_MAX],
				  unsigned *n)
{
	enum dns_state state = skip_name(w);
	unsigned type = wire_be16(w), class = wire_be16(w);
	uint32_t ttl = wire_be32(w);
	size_t length = wire_be16(w);
	const unsigned char *data = wire_take(w, length);

	if (state || w->bad)
		return state ? state : DNS_CUT;
	if ((class & CLASS_MASK) != CLASS_IN ||
	    !((type == DNS_TYPE_A && length == 4) || (type == DNS_TYPE_AAAA && length == 16)))
		return DNS_WHOLE;
	answers[*n].ip = ip_of(data, length);
	answers[*n].ttl = ttl >> 31 ? 0 : ttl;
	++*n;
	return DNS_WHOLE;
}

enum dns_state dns_more(struct dns_message *m, struct dns_answer answers[DNS_ANSWERS_MAX])
{
	struct wire w = wire_of(m->rest);
	enum dns_state state = DNS_WHOLE;

	m->n_answers = 0;
	for (; !state && m->left && m->n_answers < DNS_ANSWERS_MAX; m->left--)
		state = take_answer(&w, answers, &m->n_answers);
	if (state)
		m->left = 0;
	m->rest = (struct str){ (const char *)w.p, m->left ? wire_left(&w) : 0 };
	return state;
}

enum dns_state dns_message(struct str wire, char text[DNS_TEXT_MAX],
			   struct dns_answer answers[DNS_ANSWERS_MAX], struct dns_message *out)
{
	struct wire w = wire_of(wire);
	const unsigned char *message = w.p;
	enum dns_state state = DNS_WHOLE;
	unsigned flags;

	*out = (struct dns_message){ .id = wire_be16(&w), .name = STR_NONE, .rest = STR_NONE };
	flags = wire_be16(&w);
	out->questions = wire_be16(&w);
	out->answers = wire_be16(&w);
	wire_skip(&w, 4);
	if (w.bad) {
		*out = (struct dns_message){ .name = STR_NONE, .rest = STR_NONE };
		return DNS_BAD;
	}
	out->response = flags >> 15;
	out->opcode = flags >> 11 & 15;
	out->truncated = flags >> 9 & 1;
	out->rcode = flags & 15;
	for (unsigned i = 0; i < out->questions; i++) {
		struct str name = STR_NONE;
		unsigned type, class;

		state = i ? skip_name(&w) : take_name(message, &w, text, &name);
		type = wire_be16(&w);
		class = wire_be16(&w);
		if (state || w.bad)
			return state ? state : DNS_CUT;
		if (i)
			continue;
		out->asked = true;
		out->name = name;
		out->type = (uint16_t)type;
		out->class = (uint16_t) class;
	}
	if (!out->response || out->opcode != DNS_QUERY)
		return DNS_WHOLE;
	out->left = out->answers;
	out->rest = (struct str){ (const char *)w.p, wire_left(&w) };
	return dns_more(out, answers);
}
