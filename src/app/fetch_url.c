/* SPDX-License-Identifier: Apache-2.0 */
/* URLs, and which proxy one is asked through. */
#include "app/fetch_parts.h"

#include <stdlib.h>

void fetch_escape(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    c == '-' || c == '.' || c == '_' || c == '~')
			buf_ch(b, (char)c);
		else
			buf_fmt(b, "%%%02X", c);
	}
}

bool url_address(struct str host, struct ip *out)
{
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct str){ host.p + 1, host.n - 2 };
	return ip_parse(host, out);
}

/* ---- proxies ---- */

/* no_proxy: names (and all below them), addresses and networks, "*" for all. */
static bool spared(struct str list, struct str host)
{
	struct str rest = list, word;
	struct cidr net;
	struct ip ip;
	bool is_ip = url_address(host, &ip);

	while (str_cut(&rest, ',', &word)) {
		word = str_trim(word);
		if (word.n && word.p[0] == '.')
			word = str_skip(word, 1);
		if (word.n == 0)
			continue;
		if (str_is(word, "*") || str_ieq(word, host) ||
		    (is_ip && cidr_parse(word, &net) && cidr_has(net, ip)))
			return true;
		if (host.n > word.n && host.p[host.n - word.n - 1] == '.' &&
		    str_ieq(str_skip(host, host.n - word.n), word))
			return true;
	}
	return false;
}

static const char *one_of(const char *a, const char *b)
{
	const char *v = getenv(a);

	return v && *v ? v : getenv(b);
}

const char *url_proxy(const struct fetch_rules *rules, const char *scheme, const char *host)
{
	const char *spare = one_of("no_proxy", "NO_PROXY"), *proxy;

	if (rules->proxy)
		return rules->proxy;
	if (spare && spared(str_of(spare), str_of(host)))
		return "";
	proxy = strcmp(scheme, "https") == 0 ? one_of("https_proxy", "HTTPS_PROXY")
					     : getenv("http_proxy");
	if (!proxy || !*proxy)
		proxy = one_of("all_proxy", "ALL_PROXY");
	return proxy ? proxy : "";
}

/* ---- relative ones ---- */

static bool same_part(const struct curl_calls *curl, CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = NULL, *y = NULL;
	bool same = !curl->url_get(a, part, &x, CURLU_DEFAULT_PORT) &&
		    !curl->url_get(b, part, &y, CURLU_DEFAULT_PORT) && str_ieq(str_of(x), str_of(y));

	curl->free(x);
	curl->free(y);
	return same;
}

enum err fetch_join(const char *base, struct str relative, struct buf *out, struct errinfo *ei)
{
	struct curl_calls curl;
	CURLU *from, *to;
	char *whole = NULL;
	struct buf text;
	enum err e = curl_calls_load(&curl, ei);

	if (e)
		return e;
	from = curl.url();
	to = from ? curl.url_dup(from) : NULL;
	buf_init(&text, URL_TEXT_MAX);
	buf_puts(&text, relative);
	buf_ch(&text, 0);
	if (!to || buf_err(&text) == ERR_NOMEM)
		e = ERR_NOMEM;
	else if (buf_err(&text) || strlen(text.p) != relative.n ||
		 curl.url_set(from, CURLUPART_URL, base, 0) || curl.url_set(to, CURLUPART_URL, base, 0) ||
		 curl.url_set(to, CURLUPART_URL, text.p, CURLU_NON_SUPPORT_SCHEME) ||
		 curl.url_get(to, CURLUPART_URL, &whole, 0))
		e = err_set(ei, ERR_PARSE, "the server names an address that is none");
	else if (!same_part(&curl, from, to, CURLUPART_SCHEME) ||
		 !same_part(&curl, from, to, CURLUPART_HOST) ||
		 !same_part(&curl, from, to, CURLUPART_PORT))
		e = err_set(ei, ERR_USAGE, "the server names an address on another host");
	if (!e) {
		buf_c(out, whole);
		e = buf_err(out);
	}
	curl.free(whole);
	curl.url_cleanup(from);
	curl.url_cleanup(to);
	buf_free(&text);
	return e;
}
