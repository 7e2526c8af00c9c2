/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

/* ---- dates ------------------------------------------------------------------------------------ */

static bool number_at(const char *p, size_t *i, size_t to, unsigned most, uint32_t *v)
{
	size_t n = 0;

	for (*v = 0; *i < to && n < most && ex_is(p[*i], C_DIGIT); n++)
		*v = *v * 10 + (uint32_t)(p[(*i)++] - '0');
	return n > 0 && !ex_is(p[*i], C_DIGIT);
}

static uint32_t month_at(const char *p, size_t *i)
{
	static const char *const months[] = { "january",   "february", "march",    "april",
					      "may",       "june",     "july",     "august",
					      "september", "october",  "november", "december" };

	for (uint32_t m = 0; m < 12; m++) {
		size_t n = 0;

		while (months[m][n] && ex_lower(p[*i + n]) == months[m][n])
			n++;
		if (n >= 3 && !ex_alnum(p[*i + n])) {
			*i += n;
			return m + 1;
		}
	}
	return 0;
}

static bool mark_at(const char *p, size_t *i, const char *mark)
{
	size_t n = strlen(mark), k = *i;

	while (p[k] == ' ' && k - *i < 2)
		k++;
	if (strncmp(p + k, mark, n) != 0)
		return false;
	k += n;
	while (p[k] == ' ' && k - *i < 2 + n + 2)
		k++;
	*i = k;
	return true;
}

/* 2018-12-16, 2018/12/16, 2018年12月16日; 16 December 2018; December 16, 2018 */
static bool date_at(const char *p, size_t i, size_t to, uint32_t *y, uint32_t *m, uint32_t *d)
{
	size_t k = i;

	if (ex_is(p[k], C_ALPHA)) {
		*m = month_at(p, &k);
		if (!*m)
			return false;
		if (p[k] == '.')
			k++;
		while (p[k] == ' ')
			k++;
		if (!number_at(p, &k, to, 2, d))
			return false;
		if (str_istarts((struct str){ p + k, 2 }, STR("th")) ||
		    str_istarts((struct str){ p + k, 2 }, STR("st")))
			k += 2;
		if (p[k] == ',')
			k++;
		while (p[k] == ' ')
			k++;
		return number_at(p, &k, to, 4, y) && *y > 1990;
	}
	if (!number_at(p, &k, to, 4, y))
		return false;
	if (k - i == 4) {
		char sep = p[k];

		if (sep == '-' || sep == '/' || sep == '.') {
			k++;
			return number_at(p, &k, to, 2, m) && p[k++] == sep &&
			       number_at(p, &k, to, 2, d) && p[k] != sep && *y > 1990;
		}
		return mark_at(p, &k, "\xe5\xb9\xb4") && number_at(p, &k, to, 2, m) &&
		       mark_at(p, &k, "\xe6\x9c\x88") && number_at(p, &k, to, 2, d) &&
		       mark_at(p, &k, "\xe6\x97\xa5");
	}
	*d = *y;
	if (k - i > 2)
		return false;
	while (p[k] == ' ' || p[k] == '.')
		k++;
	*m = month_at(p, &k);
	while (p[k] == ' ' || p[k] == ',' || p[k] == '.')
		k++;
	return *m && number_at(p, &k, to, 4, y) && *y > 1990;
}

static void two_digits(char *p, uint32_t v)
{
	p[0] = (char)('0' + v / 10);
	p[1] = (char)('0' + v % 10);
}

size_t ex_date(const char *p, size_t at, size_t to, int64_t *t)
{
	uint32_t y, m, d;
	char text[] = "0000-00-00";

	if (!ex_alnum(p[at]) || (at && (ex_is(p[at - 1], C_NAME) || p[at - 1] == '/')))
		return 0;
	if (!ex_may_date(p[at]))
		return 0;
	if (!date_at(p, at, to, &y, &m, &d) || y > 2100 || m > 12 || d > 31)
		return 0;
	two_digits(text, y / 100);
	two_digits(text + 2, y % 100);
	two_digits(text + 5, m);
	two_digits(text + 8, d);
	return time_parse((struct str){ text, 10 }, t, NULL) ? at + 6 : 0;
}
