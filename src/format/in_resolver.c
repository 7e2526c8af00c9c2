/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that a resolver is told not to answer for, as dnsmasq and unbound are configured:
 *
 *   address=/evil.example/0.0.0.0      and #, nothing, 127.0.0.1, :: ; several names
 *   server=/evil.example/              local=/evil.example/
 *   local-zone: "evil.example" always_nxdomain      and the other ways to refuse
 *   local-data: "evil.example A 0.0.0.0"
 *
 * Names that lead to a real address or to another server, names of the house itself, and all other
 * settings are counted as unused.
 */
#include "format/ind_row.h"
#include "format/text.h"

enum { SNIFF_LINES = 200 };

/* Where names lead that nobody shall reach. */
static bool nowhere(struct str s)
{
	struct ip ip;

	return s.n == 0 || str_is(s, "#") ||
	       (ip_parse(s, &ip) &&
		(ip_eq(ip, ip_v4(0)) || ip_eq(ip, ip_v4(0x7f000001)) || (ip.hi == 0 && ip.lo <= 1)));
}

static bool of_house(struct str name)
{
	static const char *const ends[] = { ".arpa", ".local",    ".localdomain", ".lan",
					    ".home", ".internal", ".localhost" };

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (str_chr(name, '.') == SIZE_MAX)
		return true;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (str_ends(name, str_of(ends[i])))
			return true;
	return false;
}

/* What stands between the quotes, either kind, and behind them. */
static bool quoted(struct str *rest, struct str *out)
{
	struct str s = str_trim(*rest);
	size_t end;

	if (s.n == 0 || (s.p[0] != '"' && s.p[0] != '\''))
		return str_word(rest, out);
	end = str_chr(str_skip(s, 1), s.p[0]);
	if (end == SIZE_MAX)
		return false;
	*out = str_head(str_skip(s, 1), end);
	*rest = str_skip(s, end + 2);
	return true;
}

/* dnsmasq's "/name/name/to": the names with the slashes between them. */
static bool dnsmasq(struct str line, struct str *names)
{
	static const char *const settings[] = { "address=/", "server=/", "local=/" };
	struct str to;
	size_t at;

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		struct str begin = str_of(settings[i]);

		if (!str_starts(line, begin))
			continue;
		line = str_skip(line, begin.n);
		for (at = line.n; at && line.p[at - 1] != '/'; at--)
			;
		to = str_trim(str_skip(line, at));
		*names = at ? str_head(line, at - 1) : STR_NONE;
		/* Of what a server is asked for, "#" are the usual ones. */
		return names->n && (i == 0 ? nowhere(to) : to.n == 0);
	}
	return false;
}

static bool refuses(struct str how)
{
	static const char *const ways[] = {
		"always_nxdomain", "always_refuse", "always_null", "always_deny", "always_nodata",
		"refuse",          "deny",          "inform_deny", "static",
	};

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (str_is(how, ways[i]))
			return true;
	return false;
}

/* "evil.example. 60 IN A 0.0.0.0" */
static bool leads_nowhere(struct str record, struct str *name)
{
	struct str w = STR_NONE, type = STR_NONE;

	if (!str_word(&record, name))
		return false;
	while (str_word(&record, &w) && !str_iis(type, "A") && !str_iis(type, "AAAA"))
		type = w;
	return (str_iis(type, "A") || str_iis(type, "AAAA")) && w.n && nowhere(w);
}

static bool unbound(struct str line, struct str *name)
{
	struct str rest, how;

	if (str_starts(line, STR("local-zone:"))) {
		rest = str_skip(line, strlen("local-zone:"));
		return quoted(&rest, name) && str_word(&rest, &how) && refuses(how);
	}
	if (!str_starts(line, STR("local-data:")))
		return false;
	rest = str_skip(line, strlen("local-data:"));
	return quoted(&rest, &how) && leads_nowhere(how, name);
}

static int resolver_sniff(const struct sample *s)
{
	struct str rest = s->head, line, names;
	unsigned lines = 0, good = 0;

	if (sample_binary(s))
		return 0;
	while (lines < SNIFF_LINES && sample_entry(s, &rest, &line)) {
		if (str_is(line, "server:"))
			continue;
		lines++;
		good += dnsmasq(line, &names) || unbound(line, &names) ||
			str_starts(line, STR("local-zone:"));
	}
	return good && good * 10 >= lines * 7 ? 86 : 0;
}

static void give(struct str name, struct sink *sink)
{
	struct indicator ind = indicator_init();

	buf_clear(&sink->scratch);
	if (of_house(name))
		sink->unused++;
	else
		(void)ind_give(name, SAID_DOMAIN, &ind, sink);
}

static void resolver_block(const struct layout *l, const struct reader_hints *h, struct str block,
			   struct sink *sink)
{
	struct str line, names, name;

	(void)l;
	(void)h;
	while (block_entry(&block, &line, sink)) {
		size_t comment = str_find(line, STR(" #"));

		line = str_trim(str_head(line, comment));
		if (dnsmasq(line, &names))
			while (str_cut(&names, '/', &name))
				give(name, sink);
		else if (unbound(line, &name))
			give(name, sink);
		else
			sink->unused++;
	}
}

const struct reader reader_resolver = {
	.name = "resolver",
	.title = "names that dnsmasq or unbound are told not to answer for",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = resolver_sniff,
	.block = resolver_block,
};
