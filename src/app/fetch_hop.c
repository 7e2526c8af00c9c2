/* SPDX-License-Identifier: Apache-2.0 */
/* One question to one host by libcurl, and what its answer means. */
#include "app/fetch_parts.h"

#include "base/sha.h"
#include "base/stop.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECT_S = 30,
	SLOW = 64, /* bytes a second that are no progress */
	HEADERS_MAX = 64 << 10,
	OTHER_MAX = 64 << 10, /* of a body that nobody wants */
	WAIT_MOST_S = 86400,
};

static void forget(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
}

void hop_free(struct hop *hop)
{
	forget(&hop->url);
	forget(&hop->next);
	buf_free(&hop->origin);
}

/* ---- what libcurl calls ---- */

static bool address_of(const struct curl_sockaddr *a, struct ip *out)
{
	if (a->family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, &a->addr, sizeof in);
		*out = ip_v4(ntohl(in.sin_addr.s_addr));
		return true;
	}
	if (a->family == AF_INET6) {
		struct sockaddr_in6 in;
		uint64_t half[2] = { 0, 0 };

		memcpy(&in, &a->addr, sizeof in);
		for (int i = 0; i < 16; i++)
			half[i / 8] = half[i / 8] << 8 | in.sin6_addr.s6_addr[i];
		*out = (struct ip){ half[0], half[1] };
		return true;
	}
	return false;
}

/* The name was resolved; what it means is known here first, and nobody can change it any more. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct hop *hop = ctx;
	struct fetcher *f = hop->f;
	struct str why = STR("no address of the Internet");
	struct ip ip;

	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	if (!hop->by_proxy &&
	    (!address_of(a, &ip) ||
	     !fetch_may_reach(&f->special, ip, hop_may_be_inside(hop), f->met_public, &why))) {
		(void)snprintf(hop->refused, sizeof hop->refused, "%.*s", STR_ARG(why));
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* A header's value, if it has that name: printable ASCII that fits, else nothing. */
static bool header_is(struct str line, const char *name, char to[FETCH_TEXT])
{
	struct str n = str_of(name), value;

	if (!str_istarts(line, n) || line.n <= n.n || line.p[n.n] != ':')
		return false;
	value = str_trim(str_skip(line, n.n + 1));
	to[0] = 0;
	if (value.n >= FETCH_TEXT)
		return true;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < 0x20 || value.p[i] > 0x7e)
			return true;
	memcpy(to, value.p, value.n);
	to[value.n] = 0;
	return true;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct hop *hop = ctx;
	struct str line = { p, size * n };

	hop->header_n += line.n;
	if (hop->header_n > HEADERS_MAX) {
		hop->bad = ERR_LIMIT;
		(void)snprintf(hop->ended, sizeof hop->ended, "the server sends headers without end");
		return 0;
	}
	if (str_starts(line, STR("HTTP/"))) {
		hop->etag[0] = hop->last_modified[0] = hop->content_type[0] = 0;
		hop->encoding[0] = hop->kept[0] = 0;
	} else if (!header_is(line, "ETag", hop->etag) &&
		   !header_is(line, "Last-Modified", hop->last_modified) &&
		   !header_is(line, "Content-Type", hop->content_type) &&
		   !header_is(line, "Content-Encoding", hop->encoding) && hop->request->keep_header) {
		(void)header_is(line, hop->request->keep_header, hop->kept);
	}
	return size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct hop *hop = ctx;
	long status = 0;
	size_t left = size * n;

	(void)hop->f->curl.easy_getinfo(hop->f->easy, CURLINFO_RESPONSE_CODE, &status);
	hop->got += left;
	if (status != 200) /* nobody will read it: enough is enough */
		return hop->got > OTHER_MAX ? 0 : size * n;
	if (hop->got > hop->f->rules.max_wire) {
		hop->bad = ERR_LIMIT;
		(void)snprintf(hop->ended, sizeof hop->ended, "it is more than %llu MiB",
			       (unsigned long long)(hop->f->rules.max_wire >> 20));
		return 0;
	}
	while (left) {
		ssize_t w = write(hop->fd, p, left);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			hop->bad = ERR_IO;
			(void)snprintf(hop->ended, sizeof hop->ended, "cannot keep what came: %s",
				       strerror(errno));
			return 0;
		}
		p += w;
		left -= (size_t)w;
	}
	return size * n;
}

static int on_progress(void *ctx, curl_off_t all, curl_off_t now, curl_off_t up_all, curl_off_t up)
{
	struct hop *hop = ctx;

	(void)all;
	(void)now;
	(void)up_all;
	(void)up;
	if (hop->f->world.progress)
		hop->f->world.progress(hop->f->world.ctx, hop->got);
	return stop_asked();
}

/* ---- asking ---- */

static bool add_header(const struct curl_calls *curl, struct curl_slist **list, struct buf *line)
{
	struct curl_slist *longer;

	buf_ch(line, 0);
	longer = buf_err(line) ? NULL : curl->slist_append(*list, line->p);
	forget(line);
	if (!longer)
		return false;
	*list = longer;
	return true;
}

static bool add_text(const struct curl_calls *curl, struct curl_slist **list, const char *name,
		     const char *value)
{
	struct buf line;

	if (!value || !*value)
		return true;
	buf_init(&line, URL_TEXT_MAX);
	buf_fmt(&line, "%s: %s", name, value);
	return add_header(curl, list, &line);
}

static bool add_key(const struct curl_calls *curl, struct curl_slist **list, const struct fetch_key *key)
{
	struct buf line, pair;

	if (key->how == FETCH_OPEN || key->how == FETCH_URL)
		return true;
	buf_init(&line, 2 * URL_TEXT_MAX);
	buf_init(&pair, URL_TEXT_MAX);
	if (key->how == FETCH_HEADER) {
		buf_fmt(&line, "%s: ", key->header);
		buf_puts(&line, key->key);
	} else if (key->how == FETCH_BEARER) {
		buf_c(&line, "Authorization: Bearer ");
		buf_puts(&line, key->key);
	} else {
		if (key->user && *key->user)
			buf_fmt(&pair, "%s:", key->user);
		buf_puts(&pair, key->key);
		buf_c(&line, "Authorization: Basic ");
		base64(&line, buf_str(&pair));
	}
	forget(&pair);
	return add_header(curl, list, &line);
}

static void forget_headers(const struct curl_calls *curl, struct curl_slist *list)
{
	for (struct curl_slist *h = list; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl->slist_free_all(list);
}

/* Headers of a question; NULL without memory. */
static struct curl_slist *headers(const struct fetch_request *r, const struct hop *hop)
{
	const struct curl_calls *curl = &hop->f->curl;
	struct curl_slist *list = NULL;

	if (add_text(curl, &list, "Accept", r->accept ? r->accept : "*/*") &&
	    add_text(curl, &list, "Accept-Encoding", "gzip") &&
	    add_text(curl, &list, "If-None-Match", r->etag) &&
	    add_text(curl, &list, "If-Modified-Since", r->last_modified) &&
	    (!hop->same_origin || add_key(curl, &list, &hop->f->key)))
		return list;
	forget_headers(curl, list);
	return NULL;
}

static CURLcode set_options(struct hop *hop, struct curl_slist *list)
{
	const struct curl_calls *curl = &hop->f->curl;
	const struct fetch_rules *rules = &hop->f->rules;
	CURL *c = hop->f->easy;
	CURLcode r = CURLE_OK;

#define SET(option, value)                                           \
	do {                                                         \
		if (!r)                                              \
			r = curl->easy_setopt(c, (option), (value)); \
	} while (0)
	curl->easy_reset(c);
	SET(CURLOPT_URL, hop->url.p);
	SET(CURLOPT_HTTPHEADER, list);
	SET(CURLOPT_USERAGENT, "nezumi/" NEZUMI_VERSION " (threat intelligence; open source)");
	SET(CURLOPT_PROTOCOLS_STR, rules->http ? "http,https" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (rules->ca_file) {
		SET(CURLOPT_CAINFO, rules->ca_file);
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_PROXY_CAINFO, rules->ca_file);
	}
	SET(CURLOPT_PROXY, url_proxy(&hop->f->rules, hop->scheme, hop->host));
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, (long)(rules->idle_s < CONNECT_S ? rules->idle_s : CONNECT_S));
	SET(CURLOPT_TIMEOUT, (long)rules->total_s);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW);
	SET(CURLOPT_LOW_SPEED_TIME, (long)rules->idle_s);
	SET(CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)(rules->max_wire < INT64_MAX ? rules->max_wire : INT64_MAX));
	SET(CURLOPT_ERRORBUFFER, hop->error);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, hop);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, hop);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, hop);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, hop);
	SET(CURLOPT_NOPROGRESS, 0L);
#undef SET
	return r;
}

/* ---- what came of it ---- */

static void note_public(struct hop *hop)
{
	const char *text = NULL;
	struct ip ip;

	if (!hop->by_proxy && !hop->f->curl.easy_getinfo(hop->f->easy, CURLINFO_PRIMARY_IP, &text) &&
	    text && ip_parse(str_of(text), &ip) &&
	    special_overlap(&hop->f->special, (struct cidr){ ip, 128 }).n == 0)
		hop->f->met_public = true;
}

/* Its own words where they are about certificates and names; what a server sends never gets there. */
static enum err failed(struct hop *hop, CURLcode code, struct errinfo *ei)
{
	const char *text = hop->error[0] ? hop->error : hop->f->curl.easy_strerror(code);

	if (hop->bad)
		return err_set(ei, hop->bad, "%s", hop->ended);
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK:
		return ERR_STOP;
	case CURLE_OUT_OF_MEMORY:
		return ERR_NOMEM;
	case CURLE_FILESIZE_EXCEEDED:
		return err_set(ei, ERR_LIMIT, "it is more than %llu MiB",
			       (unsigned long long)(hop->f->rules.max_wire >> 20));
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(ei, ERR_LIMIT, "%.80s took too long: stopped after %s", hop->host,
			       strstr(text, "too slow") ? "it all but stood still"
							: "the time that is allowed");
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		hop->again = true;
		return err_set(ei, ERR_IO, "%.80s broke off: %s", hop->host,
			       hop->got ? "the document is cut" : "there is no answer");
	case CURLE_COULDNT_CONNECT:
		if (hop->refused[0])
			return hop_refuse_address(hop, str_of(hop->refused), ei);
		hop->again = true;
		return err_set(ei, ERR_IO, "cannot connect to %.80s", hop->host);
	case CURLE_COULDNT_RESOLVE_HOST:
		hop->again = true;
		return err_set(ei, ERR_IO, "no address is known for %.80s", hop->host);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(ei, ERR_IO, "%.80s: %.140s", hop->host, text);
	default:
		return err_set(ei, ERR_IO, "%.80s: %.140s", hop->host, hop->f->curl.easy_strerror(code));
	}
}

static enum err refused_status(struct hop *hop, struct errinfo *ei)
{
	unsigned s = hop->status;
	bool has_key = hop->f->key.how != FETCH_OPEN;

	hop->again = s == 408 || s == 429 || s == 500 || s == 502 || s == 503 || s == 504;
	if (s == 401 || s == 403)
		return err_set(ei, ERR_IO, "%.80s refuses (%u): %s", hop->host, s,
			       has_key ? "it does not accept the key" : "perhaps it wants a key");
	if (s == 404 || s == 410)
		return err_set(ei, ERR_IO, "%.80s has nothing at that address (%u)", hop->host, s);
	if (hop->again && hop->wait_s)
		return err_set(ei, ERR_IO, "%.80s asks to be left alone for %u s (%u)", hop->host,
			       hop->wait_s, s);
	return err_set(ei, ERR_IO, "%.80s answers with status %u", hop->host, s);
}

/* How the body is packed: by gzip, which was offered, or by something that was not. */
static enum err check_encoding(struct hop *hop, struct errinfo *ei)
{
	struct str how = str_of(hop->encoding);

	hop->gzip = str_iis(how, "gzip") || str_iis(how, "x-gzip");
	if (hop->gzip || how.n == 0 || str_iis(how, "identity"))
		return ERR_OK;
	return err_set(ei, ERR_PARSE, "%.80s packs it in a way that was not asked for (%.40s)",
		       hop->host, hop->encoding);
}

static enum err take_answer(const struct fetch_request *r, struct hop *hop, struct errinfo *ei)
{
	const char *next = NULL;

	switch (hop->status) {
	case 200:
		return check_encoding(hop, ei);
	case 304:
		if ((r->etag && *r->etag) || (r->last_modified && *r->last_modified))
			return ERR_OK;
		return refused_status(hop, ei);
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		(void)hop->f->curl.easy_getinfo(hop->f->easy, CURLINFO_REDIRECT_URL, &next);
		if (!next)
			return refused_status(hop, ei);
		buf_clear(&hop->next);
		buf_c(&hop->next, next);
		buf_ch(&hop->next, 0);
		hop->redirect = true;
		return ERR_OK;
	default:
		return refused_status(hop, ei);
	}
}

enum err hop_go(struct fetcher *f, const struct fetch_request *r, struct hop *hop, struct errinfo *ei)
{
	struct curl_slist *list;
	curl_off_t wait = 0;
	CURLcode code;
	long status = 0;

	hop->request = r;
	hop->got = hop->header_n = 0;
	hop->redirect = hop->again = hop->gzip = false;
	hop->status = hop->wait_s = 0;
	hop->etag[0] = hop->last_modified[0] = hop->content_type[0] = hop->kept[0] = 0;
	hop->encoding[0] = hop->error[0] = 0;
	if (ftruncate(hop->fd, 0) || lseek(hop->fd, 0, SEEK_SET))
		return err_set(ei, ERR_IO, "cannot keep what comes: %s", strerror(errno));
	list = headers(r, hop);
	if (!list)
		return ERR_NOMEM;
	code = set_options(hop, list);
	if (!code)
		code = f->curl.easy_perform(f->easy);
	(void)f->curl.easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)f->curl.easy_getinfo(f->easy, CURLINFO_RETRY_AFTER, &wait);
	hop->status = (unsigned)status;
	hop->wait_s = (unsigned)(wait < 0 ? 0 : wait < WAIT_MOST_S ? wait : WAIT_MOST_S);
	note_public(hop);
	forget_headers(&f->curl, list);
	/* The body of another answer was cut on purpose. */
	if (code && !hop->bad && status >= 300 &&
	    (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED))
		code = CURLE_OK;
	return code ? failed(hop, code, ei) : take_answer(r, hop, ei);
}

/* ---- fetchers ---- */

enum err fetcher_open(const struct fetch_rules *rules, const struct fetch_key *key,
		      const struct fetch_world *world, struct fetcher **out, struct errinfo *ei)
{
	struct fetcher *f = calloc(1, sizeof *f);
	enum err e;

	if (!f)
		return ERR_NOMEM;
	f->rules = *rules;
	if (key)
		f->key = *key;
	f->world = *world;
	e = curl_calls_load(&f->curl, ei);
	if (!e)
		e = special_load(&f->special);
	if (!e) {
		f->easy = f->curl.easy_init();
		e = f->easy ? ERR_OK : ERR_NOMEM;
	}
	if (e) {
		fetcher_close(f);
		return e;
	}
	*out = f;
	return ERR_OK;
}

void fetcher_close(struct fetcher *f)
{
	if (!f)
		return;
	if (f->easy)
		f->curl.easy_cleanup(f->easy);
	special_free(&f->special);
	free(f);
}
