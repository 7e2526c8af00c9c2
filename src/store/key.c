/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

static void put_be(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t get_be(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static bool is_v4(struct cidr net)
{
	return ip_is_v4(net.ip) && net.len >= 96;
}

static void put_ip(struct key *k, uint8_t type, struct ip ip)
{
	k->type = type;
	k->n = type == V_IP4 ? 4 : 16;
	if (type == V_IP6)
		put_be(k->p, ip.hi, 8);
	put_be(k->p + (type == V_IP4 ? 0 : 8), ip.lo, type == V_IP4 ? 4 : 8);
}

void key_net(struct key *k, struct cidr net)
{
	bool v4 = is_v4(net);

	put_ip(k, v4 ? V_IP4 : V_IP6, net.ip);
	if (net.len < 128)
		k->p[k->n++] = (uint8_t)(v4 ? net.len - 96 : net.len);
}

bool key_net_read(uint8_t type, struct str bytes, struct cidr *net)
{
	const uint8_t *p = (const uint8_t *)bytes.p;
	size_t whole = type == V_IP4 ? 4 : 16;
	unsigned len = type == V_IP4 ? 32 : 128;
	struct ip ip;

	if ((type != V_IP4 && type != V_IP6) || bytes.n < whole || bytes.n > whole + 1)
		return false;
	if (bytes.n == whole + 1) {
		if (p[whole] > len)
			return false;
		len = p[whole];
	}
	if (type == V_IP4) {
		ip = ip_v4((uint32_t)get_be(p, 4));
		len += 96;
	} else {
		ip = (struct ip){ get_be(p, 8), get_be(p + 8, 8) };
	}
	*net = (struct cidr){ ip_mask(ip, len), (unsigned char)len };
	return true;
}

/* Labels in reverse order; the same twice gives the name back. */
static void reverse(uint8_t *to, struct str name)
{
	size_t at = name.n, begin = 0;

	for (size_t i = 0; i <= name.n; i++)
		if (i == name.n || name.p[i] == '.') {
			size_t n = i - begin;

			at -= n;
			memcpy(to + at, name.p + begin, n);
			if (at)
				to[--at] = '.';
			begin = i + 1;
		}
}

void key_name(struct key *k, enum vtype type, struct str name)
{
	name = str_head(name, 1024);
	k->type = (uint8_t)type;
	k->n = (uint16_t)name.n;
	reverse(k->p, name);
}

void key_as(struct key *k, uint32_t as)
{
	k->type = V_AS;
	k->n = 4;
	put_be(k->p, as, 4);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool key_value(struct key *k, enum itype type, struct cidr net, struct str text)
{
	switch (type) {
	case IT_IP:
	case IT_CIDR:
		key_net(k, net);
		return true;
	case IT_DOMAIN:
		if (text.n > 1024)
			return false;
		key_name(k, V_NAME, text);
		return true;
	case IT_URL:
		if (text.n > sizeof k->p)
			return false;
		k->type = V_URL;
		k->n = (uint16_t)text.n;
		memcpy(k->p, text.p, text.n);
		return true;
	case IT_HASH:
		if (text.n % 2 || text.n > 128)
			return false;
		k->type = V_HASH;
		k->n = (uint16_t)(text.n / 2);
		for (size_t i = 0; i < k->n; i++) {
			int high = hex(text.p[2 * i]), low = hex(text.p[2 * i + 1]);

			if (high < 0 || low < 0)
				return false;
			k->p[i] = (uint8_t)(high << 4 | low);
		}
		return true;
	}
	return false;
}

bool key_read(uint8_t type, struct str bytes, struct buf *b, enum itype *itype, struct cidr *net,
	      struct str *value)
{
	static const char digits[] = "0123456789abcdef";
	size_t room = type == V_HASH ? 2 * bytes.n : bytes.n;
	char *to;

	*value = STR_NONE;
	*net = (struct cidr){ { 0, 0 }, 0 };
	if (type == V_IP4 || type == V_IP6) {
		if (!key_net_read(type, bytes, net))
			return false;
		*itype = net->len == 128 ? IT_IP : IT_CIDR;
		return true;
	}
	to = buf_room(b, room + 1);
	if (!to)
		return false;
	*value = (struct str){ to, room };
	b->n += room;
	switch (type) {
	case V_NAME:
		*itype = IT_DOMAIN;
		reverse((uint8_t *)to, bytes);
		return true;
	case V_URL:
		*itype = IT_URL;
		memcpy(to, bytes.p, bytes.n);
		return true;
	case V_HASH:
		*itype = IT_HASH;
		for (size_t i = 0; i < bytes.n; i++) {
			to[2 * i] = digits[(uint8_t)bytes.p[i] >> 4];
			to[2 * i + 1] = digits[bytes.p[i] & 15];
		}
		return true;
	default:
		return false;
	}
}

void key_within(const struct key *k, struct key *first, struct key *last)
{
	struct cidr net;

	if (key_net_read(k->type, (struct str){ (const char *)k->p, k->n }, &net)) {
		put_ip(first, k->type, net.ip);
		put_ip(last, k->type, cidr_last(net));
		last->p[last->n++] = 0xff;
		return;
	}
	first->type = last->type = k->type;
	memcpy(first->p, k->p, k->n);
	memcpy(last->p, k->p, k->n);
	first->p[k->n] = '.';
	last->p[k->n] = '.' + 1;
	first->n = last->n = (uint16_t)(k->n + 1);
}

bool key_wider(struct key *k)
{
	struct cidr net;

	if (key_net_read(k->type, (struct str){ (const char *)k->p, k->n }, &net)) {
		if (net.len == (k->type == V_IP4 ? 96 : 0))
			return false;
		net.len--;
		net.ip = ip_mask(net.ip, net.len);
		key_net(k, net);
		return true;
	}
	while (k->n && k->p[k->n - 1] != '.')
		k->n--;
	if (k->n)
		k->n--;
	return k->n > 0;
}

void bind_key(sqlite3_stmt *st, int at, const struct key *k)
{
	(void)sqlite3_bind_int(st, at, k->type);
	(void)sqlite3_bind_blob(st, at + 1, k->p, k->n, SQLITE_STATIC);
}
