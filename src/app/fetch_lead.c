/* SPDX-License-Identifier: Apache-2.0 */
/* Where a question goes: URLs as they are given and as servers lead to them, and which of them are
 * followed. */
#include "app/fetch_parts.h"

/* ---- URLs ---- */

static void copy_part(const struct curl_calls *curl, CURLU *u, CURLUPart part, unsigned flags,
		      char *to, size_t room)
{
	char *text = NULL;

	to[0] = 0;
	if (curl->url_get(u, part, &text, flags) == CURLUE_OK && strlen(text) < room)
		memcpy(to, text, strlen(text) + 1);
	curl->free(text);
}

static bool is_local_name(struct str host)
{
	return str_iis(host, "localhost") || str_ends(host, STR(".localhost"));
}

bool hop_may_be_inside(const struct hop *hop)
{
	return hop->f->rules.inside && !hop->led;
}

enum err hop_refuse_address(const struct hop *hop, struct str why, struct errinfo *ei)
{
	return err_set(ei, ERR_USAGE, "%.80s is not a public host (%.*s)%s", hop->host, STR_ARG(why),
		       !hop->f->rules.inside ? ""
		       : hop->f->met_public  ? ", and a public one led there"
					     : ", and another host led there");
}

/* What can be said of a host before a name server is asked; the rest is seen when the connection
 * is made, unless a proxy makes it. */
static enum err check_host(const struct hop *hop, struct errinfo *ei)
{
	struct fetcher *f = hop->f;
	struct str host = str_of(hop->host), why;
	struct ip ip;

	if (url_address(host, &ip) &&
	    !fetch_may_reach(&f->special, ip, hop_may_be_inside(hop), f->met_public, &why))
		return hop_refuse_address(hop, why, ei);
	if (hop->by_proxy && is_local_name(host) && (!hop_may_be_inside(hop) || f->met_public))
		return hop_refuse_address(hop, STR("a name for one's own machine"), ei);
	return ERR_OK;
}

static enum err check_scheme(const struct hop *hop, bool first, struct errinfo *ei)
{
	bool plain = strcmp(hop->scheme, "http") == 0;

	if (!plain && strcmp(hop->scheme, "https") != 0)
		return err_set(ei, ERR_USAGE, "%s a %s: address, and only https: is followed",
			       first ? "its URL is" : "the server leads to",
			       hop->scheme[0] ? hop->scheme : "strange");
	if (plain && !hop->f->rules.http)
		return err_set(ei, ERR_USAGE, "%s plain http, which is not allowed for this source",
			       first ? "its URL is" : "the server leads to");
	/* Whoever listens would have it; within one's own network that is for the user to say. */
	if (plain && hop->same_origin && hop->f->key.how != FETCH_OPEN && !hop->f->rules.inside)
		return err_set(ei, ERR_USAGE, "its key would travel by plain http");
	return ERR_OK;
}

/* ---- from URL to URL ---- */

static enum err take_url(struct hop *hop, bool first, struct errinfo *ei)
{
	const struct curl_calls *curl = &hop->f->curl;
	CURLU *u = curl->url();
	char port[8], *user = NULL, *password = NULL;
	struct buf origin;
	enum err e = ERR_OK;

	if (!u)
		return ERR_NOMEM;
	if (curl->url_set(u, CURLUPART_URL, hop->url.p, CURLU_NON_SUPPORT_SCHEME)) {
		curl->url_cleanup(u);
		return err_set(ei, ERR_USAGE,
			       first ? "its URL is none"
				     : "the server leads to something that is no URL");
	}
	copy_part(curl, u, CURLUPART_SCHEME, 0, hop->scheme, sizeof hop->scheme);
	copy_part(curl, u, CURLUPART_HOST, 0, hop->host, sizeof hop->host);
	copy_part(curl, u, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port);
	(void)curl->url_get(u, CURLUPART_USER, &user, 0);
	(void)curl->url_get(u, CURLUPART_PASSWORD, &password, 0);
	if (user || password)
		e = err_set(ei, ERR_USAGE, "%s a user name or password in it, which belongs in a file",
			    first ? "its URL has" : "the server leads to a URL with");
	curl->free(user);
	curl->free(password);
	curl->url_cleanup(u);
	buf_init(&origin, URL_TEXT_MAX);
	buf_fmt(&origin, "%s://%s:%s", hop->scheme, hop->host, port);
	hop->same_origin = first || str_ieq(buf_str(&origin), buf_str(&hop->origin));
	if (first) {
		hop->origin = origin;
		memcpy(hop->named, hop->host, sizeof hop->named);
	} else {
		buf_free(&origin);
	}
	hop->led = !str_ieq(str_of(hop->host), str_of(hop->named));
	hop->by_proxy = url_proxy(&hop->f->rules, hop->scheme, hop->host)[0] != 0;
	if (!e)
		e = check_scheme(hop, first, ei);
	if (!e && hop->host[0] == 0)
		e = err_set(ei, ERR_USAGE, "its URL names no host");
	return e ? e : check_host(hop, ei);
}

enum err hop_first(struct fetcher *f, const char *url, struct hop *hop, struct errinfo *ei)
{
	struct str rest = str_of(url), mark = STR("{key}");
	size_t at = str_find(rest, mark);

	hop->f = f;
	f->met_public = false;
	buf_init(&hop->url, URL_TEXT_MAX);
	buf_init(&hop->next, URL_TEXT_MAX);
	buf_init(&hop->origin, URL_TEXT_MAX);
	if (f->key.how == FETCH_URL && at == SIZE_MAX)
		return err_set(ei, ERR_USAGE, "its URL has no {key} to put the key in");
	if (f->key.how == FETCH_URL) {
		buf_puts(&hop->url, str_head(rest, at));
		fetch_escape(&hop->url, f->key.key);
		rest = str_skip(rest, at + mark.n);
	}
	buf_puts(&hop->url, rest);
	buf_ch(&hop->url, 0);
	if (buf_err(&hop->url))
		return err_set(ei, ERR_USAGE, "its URL is too long");
	return take_url(hop, true, ei);
}

enum err hop_next(struct fetcher *f, struct hop *hop, struct errinfo *ei)
{
	struct buf old = hop->url;

	(void)f;
	hop->url = hop->next;
	hop->next = old;
	buf_clear(&hop->next);
	if (buf_err(&hop->url))
		return err_set(ei, ERR_LIMIT, "the server leads to a URL that is too long");
	return take_url(hop, false, ei);
}
