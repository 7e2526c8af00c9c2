/* SPDX-License-Identifier: Apache-2.0 */
#include "core/overrides.h"

#include "core/name.h"

#include <stdlib.h>

void overrides_init(struct overrides *o)
{
	*o = (struct overrides){ 0 };
	arena_init(&o->arena, (size_t)1 << 30);
}

void overrides_free(struct overrides *o)
{
	free(o->v.v);
	arena_free(&o->arena);
	overrides_init(o);
}

enum err overrides_add(struct overrides *o, const struct override *one)
{
	struct override *to = VEC_PUSH(&o->v);
	struct str *text[3];

	if (!to)
		return ERR_NOMEM;
	*to = *one;
	to->nth = o->v.n;
	text[0] = &to->value;
	text[1] = &to->author;
	text[2] = &to->reason;
	for (int i = 0; i < 3; i++) {
		*text[i] = arena_str(&o->arena, *text[i]);
		if (!text[i]->p)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

/* An address is a network of one. */
static bool is_net(enum itype t)
{
	return t == IT_IP || t == IT_CIDR;
}

static int kind(enum itype t)
{
	return is_net(t) ? 0 : t == IT_DOMAIN ? 1 : t == IT_URL ? 2 : 3;
}

static int net_cmp(struct cidr a, struct cidr b)
{
	int d = ip_cmp(a.ip, b.ip);

	return d ? d : (a.len > b.len) - (a.len < b.len);
}

/* From the end, label by label: what lies below a name follows it. */
static int name_cmp(struct str a, struct str b)
{
	size_t least = a.n < b.n ? a.n : b.n;

	for (size_t i = 1; i <= least; i++) {
		unsigned char x = (unsigned char)a.p[a.n - i], y = (unsigned char)b.p[b.n - i];

		if (x != y)
			return (x == '.' ? 0 : x + 1) - (y == '.' ? 0 : y + 1);
	}
	return (a.n > b.n) - (a.n < b.n);
}

static int by_value(const struct override *x, const struct override *y)
{
	int d = kind(x->type) - kind(y->type);

	if (d)
		return d;
	if (is_net(x->type))
		return net_cmp(x->net, y->net);
	return x->type == IT_DOMAIN ? name_cmp(x->value, y->value) : str_cmp(x->value, y->value);
}

static int order(const void *a, const void *b)
{
	const struct override *x = a, *y = b;
	int d = by_value(x, y);

	return d ? d : (x->nth > y->nth) - (x->nth < y->nth);
}

void overrides_build(struct overrides *o)
{
	size_t n = 0;

	if (o->v.n)
		qsort(o->v.v, o->v.n, sizeof *o->v.v, order);
	for (size_t i = 0; i < o->v.n; i++) {
		if (n && by_value(&o->v.v[n - 1], &o->v.v[i]) == 0)
			n--;
		o->v.v[n++] = o->v.v[i];
	}
	o->v.n = n;
	o->nets = o->names = o->texts = 0;
	memset(o->lengths, 0, sizeof o->lengths);
	for (size_t i = 0; i < n; i++) {
		const struct override *one = &o->v.v[i];

		if (is_net(one->type)) {
			o->nets++;
			o->lengths[one->net.len / 64] |= UINT64_C(1) << one->net.len % 64;
		} else if (one->type == IT_DOMAIN) {
			o->names++;
		} else {
			o->texts++;
		}
	}
}

static const struct override *exactly(const struct overrides *o, size_t from, size_t n,
				      const struct override *key)
{
	size_t lo = from, hi = from + n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = by_value(&o->v.v[mid], key);

		if (d == 0)
			return &o->v.v[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static const struct override *find_net(const struct overrides *o, struct cidr net)
{
	struct override key = { .type = IT_CIDR };
	const struct override *found;

	for (int len = o->nets ? net.len : -1; len >= 0; len--) {
		if (!(o->lengths[len / 64] >> len % 64 & 1))
			continue;
		key.net = (struct cidr){ ip_mask(net.ip, (unsigned)len), (unsigned char)len };
		found = exactly(o, 0, o->nets, &key);
		if (found)
			return found;
	}
	return NULL;
}

static const struct override *find_name(const struct overrides *o, struct str name)
{
	struct override key = { .type = IT_DOMAIN };
	const struct override *found;

	for (key.value = name; o->names && key.value.n; key.value = name_parent(key.value)) {
		found = exactly(o, o->nets, o->names, &key);
		if (found)
			return found;
	}
	return NULL;
}

const struct override *overrides_find(const struct overrides *o, const struct indicator *i)
{
	struct override key = { .type = i->type, .value = i->value };

	if (is_net(i->type))
		return find_net(o, i->net);
	if (i->type == IT_DOMAIN)
		return find_name(o, i->value);
	return exactly(o, o->nets + o->names, o->texts, &key);
}

/* The first of those from `from` on that stands behind the key. */
static size_t behind(const struct overrides *o, size_t from, size_t n, const struct override *key)
{
	size_t lo = from, hi = from + n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_value(&o->v.v[mid], key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What lies in a network or below a name follows it at once. Whoever asks about all indicators
 * walks over each override once for each indicator that holds it. */
const struct override *overrides_allowed_in(const struct overrides *o, const struct indicator *i)
{
	const struct override key = { .type = i->type, .net = i->net, .value = i->value };
	bool net = is_net(i->type);
	size_t end = net ? o->nets : o->nets + o->names, at;

	if (net ? !o->nets || i->net.len == 128 : !o->names || i->type != IT_DOMAIN)
		return NULL;
	for (at = behind(o, end - (net ? o->nets : o->names), net ? o->nets : o->names, &key);
	     at < end; at++) {
		const struct override *one = &o->v.v[at];

		if (net ? !cidr_has(i->net, one->net.ip) : !name_under(one->value, i->value))
			break;
		if (one->verdict == DECIDED_ALLOW)
			return one;
	}
	return NULL;
}

void override_detail(struct buf *b, const struct override *o)
{
	buf_c(b, "override: ");
	if (is_net(o->type))
		cidr_format(b, o->net);
	else
		buf_puts(b, o->value);
	buf_c(b, " (");
	buf_puts(b, o->author);
	buf_c(b, ": ");
	buf_puts(b, o->reason);
	buf_ch(b, ')');
}
