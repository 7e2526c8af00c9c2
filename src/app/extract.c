/* SPDX-License-Identifier: Apache-2.0 */
#include "app/extract.h"

#include "app/catalogue.h"
#include "app/pdf_text.h"
#include "base/file.h"
#include "core/name.h"

#include <stdlib.h>

/* ---- what is known beforehand ----------------------------------------------------------------- */

struct names {
	VEC(struct family_name) v;
};

static enum err family_row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct names *n = ctx;

	/* alias, Japanese name, its reading */
	for (int i = 1; i <= 3; i++) {
		struct family_name *f;

		if (field[i].n == 0 || str_starts(field[i], STR("win.")) ||
		    str_starts(field[i], STR("elf.")))
			continue;
		f = VEC_PUSH(&n->v);
		if (!f)
			return ERR_NOMEM;
		*f = (struct family_name){ field[0], field[i] };
	}
	return ERR_OK;
}

enum err extractor_init(struct extractor *x)
{
	struct names names = { 0 };
	enum err e;

	*x = (struct extractor){ .isa = cpu_isa() };
	e = catalogue_rows(catalogue_families(), family_row, &names);
	if (!e)
		e = lexicon_new(catalogue_words(), names.v.v, names.v.n, &x->lexicon);
	free(names.v.v);
	return e ? e : special_load(&x->special);
}

void extractor_free(struct extractor *x)
{
	lexicon_free(x->lexicon);
	special_free(&x->special);
}

/* ---- special-purpose addresses ---------------------------------------------------------------- */

/* The host of a URL in normal form. */
static struct str host_of(struct str url)
{
	size_t at = str_find(url, STR("://")), end = 0;

	if (at == SIZE_MAX)
		return STR_NONE;
	url = str_skip(url, at + 3);
	if (url.n && url.p[0] == '[')
		return str_head(str_skip(url, 1), str_chr(str_skip(url, 1), ']'));
	while (end < url.n && url.p[end] != '/' && url.p[end] != ':' && url.p[end] != '?')
		end++;
	return str_head(url, end);
}

static void hold_special(const struct extractor *x, struct extracted *e)
{
	struct cidr net = { .len = 128 };
	struct str why;
	bool is = false;

	if (e->type == EX_IPV4 || e->type == EX_IPV6 || e->type == EX_CIDR)
		is = cidr_parse(e->value, &net);
	else if (e->type == EX_URL)
		is = ip_parse(host_of(e->value), &net.ip);
	if (!is)
		return;
	why = special_overlap(&x->special, net);
	if (why.n == 0)
		return;
	e->class = EX_CONTEXT;
	e->note = why;
}

/* ---- documents -------------------------------------------------------------------------------- */

enum err document_extract(const struct extractor *x, const char *path,
			  const struct extract_how *how, struct document *d, struct errinfo *ei)
{
	struct extract_in in = { .every = how->every, .no_files = !how->all, .isa = x->isa };
	struct buf file;
	enum err e;

	*d = (struct document){ 0 };
	arena_init(&d->arena, 0);
	text_doc_init(&d->text);
	buf_init(&file, DOCUMENT_MAX);
	e = file_slurp(path, DOCUMENT_MAX, &file, ei);
	if (e == ERR_LIMIT)
		e = err_set(ei, e, "larger than %zu MiB", DOCUMENT_MAX >> 20);
	if (!e) {
		enum text_kind kind = how->as == TEXT_GUESS ? text_guess(buf_str(&file)) : how->as;

		/* Most files need no decoding: they are the text. */
		if (kind == TEXT_PLAIN && text_is_utf8(buf_str(&file))) {
			struct buf was = d->text.text;

			d->text.text = file;
			d->text.kind = kind;
			d->text.charset = "UTF-8";
			file = was;
		} else
			e = kind == TEXT_PDF ? pdf_text(buf_str(&file), &d->text, ei)
					     : text_read(buf_str(&file), kind, &d->text, ei);
	}
	buf_free(&file);
	if (!e) {
		in.text = buf_str(&d->text.text);
		in.links = d->text.links.v;
		in.n_links = d->text.links.n;
		e = extract(x->lexicon, &in, &d->arena, &d->found);
		if (e)
			(void)err_set(ei, e, "%s", err_text(e));
	}
	for (size_t i = 0; !e && i < d->found.n; i++)
		hold_special(x, &d->found.v[i]);
	for (size_t i = 0; !e && i < d->found.n_every; i++)
		hold_special(x, &d->found.every[i]);
	return e;
}

void document_free(struct document *d)
{
	arena_free(&d->arena);
	text_doc_free(&d->text);
}
