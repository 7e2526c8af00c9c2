/* SPDX-License-Identifier: Apache-2.0 */
#include "report/say.h"

#include "base/escape.h"

/* ---- putting in ---- */

void say_text(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_ch(b, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? ' ' : s.p[i]);
}

void say_strong(struct buf *b, struct str s)
{
	buf_ch(b, MARK_STRONG);
	say_text(b, s);
	buf_ch(b, MARK_END);
}

void say_value(struct buf *b, struct str value)
{
	size_t from;

	buf_ch(b, MARK_VALUE);
	from = b->n;
	defang(b, value);
	for (size_t i = from; i < b->n; i++)
		if ((unsigned char)b->p[i] < 0x20 || b->p[i] == 0x7f)
			b->p[i] = ' ';
	buf_ch(b, MARK_END);
}

void say_num(struct buf *b, uint64_t n)
{
	char s[32];
	size_t at = sizeof s;
	int digits = 0;

	do {
		if (digits && digits % 3 == 0)
			s[--at] = ',';
		s[--at] = (char)('0' + n % 10);
		n /= 10;
		digits++;
	} while (n);
	buf_add(b, s + at, sizeof s - at);
}

void say_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t unit = 0;
	uint64_t whole = n, tenths = 0;

	if (n < 1000) {
		buf_u64(b, n);
		buf_c(b, n == 1 ? " byte" : " bytes");
		return;
	}
	for (;; unit++) {
		tenths = whole % 1000 / 100;
		whole /= 1000;
		if (whole < 1000 || unit + 1 == sizeof units / sizeof units[0])
			break;
	}
	buf_u64(b, whole);
	if (whole < 10 && tenths) {
		buf_ch(b, '.');
		buf_u64(b, tenths);
	}
	buf_ch(b, ' ');
	buf_c(b, units[unit]);
}

void say_capital(struct buf *b, size_t from)
{
	while (from < b->n && (unsigned char)b->p[from] < 0x20)
		from++;
	if (from < b->n && b->p[from] >= 'a' && b->p[from] <= 'z')
		b->p[from] = (char)(b->p[from] - 32);
}

/* Days since 1970 to a date of the Gregorian calendar; years counted from March, so that the leap
 * day comes last. */
struct date say_date(int64_t t)
{
	int64_t z = time_day(t) + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct date){ (int)(yoe + era * 400) + (month <= 2), month,
			      (int)(doy - (153 * mp + 2) / 5 + 1) };
}

/* ---- English ---- */

void say_en_num(struct buf *b, uint64_t n)
{
	static const char *const words[] = { "no",   "one", "two",   "three", "four",
					     "five", "six", "seven", "eight", "nine" };

	if (n < sizeof words / sizeof words[0])
		buf_c(b, words[n]);
	else
		say_num(b, n);
}

void say_en_count(struct buf *b, uint64_t n, const char *one, const char *many)
{
	say_en_num(b, n);
	buf_ch(b, ' ');
	buf_c(b, n == 1 ? one : many);
}

void say_en_and(struct buf *b, size_t i, size_t n)
{
	if (i)
		buf_c(b, i + 1 == n ? " and " : ", ");
}

void say_en_plural(struct buf *b, struct str noun)
{
	size_t head = str_find(noun, STR(" of ")), at = str_find(noun, STR(" for "));
	struct str word;

	if (at < head)
		head = at;
	word = str_head(noun, head);
	if (word.n > 1 && word.p[word.n - 1] == 'y' && !memchr("aeiou", word.p[word.n - 2], 5)) {
		say_text(b, str_head(word, word.n - 1));
		buf_c(b, "ies");
	} else {
		say_text(b, word);
		buf_c(b, str_ends(word, STR("s")) || str_ends(word, STR("sh")) ||
					 str_ends(word, STR("ch")) || str_ends(word, STR("x"))
				 ? "es"
				 : "s");
	}
	say_text(b, str_skip(noun, head == SIZE_MAX ? noun.n : head));
}

static void en_day_month(struct buf *b, struct date d)
{
	static const char *const months[] = { "January",   "February", "March",    "April",
					      "May",       "June",     "July",     "August",
					      "September", "October",  "November", "December" };

	buf_u64(b, (uint64_t)d.day);
	buf_ch(b, ' ');
	buf_c(b, months[d.month - 1]);
}

void say_en_date(struct buf *b, int64_t t)
{
	struct date d = say_date(t);

	en_day_month(b, d);
	buf_ch(b, ' ');
	buf_u64(b, (uint64_t)d.year);
}

void say_en_span(struct buf *b, int64_t first, int64_t last)
{
	if (time_day(first) == time_day(last)) {
		buf_c(b, "on ");
		say_en_date(b, first);
		return;
	}
	buf_c(b, "between ");
	if (say_date(first).year == say_date(last).year)
		en_day_month(b, say_date(first));
	else
		say_en_date(b, first);
	buf_c(b, " and ");
	say_en_date(b, last);
}

struct unit {
	int64_t us;
	const char *one, *many, *ja;
};
static const struct unit units[] = {
	{ TIME_DAY, "day", "days", "日" },
	{ 3600 * TIME_S, "hour", "hours", "時間" },
	{ 60 * TIME_S, "minute", "minutes", "分" },
	{ TIME_S, "second", "seconds", "秒" },
};

/* The largest unit in which the interval is at least one and a half, or exactly one; *n of it,
 * rounded. */
static const struct unit *unit_of(int64_t us, uint64_t *n)
{
	size_t i = 0;

	while (i + 1 < sizeof units / sizeof units[0] &&
	       us < (us % units[i].us < units[i].us / 50 ? units[i].us : units[i].us * 3 / 2))
		i++;
	*n = (uint64_t)((us + units[i].us / 2) / units[i].us);
	return &units[i];
}

void say_en_interval(struct buf *b, int64_t us)
{
	uint64_t n;
	const struct unit *u = unit_of(us, &n);

	if (n == 1)
		buf_c(b, u->one);
	else
		say_en_count(b, n, u->one, u->many);
}

/* ---- Japanese ---- */

static void ja_date_from(struct buf *b, struct date d, bool year)
{
	if (year) {
		buf_u64(b, (uint64_t)d.year);
		buf_c(b, "年");
	}
	buf_u64(b, (uint64_t)d.month);
	buf_c(b, "月");
	buf_u64(b, (uint64_t)d.day);
	buf_c(b, "日");
}

void say_ja_date(struct buf *b, int64_t t)
{
	ja_date_from(b, say_date(t), true);
}

void say_ja_span(struct buf *b, int64_t first, int64_t last)
{
	say_ja_date(b, first);
	if (time_day(first) == time_day(last))
		return;
	buf_c(b, "から");
	ja_date_from(b, say_date(last), say_date(first).year != say_date(last).year);
	buf_c(b, "まで");
}

void say_ja_interval(struct buf *b, int64_t us)
{
	uint64_t n;
	const struct unit *u = unit_of(us, &n);

	say_num(b, n);
	buf_c(b, u->ja);
}

/* ---- ways out ---- */

typedef void esc_fn(struct buf *b, struct str s);

struct style {
	esc_fn *text, *value;
	const char *on[3], *off[3]; /* by mark */
};

/* Marks that nobody closed are closed at the end. */
static void render(struct buf *out, struct str line, const struct style *st)
{
	int open = 0;

	while (line.n) {
		size_t n = 0;
		char c;

		while (n < line.n && (line.p[n] < MARK_VALUE || line.p[n] > MARK_DEEPER))
			n++;
		if (n)
			(open == MARK_VALUE ? st->value : st->text)(out, str_head(line, n));
		if (n == line.n)
			break;
		c = line.p[n];
		line = str_skip(line, n + 1);
		if (open && c <= MARK_END) {
			buf_c(out, st->off[open]);
			open = 0;
		}
		if (c == MARK_VALUE || c == MARK_STRONG) {
			open = (unsigned char)c;
			buf_c(out, st->on[open]);
		}
	}
	if (open)
		buf_c(out, st->off[open]);
}

void say_as_html(struct buf *out, struct str line)
{
	static const struct style st = {
		esc_html, esc_html, { "", "<code>", "<strong>" }, { "", "</code>", "</strong>" }
	};

	render(out, line, &st);
}

/* In a code span a value can be read in the source too; what could end the span is escaped as text. */
void say_md_value(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    memchr(".:[]/-_%?=+,;", c, 13))
			continue;
		esc_md(out, s);
		return;
	}
	buf_ch(out, '`');
	buf_puts(out, s);
	buf_ch(out, '`');
}

void say_as_md(struct buf *out, struct str line)
{
	static const struct style st = { esc_md, say_md_value, { "", "", "**" }, { "", "", "**" } };

	render(out, line, &st);
}

void say_as_plain(struct buf *out, struct str line)
{
	static const struct style st = { buf_puts, buf_puts, { "", "", "" }, { "", "", "" } };

	render(out, line, &st);
}
