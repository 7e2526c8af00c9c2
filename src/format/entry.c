/* SPDX-License-Identifier: Apache-2.0 */
#include "format/entry.h"

#include "core/name.h"

static bool digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static enum err as_number(struct str s, struct entry *out, struct errinfo *ei)
{
	uint64_t v;

	if (!str_u64(s, UINT32_MAX, &v) || v == 0)
		return err_set(ei, ERR_PARSE, "an AS number is from 1 to 4294967295");
	*out = (struct entry){ .type = ENTRY_AS, .as = (uint32_t)v };
	return ERR_OK;
}

enum err entry_parse(struct str text, bool bare_as, struct buf *scratch, struct entry *out,
		     struct errinfo *ei)
{
	struct entry e = { .type = ENTRY_NET, .name = STR_NONE };
	struct str s = str_trim(text);
	size_t begin = scratch->n, slash;
	struct ip ip;
	enum err err;

	if (s.n == 0)
		return err_set(ei, ERR_PARSE, "no address, network, AS number or name");
	if (cidr_parse(s, &e.net)) {
		*out = e;
		return ERR_OK;
	}
	if (bare_as && digits(s))
		return as_number(s, out, ei);
	if (str_istarts(s, STR("ASN")) && digits(str_skip(s, 3)))
		return as_number(str_skip(s, 3), out, ei);
	if (str_istarts(s, STR("AS")) && digits(str_skip(s, 2)))
		return as_number(str_skip(s, 2), out, ei);
	slash = str_chr(s, '/');
	if (slash != SIZE_MAX && ip_parse(str_head(s, slash), &ip))
		return err_set(ei, ERR_PARSE, "a prefix length from 0 to %d is due",
			       ip_is_v4(ip) ? 32 : 128);
	e.type = ENTRY_NAME;
	if (str_starts(s, STR("*."))) {
		e.type = ENTRY_NAME_BELOW;
		s = str_skip(s, 2);
	} else if (str_starts(s, STR("."))) {
		e.type = ENTRY_NAME_BELOW;
		s = str_skip(s, 1);
	}
	err = name_normalise(s, false, scratch);
	if (err == ERR_PARSE)
		return err_set(ei, err, "not an address, network, AS number or name");
	if (err)
		return err_set(ei, err, "%s", err_text(err));
	e.name = (struct str){ scratch->p + begin, scratch->n - begin };
	*out = e;
	return ERR_OK;
}
