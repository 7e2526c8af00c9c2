/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what came can be a document at all, and whom a connection may be made to. */
#include "app/fetch.h"

#include "app/content.h"
#include "app/special.h"
#include "base/file.h"

enum { HEAD = 64 << 10, LOOK_FOR_NUL = 4096 };

/* 64:ff9b::/96 leads to an IPv4 address (RFC 6052), so that one is asked about. */
static struct ip behind_nat64(struct ip ip)
{
	if (ip.hi == UINT64_C(0x0064ff9b00000000) && ip.lo >> 32 == 0)
		return ip_v4((uint32_t)ip.lo);
	return ip;
}

bool fetch_may_reach(const struct special *special, struct ip ip, bool inside, bool met_public,
		     struct str *why)
{
	*why = special_overlap(special, (struct cidr){ behind_nat64(ip), 128 });
	return why->n == 0 || (inside && !met_public);
}

static enum err judge_head(struct str head, bool whole, struct errinfo *ei)
{
	const char *nul = head.n ? memchr(head.p, 0, head.n < LOOK_FOR_NUL ? head.n : LOOK_FOR_NUL)
				 : NULL;
	struct content is;

	if (str_starts(head, STR("\xef\xbb\xbf")))
		head = str_skip(head, 3);
	if (whole && str_trim(head).n == 0)
		return err_set(ei, ERR_PARSE, "the answer is empty");
	if (content_of(head, &is) && !is.page)
		return err_set(ei, ERR_PARSE, "it is %s", is.what);
	if (nul)
		return err_set(ei, ERR_PARSE, "it is binary data");
	if (!content_of(head, &is))
		return ERR_OK;
	return is.title.n ? err_set(ei, ERR_PARSE, "a web page came in its place: \"%.*s\"",
				    STR_ARG(is.title))
			  : err_set(ei, ERR_PARSE, "a web page came in its place");
}

enum err fetch_judge(const char *path, struct errinfo *ei)
{
	struct source *s;
	struct str head = STR_NONE;
	bool whole = false;
	enum err e = source_open(path, &s, ei);

	if (e)
		return e;
	e = source_peek(s, HEAD, &head, &whole, ei);
	if (!e)
		e = judge_head(head, whole, ei);
	source_close(s);
	return e;
}
