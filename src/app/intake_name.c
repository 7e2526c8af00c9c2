/* SPDX-License-Identifier: Apache-2.0 */
/* What a source is called that nobody named: after its file, and no two after one name. */
#include "app/intake.h"

#include <stdlib.h>
#include <sys/stat.h>

/* The path from the root, so that a file is the same from wherever it is named; of what is no
 * regular file none. */
static enum err whole_path(struct str path, struct buf *out)
{
	struct stat st;
	char *whole = NULL;

	buf_clear(out);
	if (!str_is(path, "-") && stat(path.p, &st) == 0 && S_ISREG(st.st_mode))
		whole = realpath(path.p, NULL);
	if (whole)
		buf_c(out, whole);
	free(whole);
	return buf_err(out);
}

/* Is another file of this import called so? */
static bool twice(const struct intake *in, struct str name)
{
	for (size_t k = 0; k < sizeof in->files / sizeof in->files[0]; k++)
		for (size_t i = 0; i < in->files[k].n; i++) {
			const struct scan_file *f = &in->files[k].v[i];

			if (f != in->file && str_eq(path_name(f->path), name) &&
			    !str_eq(f->path, in->file->path))
				return true;
		}
	return false;
}

/*
 * Is the name another file's, of this import or of one before? One that no file claims yet (of an
 * older version, or that rows named) may be taken.
 */
static enum err taken(struct intake *in, struct str name, bool *out)
{
	struct str path = buf_str(&in->file_path);
	struct store_source had;
	enum err e = store_source_find(in->store, name, &had, &in->ei);

	*out = !e && had.path.n && !str_eq(had.path, path);
	for (size_t i = 0; i < in->named.n; i++)
		*out |= str_eq(in->named.v[i].name, name) && !str_eq(in->named.v[i].path, path);
	return e == ERR_NOENT ? ERR_OK : e;
}

/* With the name of its folder before it; the path is whole. */
static struct str below_folder(struct str path)
{
	size_t slashes = 0, i = path.n;

	while (i > 0 && slashes < 2)
		slashes += path.p[--i] == '/';
	return str_skip(path, slashes == 2 ? i + 1 : 1);
}

static enum err choose(struct intake *in, struct str *name)
{
	struct str path = buf_str(&in->file_path);
	bool no = twice(in, *name);
	enum err e = no ? ERR_OK : taken(in, *name, &no);

	if (e || !no)
		return e;
	*name = below_folder(path);
	e = taken(in, *name, &no);
	if (!e && no)
		*name = path;
	return e;
}

enum err intake_name(struct intake *in, struct store_source *out)
{
	struct str name = path_name(in->file->path);
	struct intake_named *made;
	struct store_source had;
	enum err e = whole_path(in->file->path, &in->file_path);

	if (e)
		return e;
	if (in->file_path.n == 0) {
		out->name = name;
		return ERR_OK;
	}
	e = store_source_at(in->store, buf_str(&in->file_path), &had, &in->ei);
	if (!e)
		name = had.name;
	else if (e == ERR_NOENT)
		e = choose(in, &name);
	made = e ? NULL : VEC_PUSH(&in->named);
	if (!made)
		return e ? e : ERR_NOMEM;
	*made = (struct intake_named){ arena_str(&in->arena, name),
				       arena_str(&in->arena, buf_str(&in->file_path)) };
	if (!made->name.p || !made->path.p)
		return ERR_NOMEM;
	out->name = made->name;
	out->path = made->path;
	return ERR_OK;
}

/* What the store notes of a source that more than one file fed. */
#define SEVERAL STR("several files")

enum err intake_named_source(struct intake *in, struct str name, uint32_t *at)
{
	struct store_source src = in->o->source, had;
	bool adds;
	enum err e;

	src.name = name;
	e = store_load_source(in->load, &src, at, &in->ei);
	while (!e && in->fed.n <= *at) {
		const struct scan_file **more = VEC_PUSH(&in->fed);

		if (!more)
			return ERR_NOMEM;
		*more = NULL;
	}
	if (e || in->fed.v[*at] == in->file)
		return e;
	if (in->fed.v[*at]) {
		store_load_adds(in->load, *at);
		return store_load_state(in->load, *at, SEVERAL);
	}
	in->fed.v[*at] = in->file;
	e = whole_path(in->file->path, &in->file_path);
	if (!e)
		e = store_source_find(in->store, name, &had, &in->ei);
	if (e == ERR_NOENT)
		return store_load_state(in->load, *at, buf_str(&in->file_path));
	if (e || had.kind != SOURCE_FILE)
		return e;
	adds = had.listed > 0 && (in->file_path.n == 0 || !str_eq(had.state, buf_str(&in->file_path)));
	if (adds)
		store_load_adds(in->load, *at);
	return store_load_state(in->load, *at, adds ? SEVERAL : buf_str(&in->file_path));
}
