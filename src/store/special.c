/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/stop.h"

/* ---- what is special ---- */

static enum err damaged(struct store *s, struct errinfo *ei)
{
	return err_set(ei, ERR_PARSE, "%s is damaged: an entry that is none", s->path);
}

/* The entry that a key of columns 0 and 1 stands for; names go into b. */
static bool read_entry(sqlite3_stmt *st, struct buf *b, enum entry_type *type, struct cidr *net,
		       uint32_t *as, struct str *name)
{
	uint8_t vtype = (uint8_t)sqlite3_column_int(st, 0);
	struct str key = col_str(st, 1);
	enum itype itype;

	*net = (struct cidr){ { 0, 0 }, 0 };
	*as = 0;
	*name = STR_NONE;
	if (vtype == V_IP4 || vtype == V_IP6) {
		*type = ENTRY_NET;
		return key_net_read(vtype, key, net);
	}
	if (vtype == V_AS && key.n == 4) {
		const unsigned char *p = (const unsigned char *)key.p;

		*type = ENTRY_AS;
		*as = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
		return true;
	}
	*type = vtype == V_NAME ? ENTRY_NAME : ENTRY_NAME_BELOW;
	buf_clear(b);
	return (vtype == V_NAME || vtype == V_NAME_BELOW) &&
	       key_read(V_NAME, key, b, &itype, net, name);
}

/* Tell the rows of a statement that was bound. *found (may be NULL) counts them. */
static enum err tell_exclusions(struct store *s, sqlite3_stmt *st, exclusion_fn tell, void *ctx,
				unsigned *found, struct errinfo *ei)
{
	bool row = true;
	enum err e = ERR_OK;

	while (!e && row) {
		struct exclusion x = { .classed = true };
		int class;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		class = sqlite3_column_int(st, 3);
		if (class < 0 || class >= X_COUNT ||
		    !read_entry(st, &s->text, &x.type, &x.net, &x.as, &x.name)) {
			e = damaged(s, ei);
			break;
		}
		x.class = (enum xclass) class;
		x.list = col_str(st, 2);
		x.reason = col_str(st, 4);
		if (found)
			(*found)++;
		e = tell(ctx, &x);
	}
	(void)sqlite3_reset(st);
	return e;
}

enum err store_exclusions(struct store *s, exclusion_fn tell, void *ctx, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, SQL_EXCLUSIONS, &st, ei);

	return e ? e : tell_exclusions(s, st, tell, ctx, NULL, ei);
}

static enum err exclusions_at(struct store *s, const struct key *k, exclusion_fn tell, void *ctx,
			      struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, SQL_EXCLUSION_AT, &st, ei);

	if (e)
		return e;
	bind_key(st, 1, k);
	return tell_exclusions(s, st, tell, ctx, NULL, ei);
}

/*
 * first, last: must live as long as the statement is used. Between them lie the keys of all that
 * lies in a network, its own first address among it, and those of networks that begin where it does.
 */
static void bind_within(sqlite3_stmt *st, const struct key *k, struct key *first, struct key *last)
{
	key_within(k, first, last);
	if ((k->type == V_IP4 || k->type == V_IP6) && first->n) {
		uint8_t *least = &first->p[first->n - 1];

		/* The greatest of keys before that address: a length is less than 255. */
		if (*least == 0) {
			first->n--;
		} else {
			--*least;
			first->p[first->n++] = 0xff;
		}
	}
	(void)sqlite3_bind_int(st, 1, k->type);
	(void)sqlite3_bind_blob(st, 2, first->p, first->n, SQLITE_STATIC);
	(void)sqlite3_bind_blob(st, 3, last->p, last->n, SQLITE_STATIC);
}

/* Those that lie strictly in it: networks that begin where it does may be wider. */
struct narrower {
	uint8_t len;
	exclusion_fn tell;
	void *ctx;
};

static enum err tell_narrower(void *ctx, const struct exclusion *x)
{
	const struct narrower *n = ctx;

	return x->type == ENTRY_NET && x->net.len <= n->len ? ERR_OK : n->tell(n->ctx, x);
}

static enum err exclusions_within(struct store *s, const struct key *k, struct narrower n,
				  unsigned most, struct errinfo *ei)
{
	struct key first, last;
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, SQL_EXCLUSION_WITHIN, &st, ei);

	if (e)
		return e;
	bind_within(st, k, &first, &last);
	bind_i64(st, 4, most);
	return tell_exclusions(s, st, tell_narrower, &n, NULL, ei);
}

enum err store_exclusions_at(struct store *s, const struct indicator *value, unsigned inside,
			     exclusion_fn tell, void *ctx, struct errinfo *ei)
{
	bool name = value->type == IT_DOMAIN;
	struct narrower narrower;
	struct key k, up;
	enum err e = ERR_OK;

	if (value->type == IT_URL || value->type == IT_HASH)
		return ERR_OK;
	if (!key_value(&k, value->type, value->net, value->value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	up = k;
	do {
		e = exclusions_at(s, &up, tell, ctx, ei);
		if (!e && name) {
			up.type = V_NAME_BELOW;
			e = exclusions_at(s, &up, tell, ctx, ei);
			up.type = V_NAME;
		}
	} while (!e && key_wider(&up));
	if (e || !inside || (!name && value->net.len == 128))
		return e;
	narrower = (struct narrower){ value->net.len, tell, ctx };
	e = exclusions_within(s, &k, narrower, inside, ei);
	if (!e && name) {
		k.type = V_NAME_BELOW;
		e = exclusions_within(s, &k, narrower, inside, ei);
	}
	return e;
}

enum err store_exclusions_as(struct store *s, uint32_t as, exclusion_fn tell, void *ctx,
			     struct errinfo *ei)
{
	struct key k;

	key_as(&k, as);
	return exclusions_at(s, &k, tell, ctx, ei);
}

/* ---- organisations ---- */

static enum err tell_orgs(struct store *s, sqlite3_stmt *st, org_fn tell, void *ctx, bool *found,
			  struct errinfo *ei)
{
	bool row = true;
	enum err e = ERR_OK;

	while (!e && row) {
		struct org_entry o = { .type = ENTRY_NET };
		int kind;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		kind = sqlite3_column_int(st, 6);
		if (kind < 0 || kind > ORG_SINKHOLE ||
		    !read_entry(st, &s->text, &o.type, &o.net, &o.as, &o.name)) {
			e = damaged(s, ei);
			break;
		}
		/* A table of organisations has one kind of name: the domain. */
		if (o.type == ENTRY_NAME_BELOW)
			o.type = ENTRY_NAME;
		o.org = (struct org){ .id = col_str(st, 2),
				      .name = col_str(st, 3),
				      .sector = col_str(st, 4),
				      .country = col_str(st, 5),
				      .kind = (enum org_kind)kind,
				      .extra = col_str(st, 7) };
		*found = true;
		e = tell(ctx, &o);
	}
	(void)sqlite3_reset(st);
	return e;
}

enum err store_orgs(struct store *s, org_fn tell, void *ctx, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool found = false;
	enum err e = db_use(s, SQL_ORGS, &st, ei);

	return e ? e : tell_orgs(s, st, tell, ctx, &found, ei);
}

static enum err org_of_key(struct store *s, const struct key *k, org_fn tell, void *ctx,
			   bool *found, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, SQL_ORG_AT, &st, ei);

	if (e)
		return e;
	bind_key(st, 1, k);
	return tell_orgs(s, st, tell, ctx, found, ei);
}

enum err store_org_at(struct store *s, struct ip ip, uint32_t as, org_fn tell, void *ctx,
		      struct errinfo *ei)
{
	bool found = false;
	struct key k;
	enum err e;

	key_net(&k, (struct cidr){ ip, 128 });
	do
		e = org_of_key(s, &k, tell, ctx, &found, ei);
	while (!e && !found && key_wider(&k));
	if (!e && !found && as) {
		key_as(&k, as);
		e = org_of_key(s, &k, tell, ctx, &found, ei);
	}
	return e || found ? e : err_set(ei, ERR_NOENT, "no organisation's");
}

/* ---- what families are called ---- */

enum err store_alias_of(struct store *s, struct str key, alias_fn tell, void *ctx, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(s, SQL_ALIAS_OF, &st, ei);

	if (e)
		return e;
	bind_str(st, 1, key);
	while (!e && row) {
		e = db_row(s, st, &row, ei);
		if (!e && row)
			e = tell(ctx, col_str(st, 0), col_str(st, 1));
	}
	(void)sqlite3_reset(st);
	return e;
}

/* ---- what analysts decided ---- */

/* Whatever was begun is done whole or not at all. */
static enum err settle(struct store *s, enum err e, struct errinfo *ei)
{
	if (!e && stop_asked())
		e = err_set(ei, ERR_STOP, "stopped");
	if (!e)
		e = db_do(s, SQL_SPECIALS_CHANGED, ei);
	if (!e)
		e = db_commit(s, true, ei);
	if (e)
		db_rollback(s);
	return e;
}

static enum err put_override(struct store *s, const struct store_override *o, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	struct key k;
	enum err e = db_use(s, SQL_OVERRIDE_PUT, &st, ei);

	if (e)
		return e;
	if (!key_value(&k, o->value.type, o->value.net, o->value.value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	bind_key(st, 1, &k);
	(void)sqlite3_bind_int(st, 3, o->verdict);
	bind_str(st, 4, str_head(o->author, OVERRIDE_AUTHOR_MAX));
	bind_str(st, 5, str_head(o->reason, OVERRIDE_REASON_MAX));
	bind_i64(st, 6, o->made);
	bind_time(st, 7, o->expires);
	return db_run(s, st, ei);
}

enum err store_override_put(struct store *s, const struct store_override *o, size_t n,
			    struct errinfo *ei)
{
	enum err e = db_begin(s, ei);

	for (size_t i = 0; !e && i < n; i++)
		e = put_override(s, &o[i], ei);
	return settle(s, e, ei);
}

static enum err remove_override(struct store *s, const struct indicator *value, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	struct key k;
	enum err e = db_use(s, SQL_OVERRIDE_REMOVE, &st, ei);

	if (e)
		return e;
	if (!key_value(&k, value->type, value->net, value->value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	bind_key(st, 1, &k);
	e = db_run(s, st, ei);
	if (!e && sqlite3_changes(s->db) == 0)
		e = err_set(ei, ERR_NOENT, "nothing was decided about it");
	return e;
}

enum err store_override_remove(struct store *s, const struct indicator *value, size_t n,
			       struct errinfo *ei)
{
	enum err e = db_begin(s, ei);

	for (size_t i = 0; !e && i < n; i++)
		e = remove_override(s, &value[i], ei);
	return settle(s, e, ei);
}

static enum err tell_overrides(struct store *s, sqlite3_stmt *st, override_fn tell, void *ctx,
			       struct errinfo *ei)
{
	bool row = true;
	enum err e = ERR_OK;

	while (!e && row) {
		struct store_override o = { .value = indicator_init() };
		int verdict;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		verdict = sqlite3_column_int(st, 2);
		buf_clear(&s->text);
		if (verdict < 0 || verdict > DECIDED_ALLOW ||
		    !key_read((uint8_t)sqlite3_column_int(st, 0), col_str(st, 1), &s->text,
			      &o.value.type, &o.value.net, &o.value.value)) {
			e = damaged(s, ei);
			break;
		}
		o.verdict = (enum decision)verdict;
		o.author = col_str(st, 3);
		o.reason = col_str(st, 4);
		o.made = col_time(st, 5);
		o.expires = col_time(st, 6);
		e = tell(ctx, &o);
	}
	(void)sqlite3_reset(st);
	return e;
}

static enum err overrides_of(struct store *s, const struct key *k, override_fn tell, void *ctx,
			     struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, SQL_OVERRIDE_OF, &st, ei);

	if (e)
		return e;
	bind_key(st, 1, k);
	return tell_overrides(s, st, tell, ctx, ei);
}

enum err store_override_of(struct store *s, const struct indicator *value, override_fn tell,
			   void *ctx, struct errinfo *ei)
{
	struct key k;

	if (!key_value(&k, value->type, value->net, value->value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	return overrides_of(s, &k, tell, ctx, ei);
}

enum err store_override_around(struct store *s, const struct indicator *value, override_fn tell,
			       void *ctx, struct errinfo *ei)
{
	struct key k;
	enum err e = ERR_OK;

	if (value->type == IT_URL || value->type == IT_HASH)
		return ERR_OK;
	if (!key_value(&k, value->type, value->net, value->value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	while (!e && key_wider(&k))
		e = overrides_of(s, &k, tell, ctx, ei);
	return e;
}

/* Those that lie strictly in the value: the keys between are some more. */
struct inside {
	const struct indicator *value;
	override_fn tell;
	void *ctx;
};

static enum err tell_inside(void *ctx, const struct store_override *o)
{
	const struct inside *in = ctx;
	bool lies = o->value.type <= IT_CIDR ? o->value.net.len > in->value->net.len &&
						       cidr_has(in->value->net, o->value.net.ip)
					     : o->value.value.n > in->value->value.n;

	return lies ? in->tell(in->ctx, o) : ERR_OK;
}

enum err store_override_within(struct store *s, const struct indicator *value, enum decision verdict,
			       unsigned most, override_fn tell, void *ctx, struct errinfo *ei)
{
	struct inside in = { value, tell, ctx };
	struct key k, first, last;
	sqlite3_stmt *st = NULL;
	enum err e;

	if (value->type != IT_CIDR && value->type != IT_DOMAIN)
		return ERR_OK;
	if (!key_value(&k, value->type, value->net, value->value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	e = db_use(s, SQL_OVERRIDE_WITHIN, &st, ei);
	if (e)
		return e;
	bind_within(st, &k, &first, &last);
	(void)sqlite3_bind_int(st, 4, verdict);
	bind_i64(st, 5, most);
	return tell_overrides(s, st, tell_inside, &in, ei);
}

enum err store_overrides(struct store *s, override_fn tell, void *ctx, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, SQL_OVERRIDES, &st, ei);

	return e ? e : tell_overrides(s, st, tell, ctx, ei);
}
