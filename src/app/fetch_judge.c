/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what came can be a document at all, and whom a connection may be made to. */
#include "app/fetch.h"

#include "app/special.h"
#include "base/file.h"

enum { HEAD = 64 << 10, TITLE = 60, LOOK_FOR_NUL = 4096 };

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

/* Without blanks, comments, declarations of XML, which may stand before a page. */
static struct str to_first_tag(struct str s)
{
	for (;;) {
		const char *end;
		size_t at;

		s = str_trim(s);
		if (str_starts(s, STR("<!--")))
			end = "-->";
		else if (str_starts(s, STR("<?")))
			end = "?>";
		else
			return s;
		at = str_find(s, str_of(end));
		if (at == SIZE_MAX)
			return s;
		s = str_skip(s, at + strlen(end));
	}
}

static bool is_page(struct str head)
{
	static const char *const tags[] = { "<!doctype html", "<html", "<head",  "<body",
					    "<title",         "<meta", "<script" };
	struct str s = to_first_tag(head);

	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
		if (str_istarts(s, str_of(tags[i])))
			return true;
	return false;
}

static size_t ifind(struct str s, struct str what)
{
	for (size_t i = 0; i + what.n <= s.n; i++)
		if (str_istarts(str_skip(s, i), what))
			return i;
	return SIZE_MAX;
}

static struct str page_title(struct str head)
{
	size_t at = ifind(head, STR("<title")), end;

	if (at == SIZE_MAX)
		return STR_NONE;
	head = str_skip(head, at);
	at = str_chr(head, '>');
	if (at == SIZE_MAX)
		return STR_NONE;
	head = str_skip(head, at + 1);
	end = str_chr(head, '<');
	return str_head(str_trim(str_head(head, end == SIZE_MAX ? 0 : end)), TITLE);
}

static enum err judge_head(struct str head, bool whole, struct errinfo *ei)
{
	static const struct {
		struct str magic;
		const char *what;
	} binary[] = {
		{ { "\xff\xfe\0\0", 4 }, "it is in UTF-32, which no list is" },
		{ { "\0\0\xfe\xff", 4 }, "it is in UTF-32, which no list is" },
		{ { "PK\3\4", 4 }, "it is a ZIP archive" },
		{ { "PK\5\6", 4 }, "it is an empty ZIP archive" },
		{ { "%PDF-", 5 }, "it is a PDF document" },
		{ { "7z\xbc\xaf\x27\x1c", 6 }, "it is a 7z archive" },
		{ { "\xfd"
		    "7zXZ",
		    5 },
		  "it is packed by xz" },
		{ { "BZh", 3 }, "it is packed by bzip2" },
	};
	const char *nul = head.n ? memchr(head.p, 0, head.n < LOOK_FOR_NUL ? head.n : LOOK_FOR_NUL)
				 : NULL;
	struct str title;

	if (str_starts(head, STR("\xef\xbb\xbf")))
		head = str_skip(head, 3);
	if (whole && str_trim(head).n == 0)
		return err_set(ei, ERR_PARSE, "the answer is empty");
	for (size_t i = 0; i < sizeof binary / sizeof binary[0]; i++)
		if (str_starts(head, binary[i].magic))
			return err_set(ei, ERR_PARSE, "%s", binary[i].what);
	if (nul)
		return err_set(ei, ERR_PARSE, "it is binary data");
	if (!is_page(head))
		return ERR_OK;
	title = page_title(head);
	return title.n ? err_set(ei, ERR_PARSE, "a web page came in its place: \"%.*s\"", STR_ARG(title))
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
