/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include "base/escape.h"

void page_c(struct page *pg, const char *markup)
{
	buf_c(pg->b, markup);
}

void page_text(struct page *pg, struct str s)
{
	esc_html(pg->b, s);
}

void page_words(struct page *pg, enum word w)
{
	esc_html(pg->b, str_of(page_word(pg, w)));
}

void page_num(struct page *pg, uint64_t n)
{
	say_num(pg->b, n);
}

void page_value(struct page *pg, struct str value)
{
	buf_clear(&pg->text);
	defang(&pg->text, value);
	/* What is longer than any address or usual name may be broken. */
	buf_c(pg->b, text_width(buf_str(&pg->text)) > 48 ? "<code class=\"l\">" : "<code>");
	esc_html(pg->b, buf_str(&pg->text));
	buf_c(pg->b, "</code>");
	buf_clear(&pg->text);
}

void page_confidence(struct page *pg, enum confidence c)
{
	static const char *const class[] = { "low", "medium", "high" };
	static const enum word word[] = { W_LOW, W_MEDIUM, W_HIGH };

	buf_fmt(pg->b, "<span class=\"conf %s\">", class[c]);
	page_words(pg, word[c]);
	buf_c(pg->b, "</span>");
}

void page_country(struct page *pg, struct str code)
{
	page_text(pg, namebook_country_text(&pg->v->names, pg->v->o->lang, code, STR("–")));
}

void page_list(struct page *pg, const struct str *v, size_t n, size_t max)
{
	bool ja = pg->v->o->lang == REPORT_JA;

	for (size_t i = 0; i < n && i < max; i++) {
		if (i)
			buf_c(pg->b, ja ? "、" : ", ");
		page_text(pg, v[i]);
	}
	if (n > max)
		buf_fmt(pg->b, " <span class=\"dim\">+%zu</span>", n - max);
	if (!n)
		buf_c(pg->b, "–");
}

void page_date(struct page *pg, int64_t t)
{
	buf_c(pg->b, "<time datetime=\"");
	time_format(pg->b, t);
	buf_c(pg->b, "\">");
	time_format_date(pg->b, t);
	buf_c(pg->b, "</time>");
}

/* ---- composed text ---- */

void page_line(struct page *pg)
{
	struct str rest = buf_str(&pg->text), line;

	if (str_line(&rest, &line))
		say_as_html(pg->b, line);
	buf_clear(&pg->text);
}

void page_paragraphs(struct page *pg)
{
	struct str rest = buf_str(&pg->text), line;

	while (str_line(&rest, &line)) {
		if (!line.n)
			continue;
		buf_c(pg->b, "<p>");
		say_as_html(pg->b, line);
		buf_c(pg->b, "</p>\n");
	}
	buf_clear(&pg->text);
}

void page_items(struct page *pg)
{
	struct str rest = buf_str(&pg->text), line;
	bool item = false, deeper = false;

	if (!rest.n)
		return;
	buf_c(pg->b, "<ul>");
	while (str_line(&rest, &line)) {
		bool down = line.n && line.p[0] == MARK_DEEPER;

		if (!line.n)
			continue;
		if (down && !deeper)
			buf_c(pg->b, "<ul>");
		else if (!down && deeper)
			buf_c(pg->b, "</li></ul></li>");
		else if (item)
			buf_c(pg->b, "</li>");
		buf_c(pg->b, "\n<li>");
		say_as_html(pg->b, line);
		item = true;
		deeper = down;
	}
	buf_c(pg->b, deeper ? "</li></ul></li></ul>\n" : "</li></ul>\n");
	buf_clear(&pg->text);
}

void page_headed_items(struct page *pg)
{
	struct str rest = buf_str(&pg->text), line;
	bool list = false, block = false;

	while (str_line(&rest, &line)) {
		if (!line.n)
			continue;
		if (line.p[0] != MARK_DEEPER) {
			buf_c(pg->b, list    ? "</ul></div>\n<div><h3>"
				     : block ? "</div>\n<div><h3>"
					     : "<div><h3>");
			say_as_html(pg->b, line);
			buf_c(pg->b, "</h3>");
			block = true;
			list = false;
			continue;
		}
		buf_c(pg->b, list ? "\n<li>" : "<ul>\n<li>");
		say_as_html(pg->b, line);
		buf_c(pg->b, "</li>");
		list = true;
	}
	buf_c(pg->b, list ? "</ul></div>\n" : block ? "</div>\n" : "");
	buf_clear(&pg->text);
}

/* ---- tables ---- */

void page_table(struct page *pg, const char *id, enum word caption, uint64_t rows,
		const struct column *columns, size_t n)
{
	/* A box that scrolls must be reachable by keyboard and say what it is. */
	buf_c(pg->b, "<div class=\"tw\" role=\"region\" tabindex=\"0\" aria-label=\"");
	page_words(pg, caption);
	buf_fmt(pg->b, "\"><table class=\"sort %s\"><caption>", id);
	page_words(pg, caption);
	if (rows) {
		buf_c(pg->b, " <span class=\"dim\">");
		page_num(pg, rows);
		buf_c(pg->b, "</span>");
	}
	buf_c(pg->b, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < n; i++) {
		buf_fmt(pg->b, "<th scope=\"col\" class=\"%s\">", columns[i].class);
		page_words(pg, columns[i].word);
		buf_c(pg->b, "</th>");
	}
	buf_c(pg->b, "</tr></thead>\n<tbody>\n");
}

static void more(struct page *pg, enum word w, uint64_t all, uint64_t shown)
{
	const char *text = page_word(pg, w), *at = strstr(text, "%s");

	if (all <= shown || !at)
		return;
	buf_c(pg->b, "<p class=\"more\">");
	page_text(pg, str_range(text, at));
	page_num(pg, all - shown);
	page_text(pg, str_of(at + 2));
	buf_c(pg->b, "</p>\n");
}

void page_more(struct page *pg, uint64_t all, uint64_t shown)
{
	more(pg, W_MORE_ROWS, all, shown);
}

void page_more_lines(struct page *pg, uint64_t all, uint64_t shown)
{
	more(pg, W_MORE_LINES, all, shown);
}

void page_table_end(struct page *pg, uint64_t all, uint64_t shown)
{
	buf_c(pg->b, "</tbody></table></div>\n");
	page_more(pg, all, shown);
}

void page_td(struct page *pg, const char *class)
{
	if (class && *class)
		buf_fmt(pg->b, "<td class=\"%s\">", class);
	else
		buf_c(pg->b, "<td>");
}

void page_td_num(struct page *pg, uint64_t n)
{
	buf_fmt(pg->b, "<td class=\"n\" data-s=\"%llu\">", (unsigned long long)n);
	page_num(pg, n);
	buf_c(pg->b, "</td>");
}

void page_td_text(struct page *pg, const char *class, struct str s)
{
	page_td(pg, class);
	page_text(pg, s);
	buf_c(pg->b, "</td>");
}

void page_td_date(struct page *pg, int64_t t)
{
	page_td(pg, "date");
	page_date(pg, t);
	buf_c(pg->b, "</td>");
}
