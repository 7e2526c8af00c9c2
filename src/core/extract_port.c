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

_Static_assert(COUNT(before) <= 64 && COUNT(words) <= 64, "one bit for each word");

static void note(uint64_t begins[32], uint32_t second[32], const char *word, size_t k)
{
	begins[word[0] & 31] |= UINT64_C(1) << k;
	if (ex_is(word[0], C_ALPHA))
		second[word[0] & 31] |= UINT32_C(1) << (word[1] & 31);
}

void ex_port_words_init(struct ex_port_words *w)
{
	*w = (struct ex_port_words){ 0 };
	for (size_t k = 0; k < COUNT(before); k++)
		note(w->before, w->second, before[k], k);
	for (size_t k = 0; k < COUNT(words); k++)
		note(w->words, w->second, words[k], k);
}

/* The next word from k on that may begin like p, or 64. */
static size_t next_word(const uint64_t begins[32], const char *p, size_t k)
{
	uint64_t some = k < 64 ? begins[p[0] & 31] >> k << k : 0;

	return some ? (size_t)__builtin_ctzll(some) : 64;
}

/* May any word begin with the letter at p? */
static bool may_be_word(const struct ex_port_words *w, const char *p)
{
	return w->second[p[0] & 31] >> (ex_lower(p[1]) & 31) & 1;
}

/* "port 443" behind a value, in other languages and with a word or two before it; "443/TCP". */
void ex_port_word(const struct ex *x, size_t at, uint16_t *port)
{
	const struct ex_port_words *w = lexicon_ports(x->lex);
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
	    (ex_is(x->p[i], C_ALPHA) && !may_be_word(w, x->p + i)))
		return;
	for (int round = ex_is(x->p[i], C_DIGIT) ? 2 : 0; round < 2; round++)
		for (size_t k = 0; (k = next_word(w->before, x->p + i, k)) < 64; k++) {
			struct str word = str_of(before[k]);

			if (!str_istarts((struct str){ x->p + i, FOLD_PAD / 2 }, word))
				continue;
			i += word.n;
			/* "TCP 443" */
			named = word.p[1] == 'c' || word.p[1] == 'd';
		}
	if (str_istarts((struct str){ x->p + i, 4 }, STR("tcp\n")) ||
	    str_istarts((struct str){ x->p + i, 4 }, STR("udp\n"))) {
		i += 4;
		named = true;
	}
	for (size_t k = 0; (k = next_word(w->words, x->p + i, k)) < 64; k++) {
		struct str word = str_of(words[k]);

		if (str_istarts((struct str){ x->p + i, FOLD_PAD / 2 }, word)) {
			named = true;
			i += word.n;
			break;
		}
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
