/* SPDX-License-Identifier: Apache-2.0 */
/* The ports that texts give behind an address or a name. */
#include "core/extract_parts.h"

size_t ex_port(const struct ex *x, size_t at, uint16_t *port)
{
	uint32_t v = 0;
	size_t i = at + 1;

	if (x->p[at] != ':')
		return at;
	for (; i - at <= 5 && ex_is(x->p[i], C_DIGIT); i++)
		v = v * 10 + (uint32_t)(x->p[i] - '0');
	if (i == at + 1 || v == 0 || v > 65535 || ex_is(x->p[i], C_ALPHA | C_DIGIT))
		return at;
	/* "1.2.3.4:80:..." is something else. */
	if (x->p[i] == ':' && ex_alnum(x->p[i + 1]))
		return at;
	*port = (uint16_t)v;
	return i;
}

static const char *const before[] = { "on ",  "over ", "at ",    "via ", "using ", "tcp ",
				      "udp ", "tcp/",  "auf ",   "sur ", "le ",    "en ",
				      "el ",  "na ",   "no ",    "по ",  "на ",    "の",
				      "の ",  "的",    "sulla ", "a ",   "para ",  "của ",
				      "por ", "pela ", "alla ",  "qua ", "trên ",  "через ",
				      "의 ",  "عبر ",  "über ",  "på ",  "pada ",  "melalui ",
				      "ke ",  "la ",   "in ",    "w ",   "do " };
static const char *const words[] = {
	"ports ",      "port ",      "port: ",   "port:",    "port=",   "порт ",
	"порту ",      "портом ",    "порта ",   "puerto ",  "porta ",  "porto ",
	"ポート",      "ポート番号", "端口",     "连接端口", "埠",      "포트 ",
	"포트",        "cổng ",      "poort ",   "portu ",   "portem ", "bağlantı noktası ",
	"porcie ",     "المنفذ ",    "منفذ ",    "พอร์ต ",    "พอร์ต",    "порте ",
	"portnummer ", "portas ",    "puertos ", "porte ",   "porten "
};

#define COUNT(v) (sizeof(v) / sizeof(v)[0])

static void note_begin(const char *word, uint32_t second[32])
{
	if (ex_is(word[0], C_ALPHA))
		second[word[0] & 31] |= UINT32_C(1) << (word[1] & 31);
}

void ex_port_begins(uint32_t second[32])
{
	for (size_t i = 0; i < COUNT(before); i++)
		note_begin(before[i], second);
	for (size_t i = 0; i < COUNT(words); i++)
		note_begin(words[i], second);
}

/* "port 443" behind a value, in other languages and with a word or two before it; "443/TCP". */
void ex_port_word(const struct ex *x, size_t at, uint16_t *port)
{
	size_t i = at, digits;
	uint32_t v = 0;
	bool named = false;

	/* Blanks and brackets, also wide ones. */
	while (i - at < 9 && x->p[i]) {
		if (strchr(" (,`\"*\n", x->p[i]))
			i++;
		else if (memcmp(x->p + i, "\xef\xbc\x88", 3) == 0 ||
			 memcmp(x->p + i, "\xe3\x80\x81", 3) == 0 ||
			 memcmp(x->p + i, "\xef\xbc\x8c", 3) == 0)
			i += 3;
		else
			break;
	}
	if (x->p[i] == ')' || (i < x->n && memcmp(x->p + i, "\xef\xbc\x89", 3) == 0))
		i += x->p[i] == ')' ? 1 : 3;
	/* Mostly: no word and no number. */
	if (!ex_is(x->p[i], C_ALPHA | C_DIGIT | C_WIDE) ||
	    (ex_is(x->p[i], C_ALPHA) && !lexicon_may_port(x->lex, x->p + i)))
		return;
	for (size_t k = 0; !ex_is(x->p[i], C_DIGIT) && k < 2 * COUNT(before); k++) {
		const char *word = before[k % COUNT(before)];
		struct str w;

		if (ex_lower(x->p[i]) != word[0])
			continue;
		w = str_of(word);
		if (str_istarts((struct str){ x->p + i, FOLD_PAD / 2 }, w)) {
			i += w.n;
			/* "TCP 443" */
			named = word[1] == 'c' || word[1] == 'd';
		}
	}
	if (str_istarts((struct str){ x->p + i, 4 }, STR("tcp\n")) ||
	    str_istarts((struct str){ x->p + i, 4 }, STR("udp\n"))) {
		i += 4;
		named = true;
	}
	for (size_t k = 0, done = 0; k < COUNT(words) && !done; k++) {
		struct str w;

		if (ex_lower(x->p[i]) != words[k][0])
			continue;
		w = str_of(words[k]);
		done = str_istarts((struct str){ x->p + i, FOLD_PAD / 2 }, w);
		named |= done;
		i += done ? w.n : 0;
	}
	if (i == at)
		return;
	while (named && (x->p[i] == ' ' || x->p[i] == ':'))
		i++;
	for (digits = i; ex_is(x->p[i], C_DIGIT) && v < 100000; i++)
		v = v * 10 + (uint32_t)(x->p[i] - '0');
	if (i == digits || v == 0 || v > 65535 || ex_alnum(x->p[i]) ||
	    (x->p[i] == '.' && ex_is(x->p[i + 1], C_DIGIT)))
		return;
	if (named || str_istarts((struct str){ x->p + i, 4 }, STR("/tcp")) ||
	    str_istarts((struct str){ x->p + i, 4 }, STR("/udp")))
		*port = (uint16_t)v;
}
