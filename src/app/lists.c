/* SPDX-License-Identifier: Apache-2.0 */
#include "app/lists.h"

#include "app/catalogue.h"
#include "app/special.h"
#include "core/name.h"

#include <stdlib.h>

/* What a catalogue says of a MISP warninglist. */
struct known_list {
	struct str name, reason;
	bool ignore;
	enum xclass class;
};

struct alias {
	struct str key, family; /* key: lower case letters and digits only */
};

/* State while files are read; everything here is used by one thread. */
struct load {
	struct lists *l;
	struct scan_files *files;
	struct scan_file *file; /* being read */
	struct str file_name;   /* of it, without folders */
	enum err err;           /* the first one that a callback met */
	struct arena arena;
	VEC(struct known_list) known;
	VEC(struct alias) aliases;
	const struct list_option *class_of; /* exclusions: the option of the files being read */
	const struct known_list *last_known;
	struct str last_list;
	struct buf key;
};

void lists_init(struct lists *l, uint64_t seed)
{
	*l = (struct lists){ 0 };
	scan_files_init(&l->indicator_files);
	scan_files_init(&l->organisation_files);
	scan_files_init(&l->exclusion_files);
	snapshot_init(&l->snapshot, seed);
	orgs_init(&l->orgs);
	exset_init(&l->exset, seed);
	arena_init(&l->arena, (size_t)4 << 30);
}

void lists_free(struct lists *l)
{
	scan_files_free(&l->indicator_files);
	scan_files_free(&l->organisation_files);
	scan_files_free(&l->exclusion_files);
	snapshot_free(&l->snapshot);
	orgs_free(&l->orgs);
	exset_free(&l->exset);
	arena_free(&l->arena);
	free(l->withheld.v);
}

static void failed(struct load *s, enum err e)
{
	if (!s->err)
		s->err = e;
}

/* ---- what the program carries ---- */

static enum err known_row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct load *s = ctx;
	struct known_list *k = VEC_PUSH(&s->known);

	if (!k)
		return ERR_NOMEM;
	*k = (struct known_list){ .name = arena_str(&s->arena, field[1]),
				  .reason = arena_str(&s->arena, field[3]) };
	k->ignore = !xclass_parse(field[2], &k->class);
	return k->name.p && k->reason.p ? ERR_OK : ERR_NOMEM;
}

/* Letters and digits of a name, in lower case; bytes beyond ASCII stay. */
static struct str plain_key(struct buf *b, struct str s)
{
	buf_clear(b);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80))
			buf_ch(b, c);
	}
	return buf_str(b);
}

static enum err alias_row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct load *s = ctx;
	struct alias *a = VEC_PUSH(&s->aliases);

	if (!a)
		return ERR_NOMEM;
	*a = (struct alias){ arena_str(&s->arena, plain_key(&s->key, field[1])),
			     arena_str(&s->arena, field[0]) };
	return a->key.p && a->family.p ? ERR_OK : ERR_NOMEM;
}

static int by_key(const void *x, const void *y)
{
	return str_cmp(((const struct alias *)x)->key, ((const struct alias *)y)->key);
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const struct known_list *)x)->name, ((const struct known_list *)y)->name);
}

static enum err builtin_row(struct load *s, const struct str field[ROW_FIELDS], enum xclass class,
			    const char *list)
{
	struct exclusion e = { .list = str_of(list), .class = class };
	struct str value = field[0];

	if (class == X_BENIGN && str_is(field[1], "resolver"))
		e.reason = STR("resolver");
	if (cidr_parse(value, &e.net)) {
		e.type = ENTRY_NET;
	} else {
		e.type = value.p[0] == '.' ? ENTRY_NAME_BELOW : ENTRY_NAME;
		e.name = e.type == ENTRY_NAME_BELOW ? str_skip(value, 1) : value;
	}
	return exset_add(&s->l->exset, &e);
}

static enum err benign_row(void *ctx, const struct str field[ROW_FIELDS])
{
	return builtin_row(ctx, field, X_BENIGN, "built-in");
}

static enum err platform_row(void *ctx, const struct str field[ROW_FIELDS])
{
	return builtin_row(ctx, field, X_PROVIDER, "built-in");
}

static enum err load_catalogue(struct load *s, bool builtin)
{
	enum err e = catalogue_rows(catalogue_warninglists(), known_row, s);

	if (!e)
		e = catalogue_rows(catalogue_families(), alias_row, s);
	if (!e && builtin)
		e = catalogue_rows(catalogue_benign(), benign_row, s);
	if (!e && builtin)
		e = catalogue_rows(catalogue_platforms(), platform_row, s);
	if (s->known.n)
		qsort(s->known.v, s->known.n, sizeof *s->known.v, by_name);
	if (s->aliases.n)
		qsort(s->aliases.v, s->aliases.n, sizeof *s->aliases.v, by_key);
	return e;
}

/* ---- files ---- */

static struct str family_name(struct load *s, struct str family)
{
	struct alias key, *found;

	if (family.n == 0)
		return STR_NONE;
	key.key = plain_key(&s->key, family);
	found = s->aliases.n && key.key.n
			? bsearch(&key, s->aliases.v, s->aliases.n, sizeof key, by_key)
			: NULL;
	return found ? found->family : str_trim(family);
}

static void on_indicator(void *ctx, const struct indicator *given)
{
	struct load *s = ctx;
	struct indicator i = *given;
	enum err e;

	if (s->err)
		return;
	s->file->records++;
	i.family = family_name(s, i.family);
	if (i.source.n == 0)
		i.source = s->file_name;
	/* A source whose dates contradict each other means the time between them. */
	if (i.from != TIME_NONE && i.until != TIME_NONE && i.until < i.from) {
		int64_t later = i.from;

		i.from = i.until;
		i.until = later;
	}
	if (i.type == IT_HASH || i.role == ROLE_INFECTED_HOST)
		return; /* counted; nothing in network records to meet it */
	if (i.role == ROLE_SCANNER || i.role == ROLE_SINKHOLE) {
		struct exclusion x = { .net = i.net,
				       .list = i.source,
				       .class = i.role == ROLE_SCANNER ? X_SCANNER : X_SINKHOLE };

		x.type = i.type <= IT_CIDR ? ENTRY_NET : ENTRY_NAME;
		x.name = i.type == IT_DOMAIN ? i.value : STR_NONE;
		e = i.type == IT_URL ? ERR_OK : exset_add(&s->l->exset, &x);
	} else {
		e = snapshot_add(&s->l->snapshot, &i);
	}
	if (e)
		failed(s, e);
}

static void on_org(void *ctx, const struct org_entry *o)
{
	struct load *s = ctx;
	enum err e = s->err ? s->err : orgs_add(&s->l->orgs, o);

	s->file->records++;
	if (e)
		failed(s, e);
}

static const struct known_list *known_list(struct load *s, struct str name)
{
	struct known_list key = { .name = name };

	if (s->last_list.n && str_eq(s->last_list, name))
		return s->last_known;
	s->last_known = s->known.n ? bsearch(&key, s->known.v, s->known.n, sizeof key, by_name) : NULL;
	s->last_list = s->last_known ? s->last_known->name : STR_NONE;
	return s->last_known;
}

static void on_exclusion(void *ctx, const struct exclusion *given)
{
	struct load *s = ctx;
	struct exclusion x = *given;
	enum err e;

	if (s->err)
		return;
	s->file->records++;
	if (!x.classed) {
		const struct known_list *k = x.list.n ? known_list(s, x.list) : NULL;

		if (k && k->ignore)
			return;
		if (!k && x.list.n && !s->class_of->classed) {
			/* To believe it benign could hide a controller. */
			s->file->note = STR("a warninglist of unknown class: left out; put "
					    "--exclusions-as CLASS before it");
			return;
		}
		x.class = k ? k->class : s->class_of->classed ? s->class_of->class : X_BENIGN;
		if (k)
			x.reason = k->reason;
	}
	if (x.list.n == 0)
		x.list = path_name(s->file->path);
	e = exset_add(&s->l->exset, &x);
	if (e)
		failed(s, e);
}

static enum err slot(void *ctx, struct sink *sink)
{
	sink->ctx = ctx;
	sink->indicator = on_indicator;
	sink->org = on_org;
	sink->exclusion = on_exclusion;
	return ERR_OK;
}

static void slot_free(void *ctx, struct sink *sink)
{
	(void)ctx;
	(void)sink;
}

static void begin(void *ctx, struct scan_block *b)
{
	struct load *s = ctx;

	s->file = &s->files->v[b->file];
	s->file_name = path_name(s->file->path);
}

static enum err take(void *ctx, struct scan_block *b)
{
	(void)b;
	return ((struct load *)ctx)->err;
}

static enum err read_files(struct load *s, struct scan_files *files, const struct list_option *o,
			   enum reads reads, const struct reader *as,
			   const struct list_options *all, struct errinfo *ei)
{
	struct scan_client c = { .ctx = s,
				 .threads = 1,
				 .columns = all->columns,
				 .n_columns = all->n_columns,
				 .slot = slot,
				 .slot_free = slot_free,
				 .begin = begin,
				 .take = take };
	size_t from = files->n;
	enum err e = scan_add(files, o->path, ei);

	s->files = files;
	s->class_of = o;
	if (!e)
		e = scan_recognise(files, from, reads, as,
				   &(struct scan_columns){ all->columns, all->n_columns });
	return e ? e : scan_run(files, from, &c);
}

/* ---- the gate ---- */

/* What holds around the address asked about last. */
struct around {
	bool known, held;
	uint32_t from, last;
};

struct gate {
	struct lists *l;
	struct around by_special, by_benign;
	struct special special;
	struct buf text, detail;
};

/* The host of a URL in normal form. */
static struct str url_host(struct str url)
{
	size_t at = str_find(url, STR("://"));
	struct str rest = at == SIZE_MAX ? url : str_skip(url, at + 3);

	if (rest.n && rest.p[0] == '[') {
		rest = str_skip(rest, 1);
		return str_head(rest, str_chr(rest, ']'));
	}
	rest = str_head(rest, str_chr(rest, '/'));
	return str_head(rest, str_chr(rest, ':'));
}

/* Why an indicator must not be acted on; NULL lets it pass. The detail goes into g->detail. */
static const char *reason_against(struct gate *g, const struct indicator *i)
{
	const struct exclusion *x = NULL;
	struct cidr net = i->net;
	struct str name = i->type == IT_DOMAIN ? i->value : STR_NONE;
	bool address = i->type == IT_IP || i->type == IT_CIDR;
	size_t labels;

	if (i->type == IT_URL) {
		name = url_host(i->value);
		address = cidr_parse(name, &net) && net.len == 128;
	}
	buf_clear(&g->detail);
	if (address)
		buf_puts(&g->detail, special_overlap(&g->special, net));
	if (g->detail.n)
		return "special-purpose";
	if (i->type == IT_CIDR && net.len < (ip_is_v4(net.ip) && net.len >= 96 ? 96 + 16 : 32)) {
		buf_fmt(&g->detail, "networks shorter than %s are not acted on",
			ip_is_v4(net.ip) ? "/16" : "/32");
		return "too-broad";
	}
	if (i->type == IT_DOMAIN && name_is_public_suffix(name)) {
		buf_c(&g->detail, "a public suffix: anybody may register below it");
		return "too-broad";
	}
	if (address) {
		x = exset_overlap(&g->l->exset, X_BENIGN, net);
	} else {
		x = exset_name(&g->l->exset, name, &labels);
		if (x && x->class != X_BENIGN)
			x = NULL;
		if (!x && i->type == IT_DOMAIN)
			x = exset_benign_below(&g->l->exset, name);
	}
	if (x) {
		exclusion_detail(&g->detail, x);
		return "allow-listed";
	}
	if (i->revoked) {
		buf_c(&g->detail, "revoked by its source");
		return "expired";
	}
	return NULL;
}

static enum err withhold(struct gate *g, const struct indicator *i, const char *reason)
{
	struct withheld *w = VEC_PUSH(&g->l->withheld);

	if (!w)
		return ERR_NOMEM;
	buf_clear(&g->text);
	if (i->type == IT_IP || i->type == IT_CIDR)
		cidr_format(&g->text, i->net);
	else
		buf_puts(&g->text, i->value);
	*w = (struct withheld){ arena_str(&g->l->arena, buf_str(&g->text)), str_of(reason),
				arena_str(&g->l->arena, buf_str(&g->detail)),
				arena_str(&g->l->arena, i->source) };
	return w->value.p && w->detail.p && w->source.p ? buf_err(&g->text) : ERR_NOMEM;
}

static int by_value(const void *a, const void *b)
{
	const struct withheld *x = a, *y = b;
	int d = str_cmp(x->value, y->value);

	if (!d)
		d = str_cmp(x->source, y->source);
	if (!d)
		d = str_cmp(x->reason, y->reason);
	return d ? d : str_cmp(x->detail, y->detail);
}

static bool held(struct around *a, const struct lpm *net, uint32_t v4, uint32_t *last)
{
	uint32_t id;

	if (!a->known || v4 < a->from || v4 > a->last) {
		a->held = lpm_find_run(net, v4, &id, &a->last);
		a->from = v4;
		a->known = true;
	}
	*last = a->last;
	return a->held;
}

/* Is there neither a special-purpose range nor a benign one? */
static bool clear(void *ctx, uint32_t v4, uint32_t *last)
{
	struct gate *g = ctx;
	uint32_t to;
	bool special = held(&g->by_special, &g->special.net, v4, last);
	bool benign = held(&g->by_benign, &g->l->exset.net[X_BENIGN], v4, &to);

	*last = *last < to ? *last : to;
	return !special && !benign;
}

static enum err ask(void *ctx, const struct indicator *i, bool *keep)
{
	struct gate *g = ctx;
	const char *reason = reason_against(g, i);

	*keep = !reason;
	return reason ? withhold(g, i, reason) : ERR_OK;
}

static enum err gate(struct lists *l)
{
	struct gate g = { .l = l };
	size_t kept = 0;
	enum err e;

	buf_init(&g.text, 1 << 17);
	buf_init(&g.detail, 1 << 17);
	e = special_load(&g.special);
	if (!e)
		e = snapshot_sieve(&l->snapshot,
				   &(struct sieve){ .ctx = &g, .clear = clear, .ask = ask });
	if (l->withheld.n)
		qsort(l->withheld.v, l->withheld.n, sizeof *l->withheld.v, by_value);
	for (size_t i = 1; i < l->withheld.n; i++)
		if (by_value(&l->withheld.v[kept], &l->withheld.v[i]) != 0)
			l->withheld.v[++kept] = l->withheld.v[i];
	if (l->withheld.n)
		l->withheld.n = kept + 1;
	special_free(&g.special);
	buf_free(&g.text);
	buf_free(&g.detail);
	return e;
}

enum err lists_load(struct lists *l, const struct list_options *o, struct errinfo *ei)
{
	struct load s = { .l = l };
	enum err e;

	arena_init(&s.arena, (size_t)16 << 20);
	buf_init(&s.key, 1 << 20);
	e = load_catalogue(&s, !o->no_builtin);
	for (size_t i = 0; !e && i < o->n_exclusions; i++)
		e = read_files(&s, &l->exclusion_files, &o->exclusions[i], READS_EXCLUSIONS, NULL,
			       o, ei);
	for (size_t i = 0; !e && i < o->n_organisations; i++)
		e = read_files(&s, &l->organisation_files, &o->organisations[i], READS_ORGS, NULL,
			       o, ei);
	for (size_t i = 0; !e && i < o->n_indicators; i++)
		e = read_files(&s, &l->indicator_files, &o->indicators[i], READS_INDICATORS,
			       o->indicators_as, o, ei);
	if (!e)
		e = exset_build(&l->exset);
	if (!e)
		e = orgs_build(&l->orgs);
	if (!e)
		e = gate(l);
	if (!e)
		e = snapshot_build(&l->snapshot);
	free(s.known.v);
	free(s.aliases.v);
	buf_free(&s.key);
	arena_free(&s.arena);
	return e;
}
