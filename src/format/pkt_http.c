/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1 (RFC 9112) and what came before it: each request with its Host and target is a record,
 * when its final status comes or when the flow ends. Bodies are counted, not looked at; where their
 * length is not known the next message is looked for at the beginnings of segments.
 */
#include "format/talk_parts.h"

enum {
	HEAD_MAX = 16 << 10,
	TARGET_MAX = 8 << 10,
	HOST_MAX = 512,
	QUESTIONS_MAX = 32,
	METHOD_MAX = 16
};

static const char *const methods[] = {
	"GET ",          "POST ",      "HEAD ",      "CONNECT ", "PUT ",
	"OPTIONS ",      "DELETE ",    "PATCH ",     "TRACE ",   "PROPFIND ",
	"MKCOL ",        "COPY ",      "MOVE ",      "LOCK ",    "PROPPATCH ",
	"REPORT ",       "UNLOCK ",    "SEARCH ",    "QUERY ",   "RPC_IN_DATA ",
	"RPC_OUT_DATA ", "BITS_POST ", "SUBSCRIBE ", "NOTIFY ",  "M-SEARCH ",
};

/* ... or may it become one? */
static bool known_method(struct str s)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (str_starts(s, str_of(methods[i])) || str_starts(str_of(methods[i]), s))
			return true;
	return false;
}

/* A token, a target, a version: whoever invents methods at least ends the line so. */
static bool like_a_request(struct str s)
{
	size_t end = str_chr(str_head(s, 1024), '\n'), at = str_find(str_head(s, 1024), STR(" HTTP/"));
	size_t blank = str_chr(str_head(s, 24), ' ');

	if (at == SIZE_MAX || at > end || blank == SIZE_MAX || blank == 0 || blank >= at)
		return false;
	for (size_t i = 0; i < blank; i++)
		if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') || s.p[i] == '-' || s.p[i] == '_'))
			return false;
	return true;
}

bool http_begins(struct str data)
{
	while (data.n && (data.p[0] == '\r' || data.p[0] == '\n'))
		data = str_skip(data, 1);
	return data.n && data.p[0] >= 'A' && data.p[0] <= 'Z' &&
	       (known_method(data) || like_a_request(data));
}

/* ---- heads -------------------------------------------------------------------------------------- */

/* Bytes of the head with the empty line that ends it, 0 when that has not come. `from`: before it
 * nothing was found. */
static size_t head_length(struct str s, size_t from)
{
	for (size_t at = from > 3 ? from - 3 : 0; at < s.n; at++) {
		size_t lf = str_chr(str_skip(s, at), '\n');

		if (lf == SIZE_MAX)
			return 0;
		at += lf;
		if (at + 1 < s.n && s.p[at + 1] == '\n')
			return at + 2;
		if (at + 2 < s.n && s.p[at + 1] == '\r' && s.p[at + 2] == '\n')
			return at + 3;
	}
	return 0;
}

/* What says where the body ends, and whose site it is. */
struct fields {
	struct str host;
	uint64_t length;
	bool has_length, chunked;
};

/* With any number of zeros before it. */
static bool length_of(struct str s, uint64_t *out)
{
	while (s.n > 1 && s.p[0] == '0')
		s = str_skip(s, 1);
	return str_u64(s, UINT64_C(1) << 62, out);
}

/* Of a list with commas between. */
static bool has_word(struct str list, struct str word)
{
	struct str part;

	while (str_cut(&list, ',', &part))
		if (str_ieq(str_trim(part), word))
			return true;
	return false;
}

static struct fields fields_of(struct str lines)
{
	struct fields f = { .host = STR_NONE };
	struct str line;

	while (str_line(&lines, &line)) {
		size_t colon = str_chr(line, ':');
		struct str name, value;

		if (colon == SIZE_MAX)
			continue;
		name = str_trim(str_head(line, colon));
		value = str_trim(str_skip(line, colon + 1));
		if (f.host.n == 0 && str_iis(name, "host"))
			f.host = str_head(value, HOST_MAX);
		else if (str_iis(name, "content-length"))
			f.has_length = length_of(value, &f.length);
		else if (str_iis(name, "transfer-encoding"))
			f.chunked |= has_word(value, STR("chunked"));
	}
	return f;
}

static void body_follows(struct http *h, unsigned from, const struct fields *f, enum http_state none)
{
	h->lane[from].state = (uint8_t)none;
	if (f->chunked) {
		h->lane[from].state = HTTP_CHUNK_SIZE;
		h->lane[from].left = 0;
	} else if (f->has_length) {
		h->lane[from].state = f->length ? HTTP_BODY : HTTP_HEAD;
		h->lane[from].left = f->length;
	}
}

static void tell(struct talk *t, struct question *q, bool answered, struct sink *sink)
{
	struct record r = talk_record(t, KIND_HTTP, t->client, q->ts);

	r.level = answered ? LEVEL_TWO_WAY : LEVEL_ESTABLISHED;
	r.name = host_split((struct str){ q->text, q->name_n }, &r.http_port);
	r.path = (struct str){ q->text + q->name_n, q->path_n };
	give(&r, sink);
	talk_answered(t, q);
}

/* False when it is none. */
static bool request(struct talk *t, struct str head, int64_t ts, struct sink *sink)
{
	struct str rest = head, line = STR_NONE, method, target;
	struct fields f;
	struct question *q;
	size_t blank;

	(void)str_line(&rest, &line);
	blank = str_chr(line, ' ');
	if (!http_begins(head) || blank == SIZE_MAX)
		return false;
	method = str_head(line, blank);
	target = str_trim(str_skip(line, blank));
	blank = str_chr(target, ' ');
	/* Some targets have blanks in them: the version is the last word. */
	for (size_t i = blank; blank != SIZE_MAX && i < target.n; i++)
		if (target.p[i] == ' ' && str_starts(str_skip(target, i + 1), STR("HTTP/")))
			blank = i;
	target = str_head(str_head(target, blank), TARGET_MAX);
	f = fields_of(rest);
	if (t->questions.n == QUESTIONS_MAX)
		tell(t, t->questions.first, false, sink);
	q = talk_ask(t, f.host, target);
	if (q) {
		q->ts = ts;
		q->head = str_is(method, "HEAD");
		q->connects = str_is(method, "CONNECT");
	}
	body_follows(t->http, t->client, &f, HTTP_HEAD);
	return true;
}

static enum talking response(struct talk *t, struct str head, struct sink *sink)
{
	struct question *q = t->questions.first;
	struct str rest = head, line = STR_NONE;
	unsigned from = !t->client;
	struct fields f;
	uint64_t status = 0;
	size_t blank;
	bool bodiless;

	(void)str_line(&rest, &line);
	blank = str_chr(line, ' ');
	if (blank != SIZE_MAX)
		(void)str_u64(str_head(str_trim(str_skip(line, blank)), 3), 999, &status);
	f = fields_of(rest);
	t->http->lane[from].state = HTTP_HEAD;
	if (status >= 100 && status < 200 && status != 101)
		return TALK_ON;
	bodiless = status == 204 || status == 304 || (q && q->head);
	if (!bodiless)
		body_follows(t->http, from, &f, HTTP_SCAN);
	if (q) {
		bool tunnel = status == 101 || (q->connects && status >= 200 && status < 300);

		tell(t, q, true, sink);
		/* What follows is something else. */
		return tunnel ? TALK_LOST : TALK_ON;
	}
	return TALK_ON;
}

/* A head as far as it goes; TALK_LOST when it is none. */
static enum talking head_ends(struct talk *t, unsigned from, struct str head, int64_t ts,
			      struct sink *sink)
{
	struct http *h = t->http;

	if (from == t->client) {
		if (request(t, head, ts, sink))
			return TALK_ON;
		if (!h->answered && t->questions.n == 0)
			return TALK_LOST;
	} else if (str_starts(head, STR("HTTP/")) || str_starts(head, STR("ICY "))) {
		h->answered = true;
		return response(t, head, sink);
	}
	h->lane[from].state = HTTP_SCAN;
	return TALK_ON;
}

/* ---- bytes -------------------------------------------------------------------------------------- */

/* Takes what belongs to the head from *rest. */
static enum talking head_data(struct talk *t, unsigned from, int64_t ts, struct str *rest,
			      struct sink *sink)
{
	struct bytes *kept = &t->http->lane[from].head;
	enum talking state;
	size_t n, before = kept->n;
	struct str whole;

	if (kept->n == 0) {
		while (rest->n && (rest->p[0] == '\r' || rest->p[0] == '\n'))
			*rest = str_skip(*rest, 1);
		n = head_length(*rest, 0);
		if (n) {
			whole = str_head(*rest, n);
			*rest = str_skip(*rest, n);
			return head_ends(t, from, whole, ts, sink);
		}
	}
	if (from == t->client) {
		if (before == 0)
			t->http->ts = ts;
		ts = t->http->ts;
	}
	n = rest->n < HEAD_MAX - before ? rest->n : HEAD_MAX - before;
	if (n && !talk_add(t, kept, rest->p, n))
		return TALK_DONE;
	whole = (struct str){ kept->p ? kept->p : "", kept->n };
	/* It looked like a beginning, as long as there was little of it. */
	if (from == t->client && before < METHOD_MAX && !http_begins(whole) &&
	    t->questions.n == 0 && !t->http->answered)
		return TALK_LOST;
	n = head_length(whole, before);
	if (n == 0 && kept->n < HEAD_MAX) {
		*rest = str_skip(*rest, rest->n);
		/* HTTP/0.9 has no head, and no more than a line. */
		n = str_chr(whole, '\n');
		if (from != t->client || n == SIZE_MAX ||
		    str_find(str_head(whole, n), STR(" HTTP/")) != SIZE_MAX)
			return TALK_ON;
		state = head_ends(t, from, whole, ts, sink);
		t->http->lane[from].state = HTTP_SCAN;
	} else {
		bool cut = n == 0;

		n = cut ? whole.n : n;
		*rest = str_skip(*rest, n - before);
		state = head_ends(t, from, str_head(whole, n), ts, sink);
		if (cut)
			t->http->lane[from].state = HTTP_SCAN;
	}
	talk_clear(t, kept);
	return state;
}

/* The line that says how long a chunk is; extensions are passed over. */
static void chunk_size(struct http *h, unsigned from, struct str *rest)
{
	static const char digits[] = "0123456789abcdef";
	bool done = false;

	while (rest->n && !done) {
		char c = rest->p[0];
		const char *digit = memchr(digits, c | 0x20, 16);

		*rest = str_skip(*rest, 1);
		if (c == '\n') {
			done = true;
		} else if (digit && !(h->lane[from].left & UINT64_C(1) << 63)) {
			h->lane[from].left = h->lane[from].left << 4 | (uint64_t)(digit - digits);
			if (h->lane[from].left > UINT32_MAX)
				h->lane[from].state = HTTP_SCAN;
		} else {
			/* Behind it digits are none any more. */
			h->lane[from].left |= UINT64_C(1) << 63;
		}
	}
	if (!done || h->lane[from].state == HTTP_SCAN)
		return;
	h->lane[from].left &= ~(UINT64_C(1) << 63);
	h->lane[from].state = h->lane[from].left ? HTTP_CHUNK : HTTP_TRAILER;
}

static void body_data(struct http *h, unsigned from, struct str *rest)
{
	uint64_t n = h->lane[from].left < rest->n ? h->lane[from].left : rest->n;

	*rest = str_skip(*rest, (size_t)n);
	h->lane[from].left -= n;
	if (h->lane[from].left == 0)
		h->lane[from].state = h->lane[from].state == HTTP_BODY ? HTTP_HEAD : HTTP_CHUNK_END;
}

/* Lines until one is empty; `left` counts the characters of the present one. */
static void trailer(struct http *h, unsigned from, struct str *rest)
{
	while (rest->n && h->lane[from].state == HTTP_TRAILER) {
		char c = rest->p[0];

		*rest = str_skip(*rest, 1);
		if (c == '\n' && h->lane[from].left == 0)
			h->lane[from].state = HTTP_HEAD;
		else
			h->lane[from].left = c == '\n' ? 0 : h->lane[from].left + (c != '\r');
	}
}

enum talking http_data(struct talk *t, const struct utterance *u, struct sink *sink)
{
	struct http *h = t->http;
	struct str rest = u->data;
	unsigned from = u->from;

	if (h->lane[from].state == HTTP_SCAN &&
	    (from == t->client ? http_begins(rest) : str_starts(rest, STR("HTTP/1."))))
		h->lane[from].state = HTTP_HEAD;
	while (rest.n) {
		enum talking state = TALK_ON;
		size_t lf;

		switch ((enum http_state)h->lane[from].state) {
		case HTTP_HEAD:
			state = head_data(t, from, u->ts, &rest, sink);
			break;
		case HTTP_BODY:
		case HTTP_CHUNK:
			body_data(h, from, &rest);
			break;
		case HTTP_CHUNK_SIZE:
			chunk_size(h, from, &rest);
			break;
		case HTTP_CHUNK_END:
			lf = str_chr(rest, '\n');
			rest = str_skip(rest, lf == SIZE_MAX ? rest.n : lf + 1);
			if (lf != SIZE_MAX)
				h->lane[from].state = HTTP_CHUNK_SIZE;
			break;
		case HTTP_TRAILER:
			trailer(h, from, &rest);
			break;
		case HTTP_SCAN:
			/* Somebody may speak TLS from here on. */
			if (from == t->client && rest.n == u->data.n && (unsigned char)rest.p[0] == 22)
				return TALK_LOST;
			return TALK_ON;
		}
		if (state != TALK_ON)
			return state;
	}
	return TALK_ON;
}

void http_gap(struct talk *t, unsigned from, uint32_t n, struct sink *sink)
{
	struct http *h = t->http;
	struct bytes *kept = &h->lane[from].head;

	if ((h->lane[from].state == HTTP_BODY || h->lane[from].state == HTTP_CHUNK) &&
	    h->lane[from].left > n) {
		h->lane[from].left -= n;
		return;
	}
	if (h->lane[from].state == HTTP_BODY && h->lane[from].left == n) {
		h->lane[from].left = 0;
		h->lane[from].state = HTTP_HEAD;
		return;
	}
	if (kept->n && from == t->client)
		(void)request(t, (struct str){ kept->p, kept->n }, t->http->ts, sink);
	talk_clear(t, kept);
	h->lane[from].state = HTTP_SCAN;
}

void http_end(struct talk *t, struct sink *sink)
{
	struct bytes *kept = &t->http->lane[t->client].head;

	if (kept->n)
		(void)request(t, (struct str){ kept->p, kept->n }, t->http->ts, sink);
	while (t->questions.first)
		tell(t, t->questions.first, false, sink);
}
