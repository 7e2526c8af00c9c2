/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart.h"

#include "base/escape.h"
#include "report/say.h"

/* Per cent of the width: where labels end, and how far the longest bar goes, which leaves room for
 * its number. */
enum { LABELS = 36, LONGEST = 50, ROW = 24, AXIS = 22 };

/* Columns of a label's line: what a narrow column holds. */
enum { LINE = 24 };

/* Where the first of two lines ends: at a blank, or anywhere in text that has none. */
static size_t line_end(struct str text)
{
	struct str head = text_head(text, LINE);
	size_t n = head.n;

	while (n > head.n / 2 && head.p[n - 1] != ' ')
		n--;
	return n > head.n / 2 ? n : head.n;
}

/* An SVG clips what leaves it, so that no label runs under the bars; a long one takes two lines. */
static void label(struct buf *b, struct str text, bool mono, size_t y)
{
	buf_fmt(b, "<svg x=\"0\" y=\"%zu\" width=\"%d%%\" height=\"%d\"><title>", y, LABELS - 1, ROW);
	esc_html(b, text);
	buf_c(b, "</title>");
	if (mono || text_width(text) <= LINE) {
		buf_fmt(b, "<text x=\"0\" y=\"16\" class=\"lb%s\">", mono ? " mono" : "");
		esc_html(b, text);
	} else {
		struct str rest = str_skip(text, line_end(text));

		buf_c(b, "<text x=\"0\" y=\"10\" class=\"lb two\">");
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

/* Days between ticks so that there are at most five. */
static int64_t tick_days(int64_t days)
{
	static const int64_t steps[] = { 1,  2,   5,   7,   10,   14,   30,   60,
					 91, 182, 365, 730, 1825, 3650, 18250 };
	size_t i = 0;

	while (i + 1 < sizeof steps / sizeof steps[0] && days / steps[i] > 5)
		i++;
	return steps[i];
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
	int64_t step, last_tick = INT64_MIN;
	size_t height = n * ROW + AXIS + 4;

	if (!n)
		return;
	from = time_day(from) * TIME_DAY;
	to = (time_day(to) + 1) * TIME_DAY;
	step = tick_days((to - from) / TIME_DAY);
	open_svg(b, "chart time", id, title, desc, height);
	for (int64_t t = from; t <= to; t += step * TIME_DAY) {
		double x = place(t, from, to);
		struct date d = say_date(t);

		/* The last label would leave the picture. */
		if (t > from && to - t < (to - from) / 12 && last_tick != INT64_MIN)
			break;
		buf_fmt(b, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%zu\" class=\"grid\"/>",
			x, x, AXIS - 2, height);
		buf_fmt(b, "<text x=\"%.2f%%\" y=\"13\" class=\"ax\">", x);
		if (step >= 365)
			buf_fmt(b, "%d", d.year);
		else if (last_tick == INT64_MIN || say_date(last_tick).year != d.year)
			buf_fmt(b, "%d-%02d-%02d", d.year, d.month, d.day);
		else
			buf_fmt(b, "%02d-%02d", d.month, d.day);
		buf_c(b, "</text>");
		last_tick = t;
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
