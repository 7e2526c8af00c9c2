/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart.h"

#include <stdio.h>

#include "base/escape.h"
#include "report/say.h"

/* Per cent of the width: where labels end, and how far the longest bar goes, which leaves room for
 * its number. */
enum { LABELS = 36, LONGEST = 50, ROW = 24, AXIS = 22 };

/* Columns of a label's line: what the labels' part of a phone's width holds. */
enum { LINE = 20 };

/* Where the first of two lines ends: at a blank near the middle, or anywhere in text that has none. */
static size_t line_end(struct str text)
{
	size_t half = (text_width(text) + 1) / 2 + 2;
	struct str head = text_head(text, half < LINE + 2 ? half : LINE + 2);
	size_t n = head.n;

	while (n > head.n / 2 && head.p[n - 1] != ' ')
		n--;
	return n > head.n / 2 ? n : head.n;
}

/* An SVG clips what leaves it, so that no label runs under the bars; a long one takes two lines. */
static void label(struct buf *b, struct str text, bool mono, size_t y)
{
	const char *class = mono ? " mono" : "";

	buf_fmt(b, "<svg x=\"0\" y=\"%zu\" width=\"%d%%\" height=\"%d\"><title>", y, LABELS - 1, ROW);
	esc_html(b, text);
	buf_c(b, "</title>");
	if (text_width(text) <= (mono ? LINE - 3 : LINE)) {
		buf_fmt(b, "<text x=\"0\" y=\"16\" class=\"lb%s\">", class);
		esc_html(b, text);
	} else {
		struct str rest = str_skip(text, line_end(text));

		buf_fmt(b, "<text x=\"0\" y=\"10\" class=\"lb two%s\">", class);
		esc_html(b, str_head(text, line_end(text)));
		buf_c(b, "<tspan x=\"0\" y=\"22\">");
		esc_html(b, text_width(rest) > LINE + 4 ? text_head(rest, LINE + 2) : rest);
		buf_c(b, text_width(rest) > LINE + 4 ? "…</tspan>" : "</tspan>");
	}
	buf_c(b, "</text></svg>");
}

static void open_svg(struct buf *b, const char *class, const char *id, struct str title,
		     struct str desc, size_t height)
{
	buf_fmt(b, "<svg class=\"%s\" width=\"100%%\" height=\"%zu\" role=\"img\" aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">",
		class, height, id, id, id);
	esc_html(b, title);
	buf_fmt(b, "</title><desc id=\"%s-d\">", id);
	esc_html(b, desc);
	buf_c(b, "</desc>");
}

void chart_bars(struct buf *b, const char *id, struct str title, struct str desc,
		const struct chart_bar *bars, size_t n)
{
	uint64_t most = 1;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		if (bars[i].value > most)
			most = bars[i].value;
	open_svg(b, "chart", id, title, desc, n * ROW + 2);
	for (size_t i = 0; i < n; i++) {
		const struct chart_bar *bar = &bars[i];
		double width = LONGEST * (double)bar->value / (double)most;
		size_t y = i * ROW;

		label(b, bar->label, bar->mono, y);
		buf_fmt(b, "<rect x=\"%d%%\" y=\"%zu\" width=\"%.2f%%\" height=\"14\" rx=\"1.5\" class=\"bar %s\"/>",
			LABELS, y + 4, width < 0.3 ? 0.3 : width, bar->kind);
		buf_fmt(b, "<text x=\"%.2f%%\" y=\"%zu\" dx=\"7\" class=\"nb\">",
			LABELS + (width < 0.3 ? 0.3 : width), y + 16);
		say_num(b, bar->value);
		if (bar->note.n) {
			buf_c(b, " <tspan class=\"dim\">");
			esc_html(b, bar->note);
			buf_c(b, "</tspan>");
		}
		buf_c(b, "</text>");
	}
	buf_c(b, "</svg>\n");
}

/* The first instant of a month; month may lie beyond 12. The inverse of say_date, years counted
 * from March. */
static int64_t month_begin(int year, int month)
{
	int64_t y, yoe, doy;

	year += (month - 1) / 12;
	month = (month - 1) % 12 + 1;
	y = year - (month <= 2);
	yoe = y % 400;
	doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
	return (y / 400 * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468) * TIME_DAY;
}

enum { TICKS_MAX = 8 };

struct tick {
	int64_t t;
	char text[16];
};

/* At most TICKS_MAX, on whole days or on the first of months. */
static size_t ticks(int64_t from, int64_t to, struct tick out[TICKS_MAX])
{
	static const int days[] = { 1, 2, 7, 14 }, months[] = { 1, 2, 3, 6, 12, 24, 60, 120, 240 };
	int64_t span = (to - from) / TIME_DAY;
	size_t i = 0, n = 0;

	while (i < sizeof days / sizeof days[0] && span / days[i] >= TICKS_MAX)
		i++;
	if (i < sizeof days / sizeof days[0]) {
		for (int64_t t = from; t <= to && n < TICKS_MAX; t += days[i] * TIME_DAY) {
			struct date d = say_date(t);
			bool year = n == 0 || say_date(out[n - 1].t).year != d.year;

			out[n].t = t;
			(void)snprintf(out[n].text, sizeof out[n].text,
				       year ? "%3$d-%1$02d-%2$02d" : "%1$02d-%2$02d", d.month,
				       d.day, d.year);
			n++;
		}
		return n;
	}
	for (i = 0; i + 1 < sizeof months / sizeof months[0] && span / (months[i] * 30) >= TICKS_MAX;)
		i++;
	for (int k = 0; n < TICKS_MAX; k += months[i]) {
		int64_t t = month_begin(say_date(from).year, say_date(from).month + k);
		struct date d = say_date(t);

		if (t > to)
			break;
		if (t < from)
			continue;
		out[n].t = t;
		(void)snprintf(out[n].text, sizeof out[n].text, "%d-%02d", d.year, d.month);
		n++;
	}
	return n;
}

static double place(int64_t t, int64_t from, int64_t to)
{
	double x = (double)(t - from) / (double)(to - from);

	if (x < 0)
		x = 0;
	if (x > 1)
		x = 1;
	return LABELS + x * (99 - LABELS);
}

/* Round ends keep a single instant visible. */
static void segment(struct buf *b, double x0, double x1, size_t y, const char *class)
{
	buf_fmt(b, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%zu\" y2=\"%zu\"/>", class,
		x0, x1 - x0 < 0.01 ? x0 + 0.01 : x1, y, y);
}

void chart_timeline(struct buf *b, const char *id, struct str title, struct str desc,
		    const struct chart_span *spans, size_t n, int64_t from, int64_t to)
{
	struct tick tick[TICKS_MAX];
	size_t n_ticks;
	size_t height = n * ROW + AXIS + 4;

	if (!n)
		return;
	from = time_day(from) * TIME_DAY;
	to = (time_day(to) + 1) * TIME_DAY;
	open_svg(b, "chart time", id, title, desc, height);
	n_ticks = ticks(from, to, tick);
	for (size_t i = 0; i < n_ticks; i++) {
		double x = place(tick[i].t, from, to);
		/* A label at the very end would leave the picture. */
		const char *anchor = x > 94 ? " end" : "";

		buf_fmt(b, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%zu\" class=\"grid\"/>",
			x, x, AXIS - 2, height);
		buf_fmt(b, "<text x=\"%.2f%%\" y=\"13\" class=\"ax%s%s\">%s</text>", x, anchor,
			i % 2 ? " alt" : "", tick[i].text);
	}
	for (size_t i = 0; i < n; i++) {
		const struct chart_span *s = &spans[i];
		double x0 = place(s->first, from, to), x1 = place(s->last, from, to);
		size_t y = AXIS + i * ROW;

		label(b, s->label, s->mono, y);
		if (s->from != TIME_NONE || s->until != TIME_NONE) {
			double v0 = place(s->from == TIME_NONE ? from : s->from, from, to);
			double v1 = place(s->until == TIME_NONE ? to : s->until, from, to);

			buf_fmt(b, "<rect x=\"%.2f%%\" y=\"%zu\" width=\"%.2f%%\" height=\"18\" class=\"band\"/>",
				v0, y + 2, v1 - v0);
		}
		buf_fmt(b, "<g class=\"span %s\">", s->kind);
		segment(b, x0, x1, y + 11, s->n_parts ? "thin" : "thick");
		for (size_t k = 0; k < s->n_parts; k++)
			segment(b, place(s->parts[k].first, from, to),
				place(s->parts[k].last, from, to), y + 11, "thick");
		if (s->title.n) {
			buf_c(b, "<title>");
			esc_html(b, s->title);
			buf_c(b, "</title>");
		}
		buf_c(b, "</g>");
	}
	buf_c(b, "</svg>\n");
}
