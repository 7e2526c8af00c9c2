/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which candidates are indicators. What is defanged is one, and so is the same value elsewhere. For
 * the others their place decides: in a list of indicators or in prose, with which words, beside
 * what, and whether this document defangs at all. docs/extract.md tells the rules.
 */
#include "core/extract_judge_parts.h"

#include <stdlib.h>

/* A report speaks of attacks or defangs something at least once in so many bytes. */
enum { ALARM_EVERY = 6000 };

struct group *judge_group(const struct judge *j, enum ex_type type, struct str value)
{
	size_t i = (ex_hash(value) + (uint32_t)type) & j->mask;

	for (; j->slot[i]; i = (i + 1) & j->mask) {
		struct group *g = &j->groups.v[j->slot[i] - 1];

		if (g->type == type && str_eq(g->value, value))
			return g;
	}
	return NULL;
}

/* Its number. There are never more than four for each candidate. */
static uint32_t group_make(struct judge *j, enum ex_type type, struct str value)
{
	size_t i = (ex_hash(value) + (uint32_t)type) & j->mask;
	struct group *g;

	for (; j->slot[i]; i = (i + 1) & j->mask) {
		g = &j->groups.v[j->slot[i] - 1];
		if (g->type == type && str_eq(g->value, value))
			return j->slot[i] - 1;
	}
	g = VEC_PUSH(&j->groups);
	if (!g) {
		j->failed = true;
		return 0;
	}
	*g = (struct group){ .value = value, .type = (uint8_t)type };
	j->slot[i] = (uint32_t)j->groups.n;
	return j->slot[i] - 1;
}

static void group_hard(struct judge *j, enum ex_type type, struct str value)
{
	uint32_t g = group_make(j, type, value);

	if (!j->failed)
		j->groups.v[g].hard = true;
}

bool judge_hard(const struct judge *j, enum ex_type type, struct str value)
{
	const struct group *g = judge_group(j, type, value);

	return g && g->hard;
}

struct str judge_owner(struct str host)
{
	size_t dots = 0;

	for (size_t i = host.n; i > 0; i--)
		if (host.p[i - 1] == '.' && ++dots >= 2 && (dots > 2 || host.n - i > 7))
			return str_skip(host, i);
	return host;
}

struct str judge_host(const struct found *f)
{
	return f->type == EX_URL     ? f->host
	       : f->type == EX_EMAIL ? str_skip(f->value, str_chr(f->value, '@') + 1)
				     : f->value;
}

struct str judge_branch(struct str v4)
{
	size_t dot = str_chr(v4, '.'), more;

	if (dot == SIZE_MAX)
		return v4;
	more = str_chr(str_skip(v4, dot + 1), '.');
	return more == SIZE_MAX ? v4 : str_head(v4, dot + 1 + more);
}

bool judge_office(struct str mail)
{
	static const char *const boxes[] = {
		"info",      "contact",    "contacto",   "contato",  "kontakt",     "press",
		"presse",    "media",      "soc",        "csirt",    "cert",        "cirt",
		"abuse",     "security",   "psirt",      "incident", "incidents",   "tips",
		"helpdesk",  "feedback",   "newsroom",   "editor",   "intel",       "research",
		"labs",      "lab",        "report",     "reports",  "threatintel", "disclosure",
		"notes",     "privacy",    "pr",         "dpo",      "gdpr",        "hunting",
		"team",      "hello",      "cti",        "dfir",     "jubao",       "phishing",
		"spam",      "fraud",      "redaktion",  "support",  "help",        "sales",
		"webmaster", "postmaster", "hostmaster", "noc",      "kefu",        "lienhe",
		"jouhou",    "desk",       "feeds",      "alerts",   "reporting",   "intelreports",
		"threatlab"
	};
	struct str box = str_head(mail, str_chr(mail, '@'));
	size_t last = box.n;

	/* "ot-help" */
	while (last && box.p[last - 1] != '-')
		last--;
	for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
		if (str_is(box, boxes[i]) || (last && str_is(str_skip(box, last), boxes[i])))
			return true;
	return false;
}

/* ---- what the whole document says ------------------------------------------------------------- */

/* Where do answers go? */
static bool diverted(const struct ex *x)
{
	struct str reply = STR_NONE, from = STR_NONE;

	for (size_t i = 0; i < x->found.n; i++) {
		const struct found *f = &x->found.v[i];

		if (f->type != EX_EMAIL || !(f->flags & F_SENDER))
			continue;
		if (f->traits & T_REPLY)
			reply = judge_owner(judge_host(f));
		else
			from = judge_owner(judge_host(f));
	}
	return reply.n && from.n && !str_eq(reply, from);
}

static void survey(struct judge *j)
{
	struct ex *x = j->x;

	j->hard_hosts = x->hard_hosts;
	j->prose = x->n;
	j->sample = diverted(x);
	for (size_t i = 0; i < x->found.n; i++) {
		const struct found *f = &x->found.v[i];
		size_t bytes = (size_t)(f->end - f->at) * f->count;

		j->prose -= bytes < j->prose ? bytes : j->prose;
		if (f->flags & F_HARD || (f->escaped && f->alarm)) {
			group_hard(j, (enum ex_type)f->type, f->value);
			if (f->host.n && !(f->flags & F_SERVICE))
				group_hard(j, EX_DOMAIN, f->host);
		}
		/* Versions of something: others like them are, too. */
		if (f->type == EX_IPV4 && f->flags & F_VERSION && !(f->flags & F_HARD))
			(void)group_make(j, EX_TYPES, judge_branch(f->value));
		/* Where it asks to write to. */
		if (f->type == EX_EMAIL && !(f->flags & (F_HARD | F_RANSOM | F_SENDER)) &&
		    (f->flags & (F_CONTACT | F_SEC_REF) || judge_office(f->value)))
			(void)group_make(j, EX_TYPES,
					 judge_owner(str_skip(f->value, str_chr(f->value, '@') + 1)));
		if (f->type == EX_EMAIL && f->flags & F_RECEIVER)
			(void)group_make(j, EX_TYPES, judge_owner(judge_host(f)));
		/* Sites that it links to: in pages, and where it names its sources. */
		if (f->type == EX_URL && !(f->flags & F_HARD) && !j->sample &&
		    f->flags & (F_LINK | F_REF | F_SEC_REF) && !(f->flags & F_SERVICE))
			(void)group_make(j, EX_TYPES, judge_owner(f->host));
	}
	j->alarm = x->title_alarm || (x->hard_all + x->alarms_between) * ALARM_EVERY >= x->n;
	j->list = x->bare >= 3 && x->bare * 10 >= (size_t)x->lines_between * 6;
}

/* 1.2.3.20,1: one number with a slip, or two things with a comma between them, as in a table. */
static void comma(const struct judge *j, struct found *f)
{
	if (f->traits & T_TABLE)
		return;
	if (judge_hard(j, (enum ex_type)f->type, f->alt)) {
		f->value = f->alt;
		f->status = EX_MENDED;
		f->note = "a comma stood inside the last number; the document has this address elsewhere";
	} else if (f->flags & F_HARD) {
		f->value = f->alt;
		f->status = EX_UNCERTAIN;
		f->note = "a comma stands inside the last number, which may end before it";
	} else {
		f->status = EX_UNCERTAIN;
		f->note = "a comma and digits follow, which may belong to the last number";
		return;
	}
	f->original = f->slip->original;
	f->context = f->slip->context;
}

static void mark_bad(struct judge *j, enum ex_type type, struct str value, bool url)
{
	uint32_t g = group_make(j, type, value);

	if (j->failed)
		return;
	if (url)
		j->groups.v[g].bad_url = true;
	else
		j->groups.v[g].bad = true;
}

/* Is a name beside, above or below it an indicator, or (`url`) the host of one? */
static bool kin_bad(const struct judge *j, struct str host, bool url)
{
	struct str top = judge_owner(host);
	const struct group *g = judge_group(j, EX_EMAIL, top);

	return g && (g->bad || (url && g->bad_url)) && !ex_shared(top) &&
	       !lexicon_has(j->x->lex, SET_CHEAP, top);
}

/* Does it stand on a host that is an indicator, or beside one, and is spoken of in another tone? */
static bool stands_on_bad(const struct judge *j, const struct found *f)
{
	const uint32_t never = F_EXAMPLE | F_NOT_IN_DNS | F_SERVICE | F_MINOR,
		       told = F_CONTACT | F_BENIGN | F_SEC_REF | F_CODE | F_FILE | F_LINK;
	const struct group *g;

	if (f->flags & never)
		return false;
	switch (f->type) {
	case EX_EMAIL:
		return judge_alarmed(j, f) && !f->angle && !(f->flags & (told | F_RECEIVER)) &&
		       kin_bad(j, judge_host(f), true);
	case EX_DOMAIN:
		return judge_alarmed(j, f) && !(f->flags & (told | F_REF)) &&
		       kin_bad(j, f->value, true);
	case EX_URL:
		g = judge_group(j, EX_DOMAIN, f->host);
		if (!g)
			g = judge_group(j, EX_IPV4, f->host);
		return (g && g->bad) || (judge_alarmed(j, f) && !(f->flags & (told | F_REF)) &&
					 kin_bad(j, f->host, false));
	default:
		return false;
	}
}

static void beside_bad(struct judge *j)
{
	struct ex *x = j->x;

	for (size_t i = 0; i < x->found.n; i++) {
		const struct found *f = &x->found.v[i];

		/* Who sent a report on has a host of his own. */
		if (f->class != EX_INDICATOR || f->flags & (F_SERVICE | F_MINOR | F_SENDER))
			continue;
		if (f->type == EX_DOMAIN || f->type == EX_IPV4)
			mark_bad(j, (enum ex_type)f->type, f->value, false);
		if (f->type == EX_DOMAIN || f->type == EX_URL)
			mark_bad(j, EX_EMAIL, judge_owner(judge_host(f)), f->type == EX_URL);
	}
	for (size_t i = 0; i < x->found.n; i++)
		if (x->found.v[i].class != EX_INDICATOR && stands_on_bad(j, &x->found.v[i]))
			x->found.v[i].class = EX_INDICATOR;
}

/* ---- the answer ------------------------------------------------------------------------------- */

static void fill(const struct found *f, struct extracted *e)
{
	*e = (struct extracted){ .type = (enum ex_type)f->type,
				 .class = (enum ex_class)f->class,
				 .status = (enum ex_status)f->status,
				 .defanged = f->flags & F_HARD || f->escaped,
				 .port = f->port,
				 .has_role = f->has_role,
				 .role = (enum role)f->role,
				 .value = f->value,
				 .original = f->original,
				 .context = f->context,
				 .heading = f->heading,
				 .family = f->family,
				 .note = f->note ? str_of(f->note) : STR_NONE,
				 .date = f->date,
				 .at = f->src,
				 .line = f->line,
				 .count = 1 };
	if (f->end == f->at)
		e->original = f->value;
}

/* What another place of a value had to be mended from. */
static enum err also(struct ex *x, const struct found *f, struct extracted *v)
{
	struct str original = str_head(f->original, 80);
	size_t begin = x->scratch.n;

	buf_fmt(&x->scratch, "also written \"%.*s\" in line %u: %s", STR_ARG(original), f->line,
		f->note);
	v->note = arena_str(x->arena, str_skip(buf_str(&x->scratch), begin));
	x->scratch.n = begin;
	return v->note.p ? ERR_OK : ERR_NOMEM;
}

static bool better(const struct found *a, const struct found *b)
{
	if (a->class != b->class)
		return a->class < b->class;
	return a->status < b->status;
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->type > y->type) - (x->type < y->type);
}

enum err ex_judge(struct ex *x, const struct extract_in *in, struct extraction *out)
{
	struct judge j = { .x = x, .in = in };
	size_t slots = 64, n = 0;
	struct extraction made = { 0 };
	enum err e = ERR_OK;

	while (slots < x->found.n * 7 + 16)
		slots *= 2;
	j.slot = calloc(slots, sizeof *j.slot);
	if (!j.slot)
		return ERR_NOMEM;
	j.mask = slots - 1;
	survey(&j);
	for (size_t i = 0; i < x->found.n && !e; i++)
		if (x->found.v[i].flags & F_COMMA)
			comma(&j, &x->found.v[i]);
	if (x->found.n > 1 && in->n_links)
		qsort(x->found.v, x->found.n, sizeof *x->found.v, by_place);
	for (size_t i = 0; i < x->found.n; i++)
		x->found.v[i].class = (uint8_t)judge_one(&j, &x->found.v[i]);
	beside_bad(&j);
	for (size_t i = 0; i < x->found.n && !e; i++) {
		struct found *f = &x->found.v[i];
		struct group *g;

		f->group = group_make(&j, (enum ex_type)f->type, f->value);
		if (j.failed) {
			e = ERR_NOMEM;
			break;
		}
		g = &j.groups.v[f->group];
		n += g->count == 0;
		g->count += f->count;
		if (g->best == 0 || better(f, &x->found.v[g->best - 1]))
			g->best = (uint32_t)i + 1;
	}
	if (!e)
		made.v = arena_array(x->arena, n + 1, sizeof *made.v);
	if (!e && in->every)
		made.every = arena_array(x->arena, x->found.n + 1, sizeof *made.every);
	if (!e && (!made.v || (in->every && !made.every)))
		e = ERR_NOMEM;
	for (size_t i = 0; i < x->found.n && !e; i++) {
		struct found *f = &x->found.v[i];
		struct group *g = &j.groups.v[f->group];

		if (g->best == i + 1) {
			struct extracted *v = &made.v[made.n];

			fill(f, v);
			v->count = g->count;
			v->defanged |= g->hard;
			g->out = (uint32_t)made.n++;
		}
	}
	/* What other places add to the first. */
	for (size_t i = 0; i < x->found.n && !e; i++) {
		const struct found *f = &x->found.v[i];
		const struct group *g = &j.groups.v[f->group];
		struct extracted *v = &made.v[g->out];

		/* Said once for all places: nothing is mended silently. */
		if (f->status != EX_AS_WRITTEN && v->status == EX_AS_WRITTEN && v->note.n == 0 && f->note)
			e = also(x, f, v);
		if (f->class == v->class) {
			if (v->port == 0)
				v->port = f->port;
			if (v->family.n == 0)
				v->family = f->family;
			if (!v->has_role && f->has_role) {
				v->has_role = true;
				v->role = (enum role)f->role;
			}
		}
		if (in->every) {
			fill(f, &made.every[made.n_every]);
			made.every[made.n_every].class = v->class;
			made.every[made.n_every++].first = g->out;
		}
	}
	free(j.slot);
	free(j.groups.v);
	if (!e)
		*out = made;
	return e;
}
