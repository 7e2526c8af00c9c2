/* SPDX-License-Identifier: Apache-2.0 */
/* The name in a certificate (RFC 5280 4.1): as much of DER (X.690) as it takes to find it. */
#include "base/wire.h"
#include "format/talk_parts.h"

enum {
	SEQUENCE = 0x30,
	SET = 0x31,
	OID = 6,
	EXTENSIONS = 0xa3,
	VERSION = 0xa0,
	OCTETS = 4,
	DNS_NAME = 0x82
};

/* The next element; its contents, and its tag (0 when there is none). */
static struct wire element(struct wire *w, unsigned *tag)
{
	size_t n;

	*tag = wire_u8(w);
	n = wire_u8(w);
	if (n > 0x80)
		n = n - 0x80 > 4 ? SIZE_MAX : (size_t)wire_uint(w, n - 0x80);
	else if (n == 0x80)
		n = SIZE_MAX;
	if (w->bad || n > wire_left(w)) {
		*tag = 0;
		w->bad = true;
		return (struct wire){ w->end, w->end, true };
	}
	return wire_sub(w, n);
}

static struct wire inside(struct wire *w, unsigned want)
{
	unsigned tag;
	struct wire in = element(w, &tag);

	if (tag != want)
		in = (struct wire){ w->end, w->end, true };
	return in;
}

static bool is_oid(struct wire *w, const char *bytes)
{
	struct wire oid = inside(w, OID);

	return !oid.bad && wire_left(&oid) == 3 && memcmp(oid.p, bytes, 3) == 0;
}

static struct str text_of(struct wire w)
{
	struct str s = { (const char *)w.p, wire_left(&w) };

	/* It stands for all names below: the name itself is what can be said. */
	if (s.n > 2 && s.p[0] == '*' && s.p[1] == '.')
		s = str_skip(s, 2);
	return s;
}

/* Is it a host's name, rather than a person's or a product's? */
static bool is_name(struct str s)
{
	bool dot = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		dot |= c == '.' && i && i + 1 < s.n;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_' || c == '.'))
			return false;
	}
	return dot && s.n < 254;
}

static struct str common_name(struct wire subject)
{
	struct str found = STR_NONE;

	while (!subject.bad && wire_left(&subject)) {
		struct wire set = inside(&subject, SET), pair = inside(&set, SEQUENCE);
		unsigned tag;

		if (!is_oid(&pair, "\x55\x04\x03"))
			continue;
		pair = element(&pair, &tag);
		if (!pair.bad && is_name(text_of(pair)))
			found = text_of(pair);
	}
	return found;
}

static struct str alternative_name(struct wire extensions)
{
	struct wire list = inside(&extensions, SEQUENCE);

	while (!list.bad && wire_left(&list)) {
		struct wire one = inside(&list, SEQUENCE), value, names;
		unsigned tag;

		if (!is_oid(&one, "\x55\x1d\x11"))
			continue;
		value = element(&one, &tag);
		if (tag == 1) /* critical */
			value = element(&one, &tag);
		names = inside(&value, SEQUENCE);
		while (!names.bad && wire_left(&names)) {
			struct wire name = element(&names, &tag);

			if (tag == DNS_NAME && is_name(text_of(name)))
				return text_of(name);
		}
	}
	return STR_NONE;
}

struct str x509_name(struct str der)
{
	struct wire w = wire_of(der), certificate = inside(&w, SEQUENCE);
	struct wire body = inside(&certificate, SEQUENCE), subject;
	struct str name;
	unsigned tag;

	(void)element(&body, &tag);
	if (tag == VERSION)
		(void)element(&body, &tag); /* the serial number */
	for (unsigned i = 0; i < 3; i++)    /* algorithm, issuer, validity */
		(void)element(&body, &tag);
	subject = inside(&body, SEQUENCE);
	name = common_name(subject);
	while (name.n == 0 && !body.bad && wire_left(&body)) {
		struct wire e = element(&body, &tag);

		if (tag == EXTENSIONS)
			name = alternative_name(e);
	}
	return name;
}
