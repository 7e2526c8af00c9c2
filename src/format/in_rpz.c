/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Response policy zones as zone files (draft-vixie-dnsop-dns-rpz): owners below the zone's own name
 * say what is meant. A name means itself, `*.name` what is below it; addresses and networks are
 * written backwards with their length in front, `zz` for `::`, below rpz-ip (in answers) and
 * rpz-nsip (of name servers); rpz-nsdname names name servers. Whatever is done with such an answer
 * (NXDOMAIN, NODATA, drop, other data) makes an indicator, but for what is let through
 * (rpz-passthru, and the older CNAME to itself) or merely slowed (rpz-tcp-only). rpz-client-ip is
 * about clients of one's own.
 */
#include "format/ind_row.h"
#include "format/text.h"
#include "format/zone.h"

#define SNIFF_ENTRIES 300

struct policy {
	struct sink *sink;
	char apex[256]; /* the zone's own name, known from its SOA or the first $ORIGIN */
	size_t apex_n;
	bool has_apex;
	char last[256]; /* what was told last: a name has many records, and its wildcard beside it */
	size_t last_n;
};

static bool harmless(struct str name, struct str target)
{
	if (str_istarts(target, STR("rpz-passthru")) || str_istarts(target, STR("rpz-tcp-only")))
		return true;
	if (target.n > 1 && target.p[target.n - 1] == '.')
		target.n--;
	return str_ieq(name, target);
}

static bool action(struct str target)
{
	return str_is(target, ".") || str_is(target, "*.") || str_istarts(target, STR("rpz-"));
}

/* ---- addresses -------------------------------------------------------------------------------- */

/* `32.7.100.51.198` or `48.zz.db8.2001` (without what follows it). NULL, or what is wrong. */
static const char *network(struct str s, struct cidr *out)
{
	struct str label[10], part, rest = s;
	char text[64];
	size_t n = 0, at = 0;
	uint64_t len;
	struct ip ip;
	bool v4;

	while (str_cut(&rest, '.', &part)) {
		if (n == 10 || part.n == 0 || part.n > 4)
			return "not an address written backwards";
		label[n++] = part;
	}
	if (n < 2 || !str_u64(label[0], UINT64_MAX, &len))
		return "no prefix length in front of the address";
	v4 = n == 5;
	for (size_t i = 1; i < n; i++)
		v4 = v4 && !str_iis(label[i], "zz");
	for (size_t i = n; i-- > 1;) {
		bool zz = str_iis(label[i], "zz");

		if (at && (v4 || text[at - 1] != ':'))
			text[at++] = v4 ? '.' : ':';
		if (zz) {
			if (at == 0)
				text[at++] = ':';
			text[at++] = ':';
		} else {
			memcpy(text + at, label[i].p, label[i].n);
			at += label[i].n;
		}
	}
	if (!ip_parse((struct str){ text, at }, &ip) || ip_is_v4(ip) != v4)
		return "not an address written backwards";
	if (len == 0 || len > (v4 ? 32 : 128))
		return v4 ? "a prefix length from 1 to 32 is due"
			  : "a prefix length from 1 to 128 is due";
	len += v4 ? 96 : 0;
	if (!ip_eq(ip_mask(ip, (unsigned)len), ip))
		return "bits are set behind the prefix";
	*out = (struct cidr){ ip, (unsigned char)len };
	return NULL;
}

/* ---- triggers --------------------------------------------------------------------------------- */

static bool below(struct str *name, const char *what)
{
	struct str w = str_of(what);

	if (!str_ends(*name, w) || name->n <= w.n + 1 || name->p[name->n - w.n - 1] != '.')
		return false;
	name->n -= w.n + 1;
	return true;
}

static void told(struct policy *p, struct indicator *ind)
{
	p->sink->indicator(p->sink->ctx, ind);
}

static void trigger(struct policy *p, struct str name, struct str reference)
{
	struct indicator ind = indicator_init();
	bool servers = false, clients = false;
	const char *why;

	ind.reference = reference;
	if (below(&name, "rpz-ip") || (servers = below(&name, "rpz-nsip")) ||
	    (clients = below(&name, "rpz-client-ip"))) {
		why = network(name, &ind.net);
		if (why) {
			sink_bad(p->sink, "%s", why);
		} else if (clients) {
			p->sink->unused++;
		} else {
			ind.type = ind.net.len == 128 ? IT_IP : IT_CIDR;
			ind.role = servers ? ROLE_OTHER : ROLE_CONTROLLER;
			told(p, &ind);
		}
		return;
	}
	if (below(&name, "rpz-nsdname"))
		ind.role = ROLE_OTHER;
	if (str_is(name, "*")) {
		sink_bad(p->sink, "a policy for all names there are");
		return;
	}
	(void)ind_give(name, SAID_DOMAIN, &ind, p->sink);
}

/* The link in a comment: lists say there why a name is on them. */
static struct str link_in(struct str comment)
{
	size_t at = str_find(comment, STR("http"));
	struct str s = at == SIZE_MAX ? STR_NONE : str_skip(comment, at);

	s = str_head(s, str_chr(s, ' '));
	return str_find(s, STR("://")) == SIZE_MAX ? STR_NONE : s;
}

static bool within(const struct policy *p, struct str *owner)
{
	struct str apex = { p->apex, p->apex_n };

	if (apex.n == 0)
		return true;
	if (!str_ends(*owner, apex) || owner->n < apex.n + 2 || owner->p[owner->n - apex.n - 1] != '.')
		return false;
	owner->n -= apex.n + 1;
	return true;
}

static void set_apex(struct policy *p, struct str name)
{
	memcpy(p->apex, name.p, name.n);
	p->apex_n = name.n;
	p->has_apex = true;
}

static void record(struct policy *p, const struct zone_rr *rr, struct str comment)
{
	static const char *const data[] = { "A",     "AAAA", "TXT",  "MX",    "SRV", "DNAME",
					    "HINFO", "PTR",  "SVCB", "HTTPS", "CAA" };
	struct str owner = rr->owner, plain;
	bool is_cname = str_iis(rr->type, "CNAME"), is_data = is_cname;

	if (str_iis(rr->type, "SOA")) {
		set_apex(p, owner);
		return;
	}
	if (str_eq(owner, (struct str){ p->apex, p->apex_n }))
		return; /* the zone's own name servers and the like */
	for (size_t i = 0; i < sizeof data / sizeof data[0]; i++)
		is_data |= str_iis(rr->type, data[i]);
	if (!within(p, &owner)) {
		sink_bad(p->sink, "a name outside the zone");
		return;
	}
	if (!is_data || (is_cname && rr->n_data == 0)) {
		/* Signatures and delegations are no policy. */
		if (is_data)
			sink_bad(p->sink, "a CNAME to nothing");
		else
			p->sink->unused++;
		return;
	}
	plain = owner;
	if (str_starts(plain, STR("*.")))
		plain = str_skip(plain, 2);
	if (is_cname && harmless(owner, rr->data[0])) {
		p->sink->unused++;
		return;
	}
	if (plain.n && str_eq(plain, (struct str){ p->last, p->last_n }))
		return;
	memcpy(p->last, plain.p, plain.n);
	p->last_n = plain.n;
	buf_clear(&p->sink->scratch);
	trigger(p, plain.n ? plain : owner, link_in(comment));
}

/* ---- files ------------------------------------------------------------------------------------ */

static int rpz_sniff(const struct sample *s)
{
	struct str head = s->head;
	struct zone z;
	struct zone_entry e;
	struct zone_rr rr;
	const char *why;
	unsigned policies = 0, others = 0, odd = 0, n = 0;

	if (sample_binary(s))
		return 0;
	/* The last line may be cut short. */
	while (!s->whole && head.n && head.p[head.n - 1] != '\n')
		head.n--;
	z = zone_begin(head);
	while (n++ < SNIFF_ENTRIES && zone_next(&z, &e, &why)) {
		if (why || !zone_entry_rr(&z, &e, &rr, &why)) {
			odd++;
			continue;
		}
		if (str_iis(rr.type, "CNAME") && rr.n_data == 1 && action(rr.data[0]))
			policies++;
		else if (rr.type.n && rr.n_data == 0)
			odd++;
		else
			others++;
	}
	if (policies == 0 || odd > 1 + (policies + others) / 4)
		return 0;
	return policies * 4 >= others ? 90 : 50;
}

static void rpz_block(const struct layout *l, const struct reader_hints *h, struct str block,
		      struct sink *sink)
{
	struct policy p = { .sink = sink };
	struct zone z = zone_begin(block);
	struct zone_entry e;
	struct zone_rr rr;
	const char *why;

	(void)l;
	(void)h;
	while (zone_next(&z, &e, &why)) {
		sink->line = e.line;
		if (why || !zone_entry_rr(&z, &e, &rr, &why)) {
			sink_bad(sink, "%s", why);
			continue;
		}
		if (rr.type.n)
			record(&p, &rr, e.comment);
		else if (!p.has_apex && z.has_origin)
			set_apex(&p, (struct str){ z.origin, z.origin_n });
	}
}

const struct reader reader_rpz = {
	.name = "rpz",
	.title = "response policy zones (RPZ) as zone files",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = rpz_sniff,
	.block = rpz_block,
};
