/* SPDX-License-Identifier: Apache-2.0 */
#include "app/content.h"

#include "format/csv.h"

enum { TITLE = 60, LINES = 20 };

/* ---- web pages ---- */

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

/* ---- all kinds ---- */

/* clang-format off */
#define BYTES(lit) { lit, sizeof(lit) - 1 }
/* clang-format on */

/* A ZIP archive may be a document of an office program; its parts are named in it. */
static void office(struct str head, struct content *out)
{
	static const char *const kinds[][3] = {
		{ "word/", "a Word document (docx)", "save it as PDF or text for nezumi extract" },
		{ "xl/", "a spreadsheet (xlsx)", "save the table as CSV" },
		{ "ppt/", "a presentation (pptx)", "save it as PDF for nezumi extract" },
		{ "vnd.oasis.opendocument", "an OpenDocument file",
		  "save a table as CSV, a text as PDF for nezumi extract" },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_find(head, str_of(kinds[i][0])) != SIZE_MAX) {
			out->what = kinds[i][1];
			out->to_do = kinds[i][2];
			return;
		}
}

bool content_of(struct str head, struct content *out)
{
	static const struct {
		struct str magic;
		const char *what, *to_do;
	} known[] = {
		{ BYTES("\xff\xfe\0\0"), "in UTF-32, which no list is", "save it as UTF-8" },
		{ BYTES("\0\0\xfe\xff"), "in UTF-32, which no list is", "save it as UTF-8" },
		{ BYTES("PK\3\4"), "a ZIP archive", "unpack it first (unzip)" },
		{ BYTES("PK\5\6"), "an empty ZIP archive", "there is nothing in it" },
		{ BYTES("%PDF-"), "a PDF document", "nezumi extract reads reports" },
		{ BYTES("7z\xbc\xaf\x27\x1c"), "a 7z archive", "unpack it first (7z x)" },
		{ BYTES("\xfd"
			"7zXZ"),
		  "packed by xz", "unpack it first (unxz)" },
		{ BYTES("BZh"), "packed by bzip2", "unpack it first (bunzip2)" },
		{ BYTES("Rar!\x1a\7"), "a RAR archive", "unpack it first (unrar x)" },
		{ BYTES("\x04\x22\x4d\x18"), "packed by lz4", "unpack it first (unlz4)" },
		{ BYTES("LZIP"), "packed by lzip", "unpack it first (lzip -d)" },
		{ BYTES("\x1f\x9d"), "packed by compress", "unpack it first (uncompress)" },
		{ BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old document of an office program",
		  "save a table as CSV, a text as PDF" },
		{ BYTES("{\\rtf"), "a document in RTF", "save it as text for nezumi extract" },
		{ BYTES("SQLite format 3"), "an SQLite database", "export its table as CSV" },
		{ BYTES("\x89PNG"), "a picture", "there is no text in it" },
		{ BYTES("\xff\xd8\xff"), "a picture", "there is no text in it" },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_starts(head, known[i].magic)) {
			*out = (struct content){ known[i].what, known[i].to_do, STR_NONE, false };
			if (known[i].magic.p[0] == 'P')
				office(head, out);
			return true;
		}
	if (head.n > 262 && str_starts(str_skip(head, 257), STR("ustar"))) {
		*out = (struct content){ "a tar archive", "unpack it first (tar xf)", STR_NONE, false };
		return true;
	}
	if (!is_page(head))
		return false;
	*out = (struct content){ "a web page",
				 "fetch the list itself (some want a key, or that one "
				 "logs in); nezumi extract reads what a page shows",
				 page_title(head), true };
	return true;
}

/* ---- why nobody takes it ---- */

/* Do most lines begin with a value and a comma? */
static bool headless(const struct sample *s)
{
	struct str rest = s->head, line, first;
	unsigned lines = 0, good = 0;
	struct indicator ind;
	struct buf scratch;

	buf_init(&scratch, 0);
	while (lines < LINES && str_line(&rest, &line)) {
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		lines++;
		buf_clear(&scratch);
		good += str_cut(&line, csv_separator(line), &first) && line.p && first.n < 4096 &&
			indicator_recognise(first, &scratch, &ind, NULL) == ERR_OK;
	}
	buf_free(&scratch);
	return lines && good * 2 > lines;
}

enum err content_refuse(const struct sample *s, enum reads reads, struct errinfo *ei)
{
	struct content is;

	if (content_of(s->head, &is))
		return is.title.n ? err_set(ei, ERR_FORMAT, "%s, \"%.*s\": %s", is.what,
					    STR_ARG(is.title), is.to_do)
				  : err_set(ei, ERR_FORMAT, "%s: %s", is.what, is.to_do);
	if (reads != READS_INDICATORS || memchr(s->head.p, 0, s->head.n))
		return err_set(ei, ERR_FORMAT, "no reader recognises this content");
	if (headless(s))
		return err_set(ei, ERR_FORMAT,
			       "a table without a header: write one above it, as "
			       "value,family,first_seen (any order; value is needed)");
	return err_set(ei, ERR_FORMAT,
		       "no reader recognises this content: nezumi extract finds what a report "
		       "names; --as list takes every line that is a value");
}
