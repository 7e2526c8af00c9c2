/* SPDX-License-Identifier: Apache-2.0 */
#include "app/scan.h"

#include "app/scan_parts.h"

#include <stdlib.h>
#include <unistd.h>

void scan_files_init(struct scan_files *f)
{
	*f = (struct scan_files){ 0 };
	arena_init(&f->arena, 0);
}

void scan_files_free(struct scan_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		source_close(f->v[i].open);
		if (f->v[i].kept_fd >= 0)
			close(f->v[i].kept_fd);
	}
	free(f->v);
	free(f->rejects.v);
	arena_free(&f->arena);
}

enum err scan_add(struct scan_files *f, const char *path, struct errinfo *ei)
{
	struct path_list list = { 0 };
	bool is_folder;
	enum err e = path_walk(path, &f->arena, &list, &is_folder, ei);

	for (size_t i = 0; !e && i < list.n; i++) {
		struct scan_file *file = VEC_PUSH(f);

		if (!file)
			e = ERR_NOMEM;
		else
			*file = (struct scan_file){ .path = list.v[i],
						    .from_folder = is_folder,
						    .kept_fd = -1 };
	}
	free(list.v);
	return e;
}

void scan_trouble(struct scan_files *f, struct scan_file *file, enum err e, const struct errinfo *ei)
{
	struct str s = arena_str(&f->arena, str_of(ei->msg[0] ? ei->msg : err_text(e)));

	file->trouble = s.p ? s : STR("out of memory");
}

enum err scan_note(struct scan_files *f, uint32_t file, uint64_t line, const char *why)
{
	struct scan_file *of = &f->v[file];
	struct reject *r = NULL;
	struct str text;

	if (of->n_rejects == SINK_REJECTS && line)
		return ERR_OK;
	text = arena_str(&f->arena, str_of(why));
	if (!text.p)
		return ERR_NOMEM;
	for (size_t i = f->rejects.n; of->n_rejects == SINK_REJECTS && !r && i; i--)
		if (f->rejects.v[i - 1].file == file)
			r = &f->rejects.v[i - 1];
	if (!r) {
		r = VEC_PUSH(&f->rejects);
		of->n_rejects++;
	}
	if (!r)
		return ERR_NOMEM;
	*r = (struct reject){ file, line, text };
	return ERR_OK;
}

static int by_place(const void *a, const void *b)
{
	const struct reject *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

void scan_rejects_sort(struct scan_files *f)
{
	if (f->rejects.n)
		qsort(f->rejects.v, f->rejects.n, sizeof *f->rejects.v, by_place);
}

enum err scan_keep(struct scan_files *f, size_t i)
{
	struct scan_file *file = &f->v[i];
	struct errinfo ei = { 0 };
	enum err e = source_keep(file->open, &file->kept_fd, &ei);

	source_close(file->open);
	file->open = NULL;
	if (e == ERR_NOMEM || e == ERR_STOP)
		return e;
	if (e)
		scan_trouble(f, file, e, &ei);
	return ERR_OK;
}

void scan_forget(struct scan_files *f)
{
	f->rejects.n = 0;
	f->grew = false;
	for (size_t i = 0; i < f->n; i++) {
		struct scan_file *file = &f->v[i];

		file->end_told = false;
		file->lacks = (struct lacks){ 0 };
		file->records = file->malformed = file->bytes = file->unused = 0;
		file->undated = file->undated_line = 0;
		file->partial = STR_NONE;
		file->n_rejects = 0;
	}
}
