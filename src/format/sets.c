/* SPDX-License-Identifier: Apache-2.0 */
#include "format/sets.h"

static bool contains(struct str s, const char *word)
{
	struct str w = str_of(word);

	for (; s.n >= w.n; s = str_skip(s, 1))
		if (str_ieq(str_head(s, w.n), w))
			return true;
	return false;
}

bool set_lets_through(struct str name)
{
	static const char *const words[] = { "white",  "allow",  "trust",  "permit", "accept",
					     "bypass", "exempt", "ignore", "exclu",  "good" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (contains(name, words[i]))
			return true;
	return false;
}

/* The largest network that begins with *from and does not reach beyond `to`. */
static struct cidr first_of(struct ip from, struct ip to)
{
	struct cidr c = { from, 128 };

	while (c.len > (ip_is_v4(from) ? 96 : 0)) {
		struct cidr wider = { from, (unsigned char)(c.len - 1) };

		if (!ip_eq(ip_mask(from, wider.len), from) || ip_cmp(cidr_last(wider), to) > 0)
			break;
		c = wider;
	}
	return c;
}

static void give_range(struct ip from, struct ip to, const struct indicator *like,
		       struct set_budget *budget, struct sink *sink)
{
	struct indicator ind = *like;

	for (;;) {
		struct ip last;

		if (budget->left == 0) {
			if (!budget->told)
				sink_bad(sink, "more networks by ranges than the size of the file "
					       "allows; from here on ranges are left out");
			budget->told = true;
			return;
		}
		budget->left--;

		ind.net = first_of(from, to);
		ind.type = ind.net.len == 128 ? IT_IP : IT_CIDR;
		sink->indicator(sink->ctx, &ind);
		last = cidr_last(ind.net);
		if (ip_cmp(last, to) >= 0)
			return;
		from = (struct ip){ last.hi + (last.lo == UINT64_MAX), last.lo + 1 };
	}
}

void set_give(struct str text, const struct indicator *like, struct set_budget *budget, struct sink *sink)
{
	size_t dash = str_chr(text, '-');
	struct indicator ind = *like;
	struct ip from, to;

	if (dash != SIZE_MAX && ip_parse(str_trim(str_head(text, dash)), &from)) {
		if (!ip_parse(str_trim(str_skip(text, dash + 1)), &to) ||
		    ip_is_v4(from) != ip_is_v4(to) || ip_cmp(from, to) > 0)
			sink_bad(sink, "a range of addresses that does not go upwards");
		else
			give_range(from, to, like, budget, sink);
		return;
	}
	buf_clear(&sink->scratch);
	(void)ind_give(text, SAID_ADDRESS, &ind, sink);
}
