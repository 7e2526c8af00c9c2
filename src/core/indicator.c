/* SPDX-License-Identifier: Apache-2.0 */
#include "core/indicator.h"

#include "core/name.h"
#include "core/refang.h"

struct indicator indicator_init(void)
{
	return (struct indicator){
		.type = IT_IP,
		.role = ROLE_CONTROLLER,
		.confidence = 255,
		.value = STR_NONE,
		.family = STR_NONE,
		.source = STR_NONE,
		.reference = STR_NONE,
		.from = TIME_NONE,
		.until = TIME_NONE,
		.seen = TIME_NONE,
	};
}

const char *itype_text(enum itype t)
{
	static const char *const texts[] = {
		[IT_IP] = "ip",   [IT_CIDR] = "cidr", [IT_DOMAIN] = "domain",
		[IT_URL] = "url", [IT_HASH] = "hash",
	};

	return texts[t];
}

const char *indicator_kind(const struct indicator *i)
{
	if (i->type == IT_IP)
		return ip_is_v4(i->net.ip) ? "ipv4" : "ipv6";
	if (i->type != IT_HASH)
		return itype_text(i->type);
	return i->value.n == 32   ? "md5"
	       : i->value.n == 40 ? "sha1"
	       : i->value.n == 64 ? "sha256"
				  : "sha512";
}

const char *role_text(enum role r)
{
	static const char *const texts[] = {
		[ROLE_CONTROLLER] = "controller",       [ROLE_PAYLOAD] = "payload",
		[ROLE_PHISHING] = "phishing",           [ROLE_OTHER] = "other",
		[ROLE_SINKHOLE] = "sinkhole",           [ROLE_SCANNER] = "scanner",
		[ROLE_INFECTED_HOST] = "infected-host",
	};

	return texts[r];
}

static inline char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static inline bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters and digits alone, in lower case: "C&C server" is "ccserver". */
static bool word_is(struct str s, const char *plain)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !digit(c))
			continue;
		if (*plain == 0 || *plain++ != c)
			return false;
	}
	return *plain == 0;
}

bool role_find(struct str s, enum role *out)
{
	static const struct {
		const char *word;
		enum role role;
	} words[] = {
		{ "controller", ROLE_CONTROLLER },
		{ "c2", ROLE_CONTROLLER },
		{ "cc", ROLE_CONTROLLER },
		{ "cnc", ROLE_CONTROLLER },
		{ "candc", ROLE_CONTROLLER },
		{ "c2server", ROLE_CONTROLLER },
		{ "ccserver", ROLE_CONTROLLER },
		{ "cncserver", ROLE_CONTROLLER },
		{ "malwarec2", ROLE_CONTROLLER },
		{ "malwarecc", ROLE_CONTROLLER },
		{ "botnetcc", ROLE_CONTROLLER },
		{ "botnetc2", ROLE_CONTROLLER },
		{ "botnetcnc", ROLE_CONTROLLER },
		{ "botnet", ROLE_CONTROLLER },
		{ "commandandcontrol", ROLE_CONTROLLER },
		{ "commandcontrol", ROLE_CONTROLLER },
		{ "payload", ROLE_PAYLOAD },
		{ "payloaddelivery", ROLE_PAYLOAD },
		{ "payloadinstallation", ROLE_PAYLOAD },
		{ "malwaredownload", ROLE_PAYLOAD },
		{ "malwaredistribution", ROLE_PAYLOAD },
		{ "malwarehosting", ROLE_PAYLOAD },
		{ "hostingmalware", ROLE_PAYLOAD },
		{ "distribution", ROLE_PAYLOAD },
		{ "delivery", ROLE_PAYLOAD },
		{ "download", ROLE_PAYLOAD },
		{ "dropper", ROLE_PAYLOAD },
		{ "staging", ROLE_PAYLOAD },
		{ "phishing", ROLE_PHISHING },
		{ "phish", ROLE_PHISHING },
		{ "spearphishing", ROLE_PHISHING },
		{ "other", ROLE_OTHER },
		{ "malicious", ROLE_OTHER },
		{ "sinkhole", ROLE_SINKHOLE },
		{ "sinkholed", ROLE_SINKHOLE },
		{ "scanner", ROLE_SCANNER },
		{ "scanning", ROLE_SCANNER },
		{ "scan", ROLE_SCANNER },
		{ "massscanner", ROLE_SCANNER },
		{ "infectedhost", ROLE_INFECTED_HOST },
		{ "infected", ROLE_INFECTED_HOST },
		{ "infectedsystem", ROLE_INFECTED_HOST },
		{ "compromised", ROLE_INFECTED_HOST },
		{ "compromisedhost", ROLE_INFECTED_HOST },
		{ "victim", ROLE_INFECTED_HOST },
		{ "bot", ROLE_INFECTED_HOST },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (word_is(s, words[i].word)) {
			*out = words[i].role;
			return true;
		}
	return false;
}

enum role role_parse(struct str s)
{
	enum role role;

	if (str_trim(s).n == 0)
		return ROLE_CONTROLLER;
	return role_find(s, &role) ? role : ROLE_OTHER;
}

/* ---- what it is ------------------------------------------------------------------------------- */

#define NOTHING "not an address, domain, URL or hash"

static bool is_hash(struct str s)
{
	if (s.n != 32 && s.n != 40 && s.n != 64 && s.n != 128)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (!digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

static enum err port_parse(struct str s, uint16_t *out, struct errinfo *ei)
{
	uint64_t v;

	if (!str_u64(s, UINT64_MAX, &v))
		return err_set(ei, ERR_PARSE, "what follows the colon is no port");
	if (v > 65535)
		return err_set(ei, ERR_PARSE, "port over 65535");
	*out = (uint16_t)v;
	return ERR_OK;
}

static void set_net(struct indicator *ind, struct cidr net, uint16_t port)
{
	ind->type = net.len == 128 ? IT_IP : IT_CIDR;
	ind->net = net;
	ind->port = port;
	ind->value = STR_NONE;
}

static void set_text(struct indicator *ind, enum itype type, struct str value, uint16_t port)
{
	ind->type = type;
	ind->net = (struct cidr){ { 0, 0 }, 0 };
	ind->port = port;
	ind->value = value;
}

/* The last label of a domain is letters or an A-label (RFC 3696 2, and no version number is a
 * domain). */
static bool top_level(struct str name)
{
	size_t i = name.n, letters = 0;

	while (i && name.p[i - 1] != '.')
		i--;
	name = str_skip(name, i);
	if (name.n > 4 && str_starts(name, STR("xn--")))
		return true;
	for (i = 0; i < name.n; i++)
		letters += name.p[i] >= 'a' && name.p[i] <= 'z';
	return name.n >= 2 && letters == name.n;
}

static enum err domain(struct str s, uint16_t port, struct buf *scratch, struct indicator *ind,
		       struct errinfo *ei)
{
	size_t begin = scratch->n;
	struct str name;
	enum err e;

	if (str_starts(s, STR("*.")))
		s = str_skip(s, 2);
	else if (str_starts(s, STR(".")))
		s = str_skip(s, 1);
	e = name_normalise(s, false, scratch);
	if (e == ERR_PARSE) {
		bool dotted = s.n > 0;

		for (size_t i = 0; i < s.n; i++)
			dotted &= digit(s.p[i]) || s.p[i] == '.';
		if (dotted && str_chr(s, '.') != SIZE_MAX)
			return err_set(ei, e,
				       "not an IPv4 address (four numbers up to 255 without "
				       "leading zeros), domain, URL or hash");
		return err_set(ei, e, NOTHING);
	}
	if (e)
		return err_set(ei, e, "%s", err_text(e));
	name = (struct str){ scratch->p + begin, scratch->n - begin };
	if (!top_level(name)) {
		scratch->n = begin;
		return err_set(ei, ERR_PARSE, NOTHING);
	}
	set_text(ind, IT_DOMAIN, name, port);
	return ERR_OK;
}

/* address, address:port, [address]:port, domain, domain:port */
static enum err endpoint(struct str s, struct buf *scratch, struct indicator *ind, struct errinfo *ei)
{
	struct str host = s, tail = STR_NONE;
	size_t colon = str_chr(s, ':');
	struct cidr net = { .len = 128 };
	uint16_t port = 0;
	enum err e;

	if (ip_parse(s, &net.ip)) {
		set_net(ind, net, 0);
		return ERR_OK;
	}
	if (s.n && s.p[0] == '[') {
		size_t end = str_chr(s, ']');

		if (end == SIZE_MAX || end + 1 >= s.n || s.p[end + 1] != ':')
			return err_set(ei, ERR_PARSE, NOTHING);
		host = (struct str){ s.p + 1, end - 1 };
		tail = str_skip(s, end + 2);
		if (!ip_parse(host, &net.ip))
			return err_set(ei, ERR_PARSE, "no IPv6 address in the brackets");
	} else if (colon != SIZE_MAX) {
		host = str_head(s, colon);
		tail = str_skip(s, colon + 1);
		if (str_chr(tail, ':') != SIZE_MAX)
			return err_set(ei, ERR_PARSE, NOTHING);
	}
	if (host.n != s.n) {
		e = port_parse(tail, &port, ei);
		if (e)
			return e;
	}
	if (ip_parse(host, &net.ip)) {
		set_net(ind, net, port);
		return ERR_OK;
	}
	return domain(host, port, scratch, ind, ei);
}

/* An IPv4 netmask as prefix length inside (96–128), or 0. */
static unsigned netmask(struct str s)
{
	struct ip mask;
	uint32_t v;
	unsigned len = 96;

	if (!ip_parse(s, &mask) || !ip_is_v4(mask))
		return 0;
	for (v = (uint32_t)mask.lo; v & 0x80000000u; v <<= 1)
		len++;
	return v == 0 ? len : 0;
}

static enum err url(struct str s, struct buf *scratch, struct indicator *ind, struct errinfo *ei)
{
	size_t begin = scratch->n;
	uint16_t port;
	struct str host;
	enum err e = url_normalise(s, scratch, &host, &port);

	if (e == ERR_PARSE)
		return err_set(ei, e, "a URL whose scheme, host or port cannot be read");
	if (e)
		return err_set(ei, e, "%s", err_text(e));
	set_text(ind, IT_URL, (struct str){ scratch->p + begin, scratch->n - begin }, port);
	return ERR_OK;
}

/* http:// before it: there is room for seven bytes more in front of every refanged text. */
static struct str as_http(struct str s)
{
	/* The text lies in the scratch buffer, behind the room that was left for this. */
	char *p = (char *)(uintptr_t)s.p - 7;

	memcpy(p, "http://", 7);
	return (struct str){ p, s.n + 7 };
}

/* What has a slash but no scheme: a network, an address with its protocol, or host and path. */
static enum err slashed(struct str s, struct buf *scratch, struct indicator *ind, struct errinfo *ei)
{
	size_t slash = str_chr(s, '/');
	struct str head = str_head(s, slash), tail = str_skip(s, slash + 1);
	struct cidr net;
	struct ip ip;
	uint64_t n;

	if (cidr_parse(s, &net)) {
		set_net(ind, net, 0);
		return ERR_OK;
	}
	if (str_iis(tail, "tcp") || str_iis(tail, "udp"))
		return endpoint(head, scratch, ind, ei);
	if (ip_parse(head, &ip) && tail.n) {
		unsigned len = netmask(tail);

		if (len && ip_is_v4(ip)) {
			net = (struct cidr){ ip_mask(ip, len), (unsigned char)len };
			set_net(ind, net, 0);
			return ERR_OK;
		}
		if (str_u64(tail, UINT64_MAX, &n))
			return err_set(ei, ERR_PARSE, "prefix length over %d", ip_is_v4(ip) ? 32 : 128);
		if (str_chr(head, ':') != SIZE_MAX)
			return err_set(ei, ERR_PARSE, NOTHING);
	} else if (head.n) {
		/* Is there a host before the slash at all? */
		size_t begin = scratch->n;
		enum err e = endpoint(head, scratch, ind, ei);

		scratch->n = begin;
		if (e)
			return e;
	} else {
		return err_set(ei, ERR_PARSE, "a path without a host");
	}
	return url(as_http(s), scratch, ind, ei);
}

static enum err recognise(struct str s, struct buf *scratch, struct indicator *ind, struct errinfo *ei)
{
	static const char *const plain[] = { "tcp", "udp", "tls", "ssl" };
	size_t at = str_find(s, STR("://"));

	if (at == 0 || str_starts(s, STR("//"))) {
		s = str_skip(s, at == 0 ? 3 : 2);
		at = str_find(s, STR("://"));
	}
	if (s.n == 0)
		return err_set(ei, ERR_PARSE, "no value");
	/* A "://" behind a slash belongs to a path. */
	if (at != SIZE_MAX && str_chr(str_head(s, at), '/') == SIZE_MAX) {
		struct str rest = str_skip(s, at + 3);

		for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
			if (str_iis(str_head(s, at), plain[i])) {
				if (rest.n && rest.p[rest.n - 1] == '/')
					rest.n--;
				return endpoint(rest, scratch, ind, ei);
			}
		return url(s, scratch, ind, ei);
	}
	if (is_hash(s)) {
		char *p = buf_room(scratch, s.n);

		if (!p)
			return err_set(ei, ERR_NOMEM, "no memory for the value");
		for (size_t i = 0; i < s.n; i++)
			p[i] = lower(s.p[i]);
		scratch->n += s.n;
		set_text(ind, IT_HASH, (struct str){ p, s.n }, 0);
		return ERR_OK;
	}
	if (str_chr(s, '/') != SIZE_MAX)
		return slashed(s, scratch, ind, ei);
	if (str_chr(s, '@') != SIZE_MAX)
		return err_set(ei, ERR_PARSE, "a mail address is no indicator");
	return endpoint(s, scratch, ind, ei);
}

enum err indicator_recognise(struct str text, struct buf *scratch, struct indicator *ind,
			     struct errinfo *ei)
{
	char *p;

	/* Bounded before anything is copied, with room for what is stripped and for brackets. */
	if (text.n > 4 * URL_MAX)
		return err_set(ei, ERR_PARSE, "a value of more than %d bytes", 4 * URL_MAX);
	text = refang_strip(text);
	if (text.n == 0)
		return err_set(ei, ERR_PARSE, "no value");
	p = buf_room(scratch, INDICATOR_ROOM(text.n));
	if (!p)
		return err_set(ei, ERR_NOMEM, "no memory for the value");
	memset(p, 0, 7);
	text = refang(text, p + 7);
	scratch->n += 7 + text.n;

	return recognise(text, scratch, ind, ei);
}

enum err indicator_said(struct str text, enum said said, struct buf *scratch, struct indicator *ind,
			struct errinfo *ei)
{
	static const char *const due[] = {
		[SAID_NOTHING] = "a value", [SAID_ADDRESS] = "an address",
		[SAID_DOMAIN] = "a domain", [SAID_URL] = "a URL",
		[SAID_HASH] = "a hash",
	};
	static const char *const is[] = {
		[IT_IP] = "an address", [IT_CIDR] = "a network", [IT_DOMAIN] = "a domain",
		[IT_URL] = "a URL",     [IT_HASH] = "a hash",
	};
	struct indicator got = *ind;
	enum err e = indicator_recognise(text, scratch, &got, ei);
	bool ok = false;

	if (e)
		return e;
	switch (got.type) {
	case IT_IP:
		ok = said != SAID_HASH;
		break;
	case IT_CIDR:
		ok = said == SAID_ADDRESS;
		break;
	case IT_DOMAIN:
		ok = said == SAID_DOMAIN || said == SAID_URL;
		break;
	case IT_URL:
		ok = said == SAID_URL;
		break;
	case IT_HASH:
		ok = said == SAID_HASH;
		break;
	}
	if (!ok && said != SAID_NOTHING)
		return err_set(ei, ERR_PARSE, "said to be %s, but is %s", due[said], is[got.type]);
	if (said == SAID_URL && got.type != IT_URL) {
		size_t begin = scratch->n;

		buf_c(scratch, "http://");
		if (got.type == IT_IP && !ip_is_v4(got.net.ip))
			buf_ch(scratch, '[');
		if (got.type == IT_IP)
			ip_format(scratch, got.net.ip);
		else
			buf_puts(scratch, got.value);
		if (got.type == IT_IP && !ip_is_v4(got.net.ip))
			buf_ch(scratch, ']');
		if (got.port && got.port != 80) {
			buf_ch(scratch, ':');
			buf_u64(scratch, got.port);
		}
		buf_ch(scratch, '/');
		if (buf_err(scratch))
			return err_set(ei, ERR_NOMEM, "no memory for the value");
		got.port = got.port ? got.port : 80;
		set_text(&got, IT_URL, (struct str){ scratch->p + begin, scratch->n - begin }, got.port);
	}
	*ind = got;
	return ERR_OK;
}
