/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenIOC 1.0 and 1.1 (XML): a tree of conditions joined by AND and OR over terms of hosts, files
 * and networks. Hashes and what stands under OR alone are indicators by themselves. Of what is
 * joined by AND, an address or name is one only with what narrows it in a way that this program
 * knows: its port, or the path of its URL; with anything else it says nothing by itself and is
 * counted as unused, as are conditions that deny, and terms that networks do not show.
 *
 * Read by expat as one piece. A document type declaration is refused, so there are no entities to
 * expand; depth is bounded, and so is the text of an element.
 */
#include "format/ind_row.h"
#include "format/place.h"
#include "format/text.h"

#include <expat.h>
#include <limits.h>

#define DEPTH_MAX   128   /* of elements */
#define GROUPS_MAX  32    /* of conditions joined */
#define TEXT_MAX    16384 /* of an element */
#define REMARKS_MAX 1000  /* of what is said about a document */

enum term { TERM_NONE, TERM_ADDRESS, TERM_NAME, TERM_URI, TERM_PORT, TERM_HASH };

/* Conditions that are joined. Offsets into struct reading's kept: a value is a slice of it. */
struct group {
	bool all;    /* AND, or OR below one */
	bool direct; /* AND itself */
	size_t kept; /* where it began */
	unsigned hosts, ports, paths, others;
	struct str host, path; /* the first of each; p is an offset as long as others come */
	size_t host_at, path_at, place;
	enum said host_said;
	uint16_t port;
};

struct reading {
	XML_Parser parser;
	struct sink *sink;
	struct place place;
	const char *stopped; /* why, if it was */
	unsigned depth;
	struct group groups[GROUPS_MAX];
	unsigned n_groups;
	struct buf kept; /* values of groups, held until they end */
	/* The document, of its own memory because expat's is gone after each call. */
	struct buf title, author, id, family, link;
	bool any; /* an indicator document was seen */
	/* The condition at hand. */
	bool in_item, denied, inexact;
	enum term term;
	struct buf *take; /* where text goes, or NULL */
	struct buf content;
};

static int openioc_sniff(const struct sample *s)
{
	struct str head = str_trim(s->head);

	if (head.n == 0 || head.p[0] != '<')
		return 0;
	if (str_find(head, STR("schemas.mandiant.com/2010/ioc")) != SIZE_MAX ||
	    str_find(head, STR("openioc.org/schemas/OpenIOC")) != SIZE_MAX)
		return 95;
	if ((str_find(head, STR("<ioc ")) != SIZE_MAX || str_find(head, STR("<OpenIOC")) != SIZE_MAX) &&
	    str_find(head, STR("<Indicator")) != SIZE_MAX)
		return 85;
	return 0;
}

/* ---- terms ------------------------------------------------------------------------------------ */

static enum term term_of(struct str search)
{
	static const struct {
		const char *last; /* of the term's path */
		enum term term;
	} terms[] = {
		{ "remoteip", TERM_ADDRESS },
		{ "ipv4address", TERM_ADDRESS },
		{ "ipv6address", TERM_ADDRESS },
		{ "remoteipaddress", TERM_ADDRESS },
		{ "receivedfromip", TERM_ADDRESS },
		{ "dns", TERM_NAME },
		{ "recordname", TERM_NAME },
		{ "host", TERM_NAME },
		{ "hostname", TERM_NAME },
		{ "receivedfromhost", TERM_NAME },
		{ "uri", TERM_URI },
		{ "url", TERM_URI },
		{ "sourceurl", TERM_URI },
		{ "requesturl", TERM_URI },
		{ "remoteport", TERM_PORT },
		{ "md5sum", TERM_HASH },
		{ "sha1sum", TERM_HASH },
		{ "sha256sum", TERM_HASH },
		{ "sha512sum", TERM_HASH },
		/* Of what a service runs. */
		{ "pathmd5sum", TERM_HASH },
		{ "pathsha1sum", TERM_HASH },
		{ "pathsha256sum", TERM_HASH },
		{ "servicedllmd5sum", TERM_HASH },
		{ "servicedllsha1sum", TERM_HASH },
		{ "servicedllsha256sum", TERM_HASH },
		{ "md5", TERM_HASH },
		{ "sha1", TERM_HASH },
		{ "sha256", TERM_HASH },
	};
	struct str part = STR_NONE, rest = search;

	/* Whose host it is that a term of the system itself names, nobody knows. */
	if (str_istarts(search, STR("SystemInfoItem/")) || str_istarts(search, STR("ArpEntryItem/")))
		return TERM_NONE;
	/* Whom a route was laid to, and whom a client was told of; others have such words, too. */
	if (str_iis(search, "RouteEntryItem/Destination") ||
	    str_iis(search, "addressNotificationEvent/address"))
		return TERM_ADDRESS;
	while (str_cut(&rest, '/', &part))
		;
	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
		if (str_iis(part, terms[i].last))
			return terms[i].term;
	return TERM_NONE;
}

/* ---- telling ---------------------------------------------------------------------------------- */

static void here(struct reading *r)
{
	XML_Index at = XML_GetCurrentByteIndex(r->parser);

	place_set(&r->place, at > 0 ? (size_t)at : 0, r->sink);
}

static struct str remark(const struct buf *b)
{
	return str_head(str_trim(buf_str(b)), REMARKS_MAX);
}

static void describe(const struct reading *r, struct indicator *ind)
{
	ind->source = remark(&r->author);
	ind->family = ind_family(remark(&r->family));
	ind->reference = remark(&r->link);
	if (ind->reference.n == 0)
		ind->reference = remark(&r->title);
	if (ind->reference.n == 0)
		ind->reference = remark(&r->id);
}

static void tell(struct reading *r, struct str text, enum said said, uint16_t port)
{
	struct indicator ind = indicator_init();

	describe(r, &ind);
	if (said == SAID_HASH)
		ind.role = ROLE_PAYLOAD;
	ind.port = port;
	buf_clear(&r->sink->scratch);
	(void)ind_give(text, said, &ind, r->sink);
}

/* Has it a host? A mere path or a piece of one ("/gate.php", "gate.php?id=") has not. */
static bool whole_url(struct str s)
{
	size_t slash = str_chr(s, '/');

	return str_find(s, STR("://")) != SIZE_MAX ||
	       (slash != SIZE_MAX && slash > 0 && str_chr(str_head(s, slash), '.') != SIZE_MAX);
}

/* A condition that stands for itself. */
static void alone(struct reading *r, enum term term, struct str text)
{
	switch (term) {
	case TERM_ADDRESS:
		tell(r, text, SAID_ADDRESS, 0);
		break;
	case TERM_NAME:
		tell(r, text, SAID_DOMAIN, 0);
		break;
	case TERM_URI:
		if (whole_url(text))
			tell(r, text, SAID_URL, 0);
		else
			r->sink->unused++;
		break;
	default:
		r->sink->unused++;
	}
}

/* ---- groups ----------------------------------------------------------------------------------- */

static size_t keep(struct reading *r, struct str text)
{
	size_t at = r->kept.n;

	buf_puts(&r->kept, text);
	return at;
}

static void join(struct reading *r, struct group *g, enum term term, struct str text)
{
	uint64_t port;

	if (term == TERM_URI && whole_url(text)) {
		/* A URL is narrow enough, whatever else must hold. */
		tell(r, text, SAID_URL, 0);
		g->others++;
		return;
	}
	if (!g->direct || term == TERM_NONE) {
		g->others++;
		r->sink->unused++;
	} else if (term == TERM_PORT) {
		g->ports++;
		if (str_u64(text, 65535, &port)) {
			g->port = (uint16_t)port;
		} else {
			/* Without its port the address would say more than was meant. */
			g->others++;
			sink_bad(r->sink, "the port is no number up to 65535");
		}
	} else if (term == TERM_URI) {
		if (g->paths++ == 0) {
			g->path_at = keep(r, text);
			g->path.n = text.n;
		}
	} else if (g->hosts++ == 0) {
		g->host_at = keep(r, text);
		g->host.n = text.n;
		g->host_said = term == TERM_ADDRESS ? SAID_ADDRESS : SAID_DOMAIN;
	}
}

static void group_end(struct reading *r)
{
	struct group *g = &r->groups[--r->n_groups];
	bool narrow = g->hosts == 1 && g->ports <= 1 && g->paths <= 1 && g->others == 0;

	if (g->direct && !buf_err(&r->kept)) {
		struct str host = { r->kept.p ? r->kept.p + g->host_at : "", g->host.n };
		struct str path = { r->kept.p ? r->kept.p + g->path_at : "", g->path.n };

		if (narrow && g->paths == 0) {
			tell(r, host, g->host_said, g->port);
		} else if (narrow && path.n && path.p[0] == '/') {
			struct buf url;

			buf_init(&url, 0);
			buf_puts(&url, host);
			if (g->port)
				buf_fmt(&url, ":%u", g->port);
			buf_puts(&url, path);
			tell(r, buf_str(&url), SAID_URL, 0);
			buf_free(&url);
		} else {
			r->sink->unused += g->hosts + g->paths;
		}
	}
	r->kept.n = g->kept;
	/* What it is part of has more than itself. */
	if (r->n_groups && r->groups[r->n_groups - 1].all)
		r->groups[r->n_groups - 1].others++;
}

static void stop(struct reading *r, const char *why)
{
	if (!r->stopped)
		r->stopped = why;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void group_begin(struct reading *r, bool all)
{
	const struct group *outer = r->n_groups ? &r->groups[r->n_groups - 1] : NULL;

	if (r->n_groups == GROUPS_MAX) {
		stop(r, "conditions joined more than 32 deep");
		return;
	}
	r->groups[r->n_groups++] = (struct group){
		.all = all || (outer && outer->all),
		.direct = all,
		.kept = r->kept.n,
	};
}

static void item_end(struct reading *r)
{
	struct group *g = r->n_groups ? &r->groups[r->n_groups - 1] : NULL;
	struct str text = str_trim(buf_str(&r->content));

	r->in_item = false;
	here(r);
	if (r->denied || r->inexact || r->term == TERM_NONE) {
		if (g)
			g->others++;
		r->sink->unused++;
	} else if (buf_err(&r->content)) {
		sink_bad(r->sink, "a value of more than %d bytes", TEXT_MAX);
	} else if (r->term == TERM_HASH) {
		tell(r, text, SAID_HASH, 0);
		if (g)
			g->others++;
	} else if (g && g->all) {
		join(r, g, r->term, text);
	} else {
		alone(r, r->term, text);
	}
}

/* ---- elements --------------------------------------------------------------------------------- */

static struct str local(const XML_Char *name)
{
	struct str s = str_of(name);
	size_t colon = str_chr(s, ':');

	return colon == SIZE_MAX ? s : str_skip(s, colon + 1);
}

static struct str attribute(const XML_Char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (str_is(local(attributes[i]), name))
			return str_of(attributes[i + 1]);
	return STR_NONE;
}

/* Take an element's text into b, which is then not touched by later ones. */
static void take(struct reading *r, struct buf *b)
{
	if (b->n == 0)
		r->take = b;
}

static void set(struct buf *b, struct str s)
{
	buf_clear(b);
	b->err = ERR_OK;
	buf_puts(b, str_head(s, REMARKS_MAX));
}

static void begin_document(struct reading *r, const XML_Char **attributes)
{
	struct buf *all[] = { &r->title, &r->author, &r->family, &r->link };

	r->any = true;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		set(all[i], STR_NONE);
	set(&r->id, attribute(attributes, "id"));
}

static void begin_item(struct reading *r, const XML_Char **attributes)
{
	struct str how = attribute(attributes, "condition");

	set(&r->content, STR_NONE);
	r->in_item = true;
	r->term = TERM_NONE;
	r->denied = str_iis(attribute(attributes, "negate"), "true") || str_iis(how, "isnot") ||
		    str_iis(how, "containsnot");
	r->inexact = how.n && !str_iis(how, "is") && !str_iis(how, "contains") &&
		     !str_iis(how, "ends-with");
}

static void begin_link(struct reading *r, const XML_Char **attributes)
{
	struct str rel = attribute(attributes, "rel"), href = attribute(attributes, "href");

	if (str_iis(rel, "family") || str_iis(rel, "malware") || str_iis(rel, "malwarefamily"))
		take(r, &r->family);
	else if (str_istarts(href, STR("http")) && r->link.n == 0)
		set(&r->link, href);
	else if (str_iis(rel, "report") || str_iis(rel, "link") || str_iis(rel, "reference"))
		take(r, &r->link);
}

static void XMLCALL on_start(void *ctx, const XML_Char *element, const XML_Char **attributes)
{
	struct reading *r = ctx;
	struct str name = local(element);

	r->take = NULL;
	if (r->depth++ == DEPTH_MAX)
		stop(r, "elements nested more than 128 deep");
	else if (str_is(name, "ioc") || str_is(name, "OpenIOC"))
		begin_document(r, attributes);
	else if (str_is(name, "short_description"))
		take(r, &r->title);
	else if (str_is(name, "authored_by"))
		take(r, &r->author);
	else if (str_is(name, "link"))
		begin_link(r, attributes);
	else if (str_is(name, "Indicator"))
		group_begin(r, str_iis(attribute(attributes, "operator"), "AND"));
	else if (str_is(name, "IndicatorItem"))
		begin_item(r, attributes);
	else if (str_is(name, "Context") && r->in_item)
		r->term = term_of(attribute(attributes, "search"));
	else if (str_is(name, "Content") && r->in_item)
		take(r, &r->content);
}

static void XMLCALL on_end(void *ctx, const XML_Char *element)
{
	struct reading *r = ctx;
	struct str name = local(element);

	r->take = NULL;
	r->depth--;
	if (str_is(name, "IndicatorItem") && r->in_item) {
		item_end(r);
	} else if (str_is(name, "Indicator") && r->n_groups) {
		here(r);
		group_end(r);
	}
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int n)
{
	struct reading *r = ctx;

	if (r->take)
		buf_add(r->take, text, (size_t)n);
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid,
			       const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	stop(ctx, "a document type declaration is refused");
}

static const char *what_is_wrong(const struct reading *r)
{
	enum XML_Error e = XML_GetErrorCode(r->parser);

	if (r->stopped)
		return r->stopped;
	if (e == XML_ERROR_NO_ELEMENTS || e == XML_ERROR_UNCLOSED_TOKEN)
		return "the document ends in the middle";
	return XML_ErrorString(e);
}

static void openioc_block(const struct layout *l, const struct reader_hints *h, struct str block,
			  struct sink *sink)
{
	struct reading r = { .sink = sink, .place = place_begin(block) };
	struct buf *all[] = { &r.title, &r.author, &r.id, &r.family, &r.link, &r.content };

	(void)l;
	(void)h;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buf_init(all[i], TEXT_MAX);
	buf_init(&r.kept, (size_t)GROUPS_MAX * 4 * TEXT_MAX);
	/* What it says about its encoding is often wrong; its bytes are not. */
	r.parser = block.n <= INT_MAX ? XML_ParserCreate(str_utf8(block) ? "UTF-8" : "ISO-8859-1")
				      : NULL;
	if (!r.parser) {
		sink_bad(sink, "no memory for the document");
		goto out;
	}
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	if (XML_Parse(r.parser, block.p, (int)block.n, XML_TRUE) == XML_STATUS_ERROR) {
		here(&r);
		sink_bad(sink, "XML: %.80s", what_is_wrong(&r));
		sink->partial = "the document is broken or cut off";
	} else if (!r.any) {
		sink_bad(sink, "no OpenIOC in it");
	}
	XML_ParserFree(r.parser);
out:
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buf_free(all[i]);
	buf_free(&r.kept);
}

const struct reader reader_openioc = {
	.name = "openioc",
	.title = "OpenIOC 1.0 and 1.1 (XML)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = openioc_sniff,
	.block = openioc_block,
};
