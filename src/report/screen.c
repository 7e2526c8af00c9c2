/* SPDX-License-Identifier: Apache-2.0 */
#include "report/screen.h"

#include "base/escape.h"

#include <stdio.h>

void screen_init(struct screen *p, struct buf *b)
{
	*p = (struct screen){ .b = b, .width = 80 };
	buf_init(&p->cell, 1 << 20);
	buf_init(&p->raw, 1 << 20);
}

void screen_free(struct screen *p)
{
	buf_free(&p->cell);
	buf_free(&p->raw);
}

void screen_style(struct screen *p, const char *code)
{
	if (p->colour && code)
		buf_fmt(p->b, "\033[%sm", code);
}

void screen_plain(struct screen *p)
{
	screen_style(p, "0");
}

void put_grouped(struct buf *b, uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf_ch(b, ',');
		buf_ch(b, digits[i]);
	}
}

void screen_count(struct screen *p, uint64_t v, const char *one, const char *many, const char *ja)
{
	put_grouped(p->b, v);
	if (p->japanese)
		buf_c(p->b, ja);
	else
		buf_fmt(p->b, " %s", v == 1 ? one : many);
}

static void pad(struct screen *p, size_t n)
{
	while (n--)
		buf_ch(p->b, ' ');
}

/* What stands in p->cell, cut to the width; `last` cells get no trailing blanks. */
static void put_cell(struct screen *p, const struct column *c, unsigned width, bool last)
{
	struct str s = buf_str(&p->cell);
	size_t n = text_width(s);

	if (n > width) {
		s = text_head(s, width - 1);
		n = text_width(s) + 1;
	} else {
		width = width < n ? (unsigned)n : width;
		if (c->align == RIGHT)
			pad(p, width - n);
		buf_puts(p->b, s);
		if (c->align == LEFT && !last)
			pad(p, width - n);
		return;
	}
	buf_puts(p->b, s);
	buf_c(p->b, "…");
	if (!last)
		pad(p, width > n ? width - n : 0);
}

void screen_cell(struct screen *p, enum align align, unsigned width, bool last)
{
	put_cell(p, &(struct column){ .align = align }, width, last);
}

static void measure(struct screen *p, const struct table *tb, unsigned *width)
{
	unsigned used = 2;

	for (size_t c = 0; c < tb->n_columns; c++) {
		const struct column *col = &tb->columns[c];
		size_t need = text_width(str_of(SAY(p, col->title[0], col->title[1])));

		for (size_t r = 0; r < tb->n_rows; r++) {
			size_t w;

			buf_clear(&p->cell);
			tb->fill(tb->ctx, p, r, c);
			w = text_width(buf_str(&p->cell));
			need = w > need ? w : need;
		}
		if (col->most && need > col->most)
			need = col->most;
		if (need < col->least)
			need = col->least;
		width[c] = (unsigned)need;
		used += width[c] + (c ? 2 : 0);
	}
	/* Too wide: take from the elastic columns down to their least, then from the right. */
	for (int round = 0; round < 2; round++)
		for (size_t c = tb->n_columns; used > p->width && c--;) {
			unsigned spare = width[c] - tb->columns[c].least;

			if (round == 0 && tb->columns[c].most != 0)
				continue;
			if (width[c] <= tb->columns[c].least)
				continue;
			if (spare > used - p->width)
				spare = used - p->width;
			width[c] -= spare;
			used -= spare;
		}
}

void screen_table(struct screen *p, const struct table *tb)
{
	unsigned width[TABLE_COLUMNS_MAX];

	measure(p, tb, width);
	buf_c(p->b, "  ");
	screen_style(p, "2");
	for (size_t c = 0; c < tb->n_columns; c++) {
		buf_clear(&p->cell);
		buf_c(&p->cell, SAY(p, tb->columns[c].title[0], tb->columns[c].title[1]));
		if (c)
			buf_c(p->b, "  ");
		put_cell(p, &tb->columns[c], width[c], c + 1 == tb->n_columns);
	}
	screen_plain(p);
	buf_ch(p->b, '\n');
	for (size_t r = 0; r < tb->n_rows; r++) {
		buf_c(p->b, "  ");
		for (size_t c = 0; c < tb->n_columns; c++) {
			if (c)
				buf_c(p->b, "  ");
			buf_clear(&p->cell);
			tb->fill(tb->ctx, p, r, c);
			if (c == 0 && tb->row_style)
				screen_style(p, tb->row_style(tb->ctx, r));
			else if (c == 1)
				screen_style(p, "1");
			put_cell(p, &tb->columns[c], width[c], c + 1 == tb->n_columns);
			if (c <= 1)
				screen_plain(p);
		}
		buf_ch(p->b, '\n');
	}
}

void screen_heading(struct screen *p, const char *en, const char *ja)
{
	buf_ch(p->b, '\n');
	screen_style(p, "1");
	buf_c(p->b, SAY(p, en, ja));
	screen_plain(p);
}

void screen_more(struct screen *p, size_t all, size_t shown)
{
	if (all <= shown)
		return;
	screen_style(p, "2");
	buf_fmt(p->b, SAY(p, "  … and %zu more\n", "  … ほか %zu 件\n"), all - shown);
	screen_plain(p);
}

void cell_text(struct screen *p, struct str s)
{
	esc_term(&p->cell, s);
}

void cell_value(struct screen *p, struct str value)
{
	buf_clear(&p->raw);
	defang(&p->raw, value);
	esc_term(&p->cell, buf_str(&p->raw));
}

void cell_some(struct screen *p, const struct str *v, size_t n, bool values)
{
	if (n && values)
		cell_value(p, v[0]);
	else if (n)
		cell_text(p, v[0]);
	if (n > 1)
		buf_fmt(&p->cell, " +%zu", n - 1);
}
