/* SPDX-License-Identifier: Apache-2.0 */
#include "format/telemetry.h"

struct str host_split(struct str host, uint16_t *port)
{
	size_t colon = str_chr(host, ':');
	struct str rest = STR_NONE;

	if (host.n && host.p[0] == '[') {
		size_t close = str_chr(host, ']');

		if (close != SIZE_MAX) {
			rest = str_skip(host, close + 1);
			host = str_head(str_skip(host, 1), close - 1);
		}
	} else if (colon != SIZE_MAX && str_chr(str_skip(host, colon + 1), ':') == SIZE_MAX) {
		/* With two colons and no brackets it is an IPv6 address, as some clients write it. */
		rest = str_skip(host, colon);
		host = str_head(host, colon);
	}
	*port = 0;
	if (rest.n && rest.p[0] == ':')
		(void)port_parse(str_skip(rest, 1), port);
	return host;
}

bool json_value(const struct json *v, size_t line_n, struct buf *scratch, struct str *out)
{
	struct str s;
	char *to;

	if (v->type == JSON_NULL || v->type == JSON_OBJECT || v->type == JSON_ARRAY) {
		*out = (struct str){ NULL, 0 };
		return true;
	}
	if (v->type != JSON_STRING || !v->escaped) {
		*out = v->raw;
		return true;
	}
	to = scratch->n ? scratch->p + scratch->n : buf_room(scratch, line_n);
	if (!to || !json_text(v, to, &s))
		return false;
	scratch->n += s.n;
	*out = s;
	return true;
}

static bool letters(struct str s, uint8_t *out)
{
	static const char names[] = "FSRPAUEC"; /* bit 0 first; W is another name of C */
	uint8_t flags = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 32) : s.p[i];
		const char *at;

		if (c == '.' || c == ' ' || c == '-' || c == '_' || c == '*')
			continue;
		at = c ? strchr(names, c == 'W' ? 'C' : c) : NULL;
		if (!at)
			return false;
		flags |= (uint8_t)(1u << (at - names));
	}
	*out = flags;
	return true;
}

bool tcp_flags_parse(struct str s, uint8_t *out)
{
	bool decimal = true;
	uint64_t v = 0;

	s = str_trim(s);
	if (s.n == 0)
		return false;
	if (letters(s, out))
		return true;
	if (s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X')) {
		s = str_skip(s, 2);
		decimal = false;
	}
	if (decimal && str_u64(s, UINT16_MAX, &v)) {
		*out = (uint8_t)v;
		return true;
	}
	v = 0;
	if (s.n > 4)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (unsigned)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = (uint8_t)v;
	return true;
}

void record_one_way_flags(struct record *r, unsigned flags)
{
	bool payload = r->orig_payload != UNSTATED && r->orig_payload > 0;

	r->ack = r->proto == PROTO_TCP && flags & TCP_ACK;
	r->refused = r->proto == PROTO_TCP && !payload &&
		     (flags & (TCP_RST | TCP_SYN | TCP_FIN | TCP_PSH)) == TCP_RST;
}

void record_level_one_way(struct record *r)
{
	bool answered = !r->refused && (r->opener == OPENER_RESP || r->ack);

	r->level = answered ? LEVEL_ESTABLISHED : LEVEL_ATTEMPT;
}
