/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stix.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/sha.h"

/* For observables STIX fixes the namespace (section 2.9) and lets nothing else use it; ours is a
 * random UUID. */
static const unsigned char of_stix[16] = { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
					   0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7 };
static const unsigned char of_nezumi[16] = { 0x5b, 0x0a, 0x77, 0x1e, 0x93, 0x2d, 0x4c, 0x61,
					     0xa8, 0x4f, 0x17, 0xd6, 0x2e, 0x90, 0xc3, 0x58 };

void indicators_csv(struct buf *b, const struct view *v, size_t max)
{
	const struct answer *a = v->a;

	buf_c(b, "value,type,families,country,asn,as_name,hosts,organisations,records,first_seen,last_seen,action,action_reason\r\n");
	for (size_t i = 0; i < a->n_controllers && i < max; i++) {
		const struct answer_controller *c = &a->controllers[i];
		struct buf names;

		buf_init(&names, 0);
		for (size_t k = 0; k < c->n_families; k++) {
			buf_c(&names, k ? "; " : "");
			buf_puts(&names, c->families[k]);
		}
		esc_csv(b, c->value);
		buf_fmt(b, ",%s,", itype_text(c->type));
		esc_csv(b, buf_str(&names));
		buf_free(&names);
		buf_ch(b, ',');
		esc_csv(b, c->country);
		buf_ch(b, ',');
		if (c->asn)
			buf_u64(b, c->asn);
		buf_ch(b, ',');
		esc_csv(b, c->as_name);
		buf_fmt(b, ",%llu,%llu,%llu,", (unsigned long long)c->hosts,
			(unsigned long long)c->orgs, (unsigned long long)c->records);
		time_format(b, c->first);
		buf_ch(b, ',');
		time_format(b, c->last);
		buf_fmt(b, ",%s,%s\r\n", action_text(why_action(c->why)), why_text(c->why));
	}
}

/* ---- STIX ---- */

/* A time as STIX writes it, the same instant always the same: to the second. */
static void stamp(struct buf *b, int64_t t)
{
	time_format(b, t >= 0 ? t / TIME_S * TIME_S : 0);
}

/* created and modified are given to the millisecond (STIX 2.1, sections 3.2 and 3.3). */
static void stamp_ms(struct buf *b, int64_t t)
{
	stamp(b, t);
	b->n--;
	buf_c(b, ".000Z");
}

/*
 * The value of an observable: a URL that was listed with bytes that no URI holds (RFC 3986) has
 * them percent-encoded; patterns keep it as it was met.
 */
static void observable_value(struct buf *b, const struct answer_controller *c)
{
	static const char uri[] = "-._~:/?#[]@!$&'()*+,;=%";

	for (size_t i = 0; i < c->value.n; i++) {
		unsigned char ch = (unsigned char)c->value.p[i];
		bool plain = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
			     (ch >= 'A' && ch <= 'Z') || (ch && strchr(uri, ch));

		if (c->type != IT_URL || plain)
			buf_ch(b, (char)ch);
		else
			buf_fmt(b, "%%%02X", ch);
	}
}

/* A string by RFC 8785: quotes, backslash and control characters are escaped, nothing else is. */
static void canonical(struct buf *b, struct str s)
{
	buf_ch(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		static const char short_for[] = "btnvfr";

		if (c == '"' || c == '\\')
			buf_fmt(b, "\\%c", c);
		else if (c >= 8 && c <= 13 && c != 11)
			buf_fmt(b, "\\%c", short_for[c - 8]);
		else if (c < 0x20)
			buf_fmt(b, "\\u%04x", c);
		else
			buf_ch(b, (char)c);
	}
	buf_ch(b, '"');
}

static const char *observable_type(const struct answer_controller *c)
{
	switch (c->type) {
	case IT_DOMAIN:
		return "domain-name";
	case IT_URL:
		return "url";
	case IT_IP:
	case IT_CIDR:
	case IT_HASH:
		break;
	}
	return str_chr(c->value, ':') == SIZE_MAX ? "ipv4-addr" : "ipv6-addr";
}

static void observable_id(struct buf *b, const struct answer_controller *c)
{
	struct buf key, value;

	buf_init(&key, 0);
	buf_init(&value, 0);
	observable_value(&value, c);
	buf_c(&key, "{\"value\":");
	canonical(&key, buf_str(&value));
	buf_ch(&key, '}');
	buf_fmt(b, "%s--", observable_type(c));
	uuid5(b, of_stix, buf_str(&key));
	buf_free(&value);
	buf_free(&key);
}

static void as_id(struct buf *b, uint32_t asn)
{
	struct buf key;

	buf_init(&key, 0);
	buf_fmt(&key, "{\"number\":%u}", asn);
	buf_c(b, "autonomous-system--");
	uuid5(b, of_stix, buf_str(&key));
	buf_free(&key);
}

/* An identifier of our own from the type, what it is about, and when it was first seen: that is its
 * `created`. */
static void own_id(struct buf *b, const char *type, struct str about, int64_t first)
{
	struct buf key;

	buf_init(&key, 0);
	buf_c(&key, type);
	buf_ch(&key, '\n');
	buf_puts(&key, about);
	buf_ch(&key, '\n');
	stamp(&key, first);
	buf_fmt(b, "%s--", type);
	uuid5(b, of_nezumi, buf_str(&key));
	buf_free(&key);
}

static void begin(struct buf *b, const char *type)
{
	buf_fmt(b, ",\n{\"type\":\"%s\",\"spec_version\":\"2.1\",\"id\":\"", type);
}

static void dated(struct buf *b, int64_t created, int64_t modified)
{
	buf_c(b, "\",\"created_by_ref\":\"");
	own_id(b, "identity", STR("Nezumi"), 0);
	buf_c(b, "\",\"created\":\"");
	stamp_ms(b, created);
	buf_c(b, "\",\"modified\":\"");
	stamp_ms(b, modified < created ? created : modified);
	buf_ch(b, '"');
}

struct thing {
	const char *type;
	struct str about;
	int64_t first;
	const struct answer_controller *observable; /* instead */
};

static void thing_id(struct buf *b, const struct thing *t)
{
	if (t->observable)
		observable_id(b, t->observable);
	else
		own_id(b, t->type, t->about, t->first);
}

static void relation(struct buf *b, const char *verb, const struct thing *from,
		     const struct thing *to, int64_t created, int64_t modified)
{
	struct buf key;

	buf_init(&key, 0);
	thing_id(&key, from);
	buf_fmt(&key, " %s ", verb);
	thing_id(&key, to);
	begin(b, "relationship");
	own_id(b, "relationship", buf_str(&key), created);
	dated(b, created, modified);
	buf_fmt(b, ",\"relationship_type\":\"%s\",\"source_ref\":\"", verb);
	thing_id(b, from);
	buf_c(b, "\",\"target_ref\":\"");
	thing_id(b, to);
	buf_c(b, "\"}");
	buf_free(&key);
}

/* A string inside a pattern: backslash and quote are escaped there, and then the whole in JSON. */
static void pattern(struct buf *b, const struct answer_controller *c)
{
	struct buf p;

	buf_init(&p, 0);
	buf_fmt(&p, "[%s:value = '", observable_type(c));
	for (size_t i = 0; i < c->value.n; i++) {
		if (c->value.p[i] == '\'' || c->value.p[i] == '\\')
			buf_ch(&p, '\\');
		buf_ch(&p, c->value.p[i]);
	}
	buf_c(&p, "']");
	json_put(b, buf_str(&p));
	buf_free(&p);
}

static bool as_before(const struct answer *a, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (a->controllers[k].asn == a->controllers[i].asn)
			return true;
	return false;
}

static bool is_family(const struct view *v, struct str name)
{
	for (size_t i = 0; i < v->n_families; i++)
		if (str_eq(v->families[i].name, name))
			return name.n > 0;
	return false;
}

static void one_controller(struct buf *b, const struct view *v, size_t i)
{
	const struct answer_controller *c = &v->a->controllers[i];
	struct thing seen = { .observable = c };
	struct thing machine = { "infrastructure", c->value, c->first, NULL };
	struct thing indicator = { "indicator", c->value, c->first, NULL };
	struct buf value;

	if (c->asn && !as_before(v->a, i)) {
		begin(b, "autonomous-system");
		as_id(b, c->asn);
		buf_fmt(b, "\",\"number\":%u", c->asn);
		if (c->as_name.n) {
			buf_c(b, ",\"name\":");
			json_put(b, c->as_name);
		}
		buf_ch(b, '}');
	}
	begin(b, observable_type(c));
	observable_id(b, c);
	buf_c(b, "\",\"value\":");
	buf_init(&value, 0);
	observable_value(&value, c);
	json_put(b, buf_str(&value));
	buf_free(&value);
	if (c->asn && c->type == IT_IP) {
		buf_c(b, ",\"belongs_to_refs\":[\"");
		as_id(b, c->asn);
		buf_c(b, "\"]");
	}
	buf_ch(b, '}');
	begin(b, "infrastructure");
	thing_id(b, &machine);
	dated(b, c->first, c->last);
	buf_c(b, ",\"name\":");
	json_put(b, c->value);
	buf_c(b, ",\"infrastructure_types\":[\"command-and-control\"],\"first_seen\":\"");
	stamp(b, c->first);
	/* last_seen must not come before first_seen, and equal is allowed. */
	buf_c(b, "\",\"last_seen\":\"");
	stamp(b, c->last);
	buf_c(b, "\"}");
	begin(b, "indicator");
	thing_id(b, &indicator);
	dated(b, c->first, c->last);
	buf_c(b, ",\"name\":");
	json_put(b, c->value);
	buf_fmt(b, ",\"description\":\"Contacted by %llu hosts of %llu organisations, ",
		(unsigned long long)c->hosts, (unsigned long long)c->orgs);
	time_format_date(b, c->first);
	buf_c(b, " to ");
	time_format_date(b, c->last);
	buf_c(b, ".\",\"indicator_types\":[\"malicious-activity\"],\"pattern\":");
	pattern(b, c);
	buf_c(b, ",\"pattern_type\":\"stix\",\"valid_from\":\"");
	stamp(b, c->first);
	buf_ch(b, '"');
	/* For consumers that block what they are given. */
	if (why_action(c->why) != ACTION_BLOCK)
		buf_c(b, ",\"labels\":[\"inform-only\"]");
	buf_ch(b, '}');
	relation(b, "consists-of", &machine, &seen, c->first, c->last);
	relation(b, "indicates", &indicator, &machine, c->first, c->last);
	for (size_t k = 0; k < c->n_families; k++) {
		struct thing malware = { "malware", c->families[k], v->first, NULL };

		/* Only what stands in the bundle. */
		if (!is_family(v, c->families[k]))
			continue;
		relation(b, "indicates", &indicator, &malware, c->first, c->last);
		relation(b, "beacons-to", &malware, &machine, c->first, c->last);
	}
}

void indicators_stix(struct buf *b, const struct view *v, size_t max)
{
	const struct answer *a = v->a;
	struct buf about;

	buf_init(&about, 0);
	for (size_t i = 0; i < a->n_controllers && i < max; i++) {
		buf_puts(&about, a->controllers[i].value);
		stamp(&about, a->controllers[i].last);
	}
	buf_c(b, "{\"type\":\"bundle\",\"id\":\"");
	own_id(b, "bundle", buf_str(&about), v->first == TIME_NONE ? 0 : v->first);
	buf_free(&about);
	buf_c(b, "\",\"objects\":[\n{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"");
	own_id(b, "identity", STR("Nezumi"), 0);
	buf_c(b, "\",\"created\":\"1970-01-01T00:00:00.000Z\",\"modified\":\"1970-01-01T00:00:00.000Z\",\"name\":\"Nezumi\",\"identity_class\":\"system\"}");
	for (size_t i = 0; i < v->n_families; i++) {
		const struct view_family *f = &v->families[i];
		bool used = false;

		for (size_t k = 0; k < f->n_controllers && !used; k++)
			used = f->controllers[k] < max;
		if (!f->name.n || !used)
			continue;
		begin(b, "malware");
		own_id(b, "malware", f->name, v->first);
		dated(b, v->first, f->last);
		buf_c(b, ",\"name\":");
		json_put(b, f->name);
		buf_c(b, ",\"is_family\":true}");
	}
	for (size_t i = 0; i < a->n_controllers && i < max; i++)
		one_controller(b, v, i);
	buf_c(b, "\n]}\n");
}
