/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts files (hosts(5)) that keep names from being reached: an address that leads nowhere and
 * names that shall lead there, many on a line. The entries that every such file has for the
 * machine itself, and names that are pinned to some real address, are no indicators and are
 * counted as unused. A plain list may hold such lines too (in_list.c); this is for files that are
 * nothing else.
 */
#include "format/ind_row.h"
#include "format/text.h"

#define SNIFF_LINES 200

static bool word(struct str *rest, struct str *out)
{
	struct str s = str_trim(*rest);
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t' && s.p[n] != '#')
		n++;
	*out = str_head(s, n);
	*rest = str_skip(s, n);
	return n > 0;
}

/* An address, a scope behind it passed over (fe80::1%lo0). */
static bool address(struct str s, struct ip *out)
{
	return ip_parse(str_head(s, str_chr(s, '%')), out);
}

/* Not the rest of 127/8, where distributions put a machine's own name. */
static bool nowhere(struct ip a)
{
	return ip_eq(a, ip_v4(0)) || ip_eq(a, ip_v4(0x7f000001)) || (a.hi == 0 && a.lo <= 1);
}

/* What a machine calls itself. */
static bool of_machine(struct str name)
{
	static const char *const ends[] = { ".local", ".localdomain", ".localhost", ".lan" };

	if (str_chr(name, '.') == SIZE_MAX || str_is(name, "0.0.0.0"))
		return true;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (str_ends(name, str_of(ends[i])))
			return true;
	return false;
}

static int hosts_sniff(const struct sample *s)
{
	struct str rest = s->head, line, first, name;
	unsigned lines = 0, hosts = 0, blocked = 0, pinned = 0;
	struct ip ip;

	if (sample_binary(s))
		return 0;
	while (lines < SNIFF_LINES && sample_entry(s, &rest, &line)) {
		lines++;
		if (!word(&line, &first) || !address(first, &ip) || !word(&line, &name))
			continue;
		hosts++;
		blocked += nowhere(ip) && !of_machine(name);
		pinned += !nowhere(ip) && !of_machine(name);
	}
	return blocked > pinned && hosts * 10 >= lines * 9 ? 45 : 0;
}

static void hosts_line(struct str line, struct sink *sink)
{
	struct str first, name;
	struct ip ip;
	bool any = false;

	if (!word(&line, &first))
		return;
	if (!address(first, &ip)) {
		sink_bad(sink, "no address at the beginning of the line");
		return;
	}
	while (word(&line, &name)) {
		struct indicator ind = indicator_init();

		any = true;
		if (!nowhere(ip) || of_machine(name)) {
			sink->unused++;
			continue;
		}
		buf_clear(&sink->scratch);
		if (!ind_give(name, SAID_DOMAIN, &ind, sink))
			return;
	}
	if (!any)
		sink_bad(sink, "an address without a name");
}

static void hosts_block(const struct layout *l, const struct reader_hints *h, struct str block,
			struct sink *sink)
{
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		sink_line(sink);
		hosts_line(line, sink);
	}
}

const struct reader reader_hosts = {
	.name = "hosts",
	.title = "hosts files that block names",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = hosts_sniff,
	.block = hosts_block,
};
