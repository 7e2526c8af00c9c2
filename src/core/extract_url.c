/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

#include "core/name.h"

/* ---- paths ------------------------------------------------------------------------------------ */

static char opener_of(char c)
{
	return (char)(c == ')' ? '(' : c == ']' ? '[' : 0);
}

/* Behind a comma: another value, as in a row of CSV. */
static bool next_value(const struct ex *x, size_t at, char before)
{
	size_t hex = 0;

	if (x->p[at] == '"' || before == ',')
		return true;
	if (ex_lower(x->p[at]) == 'h')
		return str_istarts((struct str){ x->p + at, 4 }, STR("http")) ||
		       str_istarts((struct str){ x->p + at, 4 }, STR("hxxp"));
	while (hex < 32 && ex_hex(x->p[at + hex]))
		hex++;
	return hex == 32 || (hex == 4 && ex_is(x->p[at], C_DIGIT) && x->p[at + 4] == '-' &&
			     ex_is(x->p[at + 5], C_DIGIT));
}

size_t ex_path_end(const struct ex *x, size_t begin, size_t at, bool *cut)
{
	/* What is longer is refused as a URL, and looked at again from its next host on. */
	size_t stop = x->n - at > URL_MAX ? at + URL_MAX + 1 : x->n;
	char before = begin ? x->p[begin - 1] : ' ';
	long round = 0, square = 0;
	size_t i = at;

	*cut = false;
	while (i < stop) {
		char c;

		/* Dots may be full stops where there are wide ones. */
		if (!x->fold.any_soft) {
			i = ex_next(x->mark[MARK_NO_PATH], i, stop);
			if (i == stop)
				break;
		}
		c = x->p[i];
		if (ex_is(c, C_WIDE)) {
			enum script script;
			size_t n = ex_char(x->p + i, x->n - i, &script);

			if ((unsigned char)c == 0xe2 && (unsigned char)x->p[i + 1] == 0x80 &&
			    (unsigned char)x->p[i + 2] == 0xa6)
				*cut = true;
			if (script != SCRIPT_LETTER || i == at)
				break;
			i += n;
			continue;
		}
		if (!ex_is(c, C_PATH) || (c == '\'' && before == '\''))
			break;
		if (c == '.' && fold_bit(x->fold.soft, i))
			break;
		if (c == '(')
			round++;
		if (c == ')' && --round < 0)
			break;
		if (c == '[') {
			/* What stands for something else: "[recipient's address]". */
			size_t k = i + 1;

			while (k - i < 60 && x->p[k] && !strchr(" \n[]", x->p[k]))
				k++;
			if (x->p[k] != ']' || before == '[')
				break;
			square++;
		}
		if (c == ']' && --square < 0)
			break;
		if ((c == ',' || c == ';') && next_value(x, i + 1, before))
			break;
		i++;
	}
	if (stop < x->n && i >= stop)
		return i;
	for (; i > at; i--) {
		char c = x->p[i - 1];

		if (c == '.' && i - at > 2 && x->p[i - 2] == '.' && x->p[i - 3] == '.')
			*cut = true;
		if (c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?' ||
		    c == '\'' || c == '*' || (c == '_' && before == '_') || c == '&' ||
		    (c == '-' && x->p[i] == ' '))
			continue;
		if ((c == '(' || c == '[') && x->p[i] != 0)
			continue;
		if (opener_of(c) == 0)
			break;
		/* A closing bracket that is opened inside stays. */
		round = square = 0;
		for (size_t k = at; k < i; k++) {
			round += x->p[k] == '(' ? 1 : x->p[k] == ')' ? -1 : 0;
			square += x->p[k] == '[' ? 1 : x->p[k] == ']' ? -1 : 0;
		}
		if (round >= 0 && square >= 0)
			break;
	}
	/* "&" and "=" may end a query. */
	if (i > at && x->p[i] == '&' && !ex_blank(x->p[i + 1]) && x->p[i + 1] > ' ')
		i++;
	return i;
}

/* hxxp:, hxxps%3A */
static bool nested(const char *p)
{
	return (p[1] | 32) == 'x' && (p[2] | 32) == 'x' && (p[3] | 32) == 'p' &&
	       (p[4] == ':' || p[5] == ':' || p[4] == '%' || p[5] == '%');
}

/* Slashes the right way, and schemes of links inside links as they were. */
static void straighten(char *p, size_t n)
{
	for (char *s = p; s && (s = memchr(s, '\\', n - (size_t)(s - p)));)
		*s++ = '/';
	/* Links inside links were defanged by the same machine. */
	if (!memchr(p, 'x', n) && !memchr(p, 'X', n))
		return;
	for (size_t k = 0; k + 6 < n; k++)
		if ((p[k] | 32) == 'h' && nested(p + k))
			memcpy(p + k, "http", 4);
}

/* What of a URL stands in further lines. */
struct rest {
	struct {
		size_t from, to;
	} v[8];
	size_t n;
};

static struct found *add_broken(struct ex *x, size_t at, size_t end, const char *scheme,
				size_t host_at, uint32_t flags, const struct rest *rest)
{
	size_t begin = x->scratch.n;
	struct str host, value;
	struct found *f;
	uint16_t port;
	struct buf *b = &x->text;

	if (end - host_at > URL_MAX)
		return NULL;
	buf_clear(b);
	buf_c(b, scheme);
	buf_add(b, x->p + host_at, end - host_at);
	for (size_t i = 0; i < rest->n; i++)
		buf_add(b, x->p + rest->v[i].from, rest->v[i].to - rest->v[i].from);
	if (buf_err(b))
		return NULL;
	straighten(b->p + strlen(scheme), b->n - strlen(scheme));
	if (url_normalise(buf_str(b), &x->scratch, &host, &port) != ERR_OK) {
		x->scratch.n = begin;
		return NULL;
	}
	value = str_skip(buf_str(&x->scratch), begin);
	f = ex_add(x, EX_URL, at, rest->n ? rest->v[rest->n - 1].to : end, value, flags);
	if (f) {
		size_t host_off = (size_t)(host.p - value.p);

		f->host = (struct str){ f->value.p + host_off, host.n };
		f->port = 0;
	}
	x->scratch.n = begin;
	return f;
}

struct found *ex_add_url(struct ex *x, size_t at, size_t end, const char *scheme, size_t host_at,
			 uint32_t flags)
{
	return add_broken(x, at, end, scheme, host_at, flags, &(struct rest){ 0 });
}

/* ---- lines ------------------------------------------------------------------------------------ */

/* How wide a line is that holds byte i, as far as 400 bytes. */
static size_t width_of(const struct ex *x, size_t i)
{
	size_t begin = i, end = i, least = i > x->fold.base + 400 ? i - 400 : x->fold.base;

	while (begin > least && x->p[begin - 1] != '\n')
		begin--;
	while (end < x->n && end - i < 400 && x->p[end] != '\n')
		end++;
	return end - begin;
}

/* Folders of a machine's own: what begins so is no rest of a URL. */
static bool own_path(const char *p)
{
	static const char *const roots[] = { "/etc/", "/usr/",  "/tmp/", "/var/", "/bin/",
					     "/opt/", "/home/", "/dev/", "/lib",  "/root/" };

	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
		if (strncmp(p, roots[i], strlen(roots[i])) == 0)
			return true;
	return false;
}

enum broken { WHOLE_URL, PERHAPS_BROKEN, BROKEN_URL };

/*
 * A URL that ends where its line does: does the next line begin with the rest of it? Certain where
 * that can be nothing else, a path or the end of one in a line that is as full as its neighbours.
 */
static enum broken broken_url(const struct ex *x, size_t path, size_t *next, size_t *stop)
{
	size_t i = path + (x->p[path] == '\r'), k, slashes = 0, dot = 0, width;
	bool query = false, file, full;
	struct str ending;

	if (x->p[i] != '\n' || !ex_alnum(x->p[path - 1]))
		return WHOLE_URL;
	for (i++; ex_blank(x->p[i]) && i - path < 80; i++)
		;
	*next = i;
	for (k = i; ex_is(x->p[k], C_PATH) && k - i < 400; k++) {
		slashes += x->p[k] == '/';
		query |= x->p[k] == '?' || x->p[k] == '=';
		dot = x->p[k] == '.' ? k + 1 : dot;
		/* Another one. */
		if (x->p[k] == ':' || x->p[k] == '@' || x->p[k] == '[' || fold_bit(x->fold.hard, k))
			return WHOLE_URL;
	}
	while (k > i && strchr(".,;:)!", x->p[k - 1]))
		k--;
	if (k == i || !(ex_alnum(x->p[i]) || x->p[i] == '/') ||
	    (x->p[i] == '/' && (!ex_alnum(x->p[i + 1]) || own_path(x->p + i))))
		return WHOLE_URL;
	*stop = k;
	ending = (struct str){ x->p + dot, dot && dot < k ? k - dot : 0 };
	file = lexicon_has(x->lex, SET_FILE_END, ending);
	/* A name of a host, a number with dots. */
	if (x->p[i] != '/' && !file && dot && slashes == 0)
		return WHOLE_URL;
	width = width_of(x, path - 1);
	full = width >= 30 && width_of(x, *next) <= width + 8;
	if (x->p[i] == '/')
		return full || width >= 60 ? BROKEN_URL : PERHAPS_BROKEN;
	/* "seve" and "n.exe"; "payload.exe" may be a file by itself. */
	if (slashes && (file || query))
		return full ? BROKEN_URL : PERHAPS_BROKEN;
	if (file && full && memchr(x->p + path - 8, '.', 8) == NULL)
		return k - i <= 12 && x->p[k] == ' ' && ex_is(x->p[k + 1], C_ALPHA) ? BROKEN_URL
										    : PERHAPS_BROKEN;
	return slashes && full && x->p[i] >= 'a' && x->p[k] != ' ' ? PERHAPS_BROKEN : WHOLE_URL;
}

void ex_cut(struct found *f)
{
	f->status = EX_UNCERTAIN;
	f->note = "the text shows only its beginning";
}

/* ---- URLs ------------------------------------------------------------------------------------- */

struct scheme {
	struct str written;
	const char *stands;
	bool defanged, endpoint; /* endpoint: not a URL but host and port */
};

#define S(lit)                       \
	{                            \
		lit, sizeof(lit) - 1 \
	}
static const struct scheme schemes[] = {
	{ S("https"), "https://", false, false }, { S("http"), "http://", false, false },
	{ S("hxxps"), "https://", true, false },  { S("hxxp"), "http://", true, false },
	{ S("h**ps"), "https://", true, false },  { S("h**p"), "http://", true, false },
	{ S("hxxxps"), "https://", true, false }, { S("hxxxp"), "http://", true, false },
	{ S("htxps"), "https://", true, false },  { S("htxp"), "http://", true, false },
	{ S("hxtps"), "https://", true, false },  { S("hxtp"), "http://", true, false },
	{ S("httxs"), "https://", true, false },  { S("httx"), "http://", true, false },
	{ S("hxps"), "https://", true, false },   { S("hxp"), "http://", true, false },
	{ S("hzzps"), "https://", true, false },  { S("hzzp"), "http://", true, false },
	{ S("xxps"), "https://", true, false },   { S("xxp"), "http://", true, false },
	{ S("xxxps"), "https://", true, false },  { S("xxxp"), "http://", true, false },
	{ S("xttps"), "https://", true, false },  { S("xttp"), "http://", true, false },
	{ S("h__ps"), "https://", true, false },  { S("h__p"), "http://", true, false },
	{ S("h--ps"), "https://", true, false },  { S("h--p"), "http://", true, false },
	{ S("meows"), "https://", true, false },  { S("meow"), "http://", true, false },
	{ S("sftp"), "sftp://", false, false },   { S("ftps"), "ftps://", false, false },
	{ S("ftp"), "ftp://", false, false },     { S("fxps"), "ftps://", true, false },
	{ S("fxp"), "ftp://", true, false },      { S("wss"), "wss://", false, false },
	{ S("wxs"), "wss://", true, false },      { S("ws"), "ws://", false, false },
	{ S("ldaps"), "ldaps://", false, false }, { S("ldap"), "ldap://", false, false },
	{ S("smb"), "smb://", false, false },     { S("ssh"), "ssh://", false, false },
	{ S("rmi"), "rmi://", false, false },     { S("tcp"), NULL, false, true },
	{ S("udp"), NULL, false, true },          { S("tls"), NULL, false, true },
	{ S("ssl"), NULL, false, true },          { S("socks5"), NULL, false, true },
	{ S("socks4"), NULL, false, true },       { S("rdp"), NULL, false, true },
};

/* The scheme that the run ends with. */
static const struct scheme *scheme_of(const struct ex *x, size_t at, size_t end)
{
	const struct scheme *best = NULL;
	size_t most = 0;

	/* None ends otherwise. */
	if (!strchr("spwxhbil54", ex_lower(x->p[end - 1])))
		return NULL;
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t n = schemes[i].written.n;

		if (n <= end - at && n > most && ex_lower(x->p[end - n]) == schemes[i].written.p[0] &&
		    str_ieq((struct str){ x->p + end - n, n }, schemes[i].written)) {
			if (n == end - at)
				return &schemes[i];
			best = &schemes[i];
			most = n;
		}
	}
	/* A letter before it makes it another scheme, unless that is glued prose. */
	if (best && end - most > at && ex_is(x->p[end - most - 1], C_ALPHA) && best->stands == NULL)
		return NULL;
	return best;
}

/* Where the authority begins behind a scheme that ends at `end`: 0 if nothing like it follows. */
static size_t behind_scheme(const struct ex *x, size_t end, bool defanged)
{
	size_t i = end;

	if (defanged)
		while (i - end < 2 && x->p[i] == ' ')
			i++;
	if (x->p[i] == ':') {
		i++;
		if (defanged)
			while (x->p[i] == ' ' && i - end < 4)
				i++;
	} else if (!defanged || x->p[i] != '/' || x->p[i + 1] != '/') {
		return 0;
	}
	if ((x->p[i] == '/' && x->p[i + 1] == '/') || (x->p[i] == '\\' && x->p[i + 1] == '\\'))
		i += 2;
	else if (defanged && (x->p[i] == '/' || x->p[i] == '\\'))
		i++;
	else
		return 0;
	/* One more or less is a slip, too. */
	while (x->p[i] == '/' && i - end < 8)
		i++;
	if (defanged && x->p[i] == ' ' && (ex_alnum(x->p[i + 1])))
		i++;
	return i;
}

/* user:password@ before a host. */
static size_t behind_user(const struct ex *x, size_t at)
{
	size_t i = at;

	while (i - at < 128 &&
	       (ex_is(x->p[i], C_LOCAL) || x->p[i] == ':' || x->p[i] == '!' || x->p[i] == '$'))
		i++;
	return x->p[i] == '@' && i > at ? i + 1 : at;
}

/* A link to what a service says of a file names that file by its hash. */
static void sample(struct ex *x, const struct found *f, size_t at, size_t end)
{
	static const char *const of_files[] = {
		"virustotal.com", "bazaar.abuse.ch",    "hybrid-analysis.com", "malshare.com",
		"tria.ge",        "otx.alienvault.com", "joesandbox.com",      "intezer.com"
	};
	bool known = false;

	for (size_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++)
		known |= name_under(f->host, str_of(of_files[i]));
	for (size_t i = at; known && i < end;) {
		size_t k = i;

		while (k < end && ex_hex(x->p[k]))
			k++;
		if (k - i >= 32 && !ex_alnum(x->p[k])) {
			(void)ex_token(x, i, k);
			return;
		}
		i = k + 1;
	}
}

size_t ex_url(struct ex *x, size_t at, size_t end)
{
	const struct scheme *s = scheme_of(x, at, end);
	size_t from, host_at, host_end, stop, path, last, next;
	struct rest rest = { 0 };
	enum broken broken = WHOLE_URL;
	bool hard, cut = false;
	uint32_t flags;
	struct found *f;
	uint16_t port = 0;

	if (!s)
		return 0;
	from = end - s->written.n;
	host_at = behind_scheme(x, end, s->defanged || fold_bit(x->fold.hard, end));
	if (host_at == 0)
		return 0;
	if (s->endpoint)
		return host_at;
	host_at = behind_user(x, host_at);
	if (x->p[host_at] == '[') {
		for (host_end = host_at + 1; host_end - host_at < 60 && x->p[host_end] &&
					     (ex_hex(x->p[host_end]) || strchr(":.%", x->p[host_end]));
		     host_end++)
			;
		if (x->p[host_end] != ']')
			return host_at;
		host_end++;
	} else {
		host_end = ex_host_end(x, host_at);
	}
	if (host_end == host_at)
		return host_at;
	stop = ex_port(x, host_end, &port);
	if (stop == host_end && x->p[host_end] == ':' && ex_is(x->p[host_end + 1], C_DIGIT))
		stop = host_end; /* an odd port is left out */
	path = stop;
	if (x->p[stop] == '/' || x->p[stop] == '?' || x->p[stop] == '#' || x->p[stop] == '\\') {
		if (x->p[stop] == '\\') {
			/* hxxp:\\host\path */
			for (path = stop; ex_is(x->p[path], C_PATH) || x->p[path] == '\\'; path++)
				;
			while (path > stop && strchr(".,;:)", x->p[path - 1]))
				path--;
		} else {
			path = ex_path_end(x, from, stop, &cut);
			if (path == stop && x->p[stop] == '/')
				path = stop + 1;
		}
	}
	hard = s->defanged || fold_any(x->fold.hard, from, path);
	flags = hard ? F_HARD : 0;
	/* Target of a link of Markdown: [text](url). */
	if (from > 1 && x->p[from - 1] == '(' && x->p[from - 2] == ']')
		flags |= F_LINK;
	last = path;
	if (!cut && path > host_at + 8)
		while (rest.n < 8) {
			broken = broken_url(x, last, &next, &last);
			if (broken != BROKEN_URL)
				break;
			rest.v[rest.n].from = next;
			rest.v[rest.n++].to = last;
		}
	f = add_broken(x, from, path, s->stands, host_at, flags, &rest);
	if (!f)
		return path > host_at ? path : host_at;
	path = f->end;
	if (broken == PERHAPS_BROKEN) {
		f->status = EX_UNCERTAIN;
		f->note = "it ends with its line, and may go on in the next one";
	}
	{
		struct ip ip;

		f->flags |= ip_parse(f->host, &ip) ? 0 : ex_host_flags(x, f->host);
	}
	if (cut)
		ex_cut(f);
	if (f->flags & F_SERVICE)
		sample(x, f, from, path);
	return path;
}

/* ---- mail addresses --------------------------------------------------------------------------- */

size_t ex_mail(struct ex *x, size_t at, size_t end)
{
	size_t from = at, host_at = end + 1, host_end, begin = x->scratch.n, i;
	struct str host;
	uint32_t flags;
	struct found *f;

	/* Characters that stand in local parts and in no name. */
	while (from > x->done && at - from < 64 && ex_is(x->p[from - 1], C_LOCAL) &&
	       x->p[from - 1] != '=' && x->p[from - 1] != '#')
		from--;
	while (from < end && (x->p[from] == '.' || x->p[from] == '-' || x->p[from] == '%' ||
			      x->p[from] == '&' || x->p[from] == '~'))
		from++;
	if (end == from || end - from > 64)
		return 0;
	host_end = ex_host_end(x, host_at);
	if (host_end == host_at)
		return 0;
	/* A sentence goes on behind the name without a blank. */
	host = (struct str){ x->p + host_at, host_end - host_at };
	if (name_normalise(host, false, &x->scratch) != ERR_OK)
		return 0;
	host = str_skip(buf_str(&x->scratch), begin);
	flags = ex_host_flags(x, host);
	if (flags & F_NOT_IN_DNS) {
		x->scratch.n = begin;
		return 0;
	}
	flags &= ~(uint32_t)F_SERVICE;
	flags |= fold_any(x->fold.hard, from, host_end) ? F_HARD : 0;
	i = x->scratch.n;
	for (size_t k = from; k < end; k++)
		buf_ch(&x->scratch, ex_lower(x->p[k]));
	buf_ch(&x->scratch, '@');
	buf_puts(&x->scratch, (struct str){ x->scratch.p + begin, i - begin });
	if (buf_err(&x->scratch)) {
		x->err = ERR_NOMEM;
		return 0;
	}
	f = ex_add(x, EX_EMAIL, from, host_end, str_skip(buf_str(&x->scratch), i), flags);
	x->scratch.n = begin;
	return f ? host_end : 0;
}
