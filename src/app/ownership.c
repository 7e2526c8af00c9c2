/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ownership.h"

#include "base/file.h"
#include "base/vec.h"
#include "format/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum err ownership_init(struct ownership *o)
{
	*o = (struct ownership){ 0 };
	arena_init(&o->arena, (size_t)256 << 20);
	return special_load(&o->special);
}

void ownership_free(struct ownership *o)
{
	if (o->map)
		munmap(o->map, o->map_n);
	for (size_t i = 0; i < o->n_mmdb; i++)
		MMDB_close(&o->mmdb[i]);
	arena_free(&o->arena);
	special_free(&o->special);
	*o = (struct ownership){ 0 };
}

static enum err map_file(const char *path, void **map, size_t *n, struct errinfo *ei)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e = ERR_OK;
	struct stat st;

	if (fd < 0)
		return err_set(ei, errno == ENOENT ? ERR_NOENT : ERR_IO, "%s: %s", path,
			       strerror(errno));
	if (fstat(fd, &st) || st.st_size <= 0) {
		e = err_set(ei, ERR_PARSE, "%s: empty", path);
	} else {
		*n = (size_t)st.st_size;
		*map = mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0);
		if (*map == MAP_FAILED)
			e = err_set(ei, ERR_IO, "%s: %s", path, strerror(errno));
	}
	close(fd);
	return e;
}

enum err ownership_load(struct ownership *o, const char *path, struct errinfo *ei)
{
	void *map = NULL;
	size_t n = 0;
	enum err e = map_file(path, &map, &n, ei);
	int status;

	if (e)
		return e;
	if (n >= 8 && memcmp(map, OWNERS_MAGIC, 8) == 0 && !o->map) {
		struct errinfo why;

		e = owners_open(&o->owners, (struct str){ map, n }, !o->hasty, &why);
		if (e) {
			munmap(map, n);
			return err_set(ei, e, "%s: %.200s", path, why.msg);
		}
		o->map = map;
		o->map_n = n;
		return ERR_OK;
	}
	munmap(map, n);
	if (o->n_mmdb == MMDB_MAX)
		return err_set(ei, ERR_LIMIT, "%s: more than %d MMDB files", path, MMDB_MAX);
	status = MMDB_open(path, MMDB_MODE_MMAP, &o->mmdb[o->n_mmdb]);
	if (status != MMDB_SUCCESS)
		return err_set(ei, ERR_PARSE, "%s: neither compiled owners nor MMDB: %s", path,
			       MMDB_strerror(status));
	o->n_mmdb++;
	return ERR_OK;
}

enum err ownership_load_default(struct ownership *o, const char *data, struct errinfo *ei)
{
	static const char *const beside[] = { "/../owners.nzo", "/../share/nezumi/owners.nzo" };
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);
	enum err e = ERR_NOENT;
	char *slash;

	if (data) {
		char in_data[4096];

		(void)snprintf(in_data, sizeof in_data, "%s/owners.nzo", data);
		e = access(in_data, R_OK) == 0 ? ownership_load(o, in_data, ei) : ERR_NOENT;
	}
	if (n <= 0)
		return e == ERR_NOENT ? ERR_OK : e;
	path[n] = 0;
	slash = strrchr(path, '/');
	for (size_t i = 0; e == ERR_NOENT && slash && i < sizeof beside / sizeof beside[0]; i++) {
		(void)snprintf(slash, sizeof path - (size_t)(slash - path), "%s", beside[i]);
		e = access(path, R_OK) == 0 ? ownership_load(o, path, ei) : ERR_NOENT;
	}
	return e == ERR_NOENT ? ERR_OK : e;
}

static bool mmdb_number(MMDB_entry_s *entry, const char *const *path, uint32_t *out)
{
	MMDB_entry_data_s d;
	uint64_t v;

	if (MMDB_aget_value(entry, &d, path) != MMDB_SUCCESS || !d.has_data)
		return false;
	if (d.type == MMDB_DATA_TYPE_UINT32 || d.type == MMDB_DATA_TYPE_UINT16 ||
	    d.type == MMDB_DATA_TYPE_UINT64 || (d.type == MMDB_DATA_TYPE_INT32 && d.int32 >= 0)) {
		v = d.type == MMDB_DATA_TYPE_UINT32   ? d.uint32
		    : d.type == MMDB_DATA_TYPE_UINT16 ? d.uint16
		    : d.type == MMDB_DATA_TYPE_UINT64 ? d.uint64
						      : (uint64_t)d.int32;
		if (v > UINT32_MAX)
			return false;
		*out = (uint32_t)v;
		return true;
	}
#if !MMDB_UINT128_IS_BYTE_ARRAY
	if (d.type == MMDB_DATA_TYPE_UINT128 && d.uint128 <= UINT32_MAX) {
		*out = (uint32_t)d.uint128;
		return true;
	}
#endif
	if (d.type == MMDB_DATA_TYPE_UTF8_STRING) {
		struct str s = { d.utf8_string, d.data_size };

		if (str_istarts(s, STR("AS")))
			s = str_skip(s, 2);
		if (str_u64(s, UINT32_MAX, &v)) {
			*out = (uint32_t)v;
			return true;
		}
	}
	return false;
}

static bool mmdb_text(struct ownership *o, MMDB_entry_s *entry, const char *const *path, struct str *out)
{
	MMDB_entry_data_s d;
	struct str copy;

	if (MMDB_aget_value(entry, &d, path) != MMDB_SUCCESS || !d.has_data ||
	    d.type != MMDB_DATA_TYPE_UTF8_STRING || d.data_size == 0)
		return false;
	copy = arena_str(&o->arena, (struct str){ d.utf8_string, d.data_size });
	if (copy.p)
		*out = copy;
	return copy.p != NULL;
}

static void look_in_mmdb(struct ownership *o, MMDB_s *db, struct ip ip, struct owner *out)
{
	/* GeoLite2 and its kind, then IPinfo's names for the same. */
	static const char *const number[][2] = { { "autonomous_system_number", NULL }, { "asn", NULL } };
	static const char *const name[][2] = { { "autonomous_system_organization", NULL },
					       { "as_name", NULL } };
	static const char *const country[][3] = { { "country", "iso_code", NULL },
						  { "country_code", NULL, NULL },
						  { "country", NULL, NULL } };
	struct buf text;
	int gai, err;
	MMDB_lookup_result_s r;

	buf_init(&text, 64);
	ip_format(&text, ip);
	buf_ch(&text, 0);
	if (buf_err(&text)) {
		buf_free(&text);
		return;
	}
	r = MMDB_lookup_string(db, text.p, &gai, &err);
	buf_free(&text);
	if (gai || err != MMDB_SUCCESS || !r.found_entry)
		return;
	for (size_t i = 0; i < 2 && !mmdb_number(&r.entry, number[i], &out->asn); i++)
		;
	for (size_t i = 0; i < 2 && !mmdb_text(o, &r.entry, name[i], &out->as_name); i++)
		;
	for (size_t i = 0; i < 3 && !mmdb_text(o, &r.entry, country[i], &out->country); i++)
		;
}

void ownership_find(struct ownership *o, struct ip ip, struct owner *out)
{
	*out = (struct owner){ 0, STR_NONE, STR_NONE };
	if (special_overlap(&o->special, (struct cidr){ ip, 128 }).n)
		return;
	owners_find(&o->owners, ip, out);
	for (size_t i = o->n_mmdb; i; i--)
		look_in_mmdb(o, &o->mmdb[i - 1], ip, out);
}

/* ---- compiling ---- */

struct tables {
	VEC(struct owners_as) as;
	struct buf names;
	VEC(struct owners_range) ranges[4];
	uint32_t *slot; /* AS number -> index + 1, open addressing */
	size_t mask;
};

static enum err as_index(struct tables *t, uint32_t number, struct str name, uint64_t *out)
{
	size_t at = mix64(number) & t->mask;
	struct owners_as *as;

	for (; t->slot[at]; at = (at + 1) & t->mask)
		if (t->as.v[t->slot[at] - 1].number == number) {
			*out = t->slot[at] - 1;
			return ERR_OK;
		}
	if (t->as.n * 2 > t->mask)
		return ERR_LIMIT;
	as = VEC_PUSH(&t->as);
	if (!as)
		return ERR_NOMEM;
	*as = (struct owners_as){ number, (uint32_t)t->names.n, (uint32_t)name.n, 0 };
	buf_puts(&t->names, name);
	t->slot[at] = (uint32_t)t->as.n;
	*out = t->as.n - 1;
	return buf_err(&t->names);
}

static enum err add_row(struct tables *t, bool country, struct str *field, int n, struct errinfo *ei)
{
	struct owners_range r = { 0 }, *at;
	uint64_t number;
	enum err e = ERR_OK;
	int table;

	if (n < (country ? 3 : 4) || !ip_parse(field[0], &r.first) || !ip_parse(field[1], &r.last) ||
	    ip_cmp(r.first, r.last) > 0 || ip_is_v4(r.first) != ip_is_v4(r.last))
		return err_set(ei, ERR_PARSE, "not a row of first, last and %s",
			       country ? "country" : "number, name");
	if (country) {
		if (field[2].n != 2)
			return ERR_OK; /* unassigned */
		memcpy(&r.what, field[2].p, 2);
	} else {
		if (!str_u64(field[2], UINT32_MAX, &number))
			return err_set(ei, ERR_PARSE, "not an AS number");
		e = as_index(t, (uint32_t)number, field[3], &r.what);
	}
	table = (country ? 2 : 0) + !ip_is_v4(r.first);
	at = e ? NULL : (struct owners_range *)VEC_PUSH(&t->ranges[table]);
	if (!at)
		return e ? e : ERR_NOMEM;
	*at = r;
	return ERR_OK;
}

static enum err read_table(struct tables *t, const char *path, bool country, struct errinfo *ei)
{
	struct str rest, line, field[CSV_FIELDS_MAX];
	struct buf text, scratch;
	uint64_t n = 0;
	const char *why = "";
	enum err e;

	buf_init(&text, (size_t)1 << 30);
	buf_init(&scratch, 1 << 20);
	e = file_slurp(path, (size_t)1 << 30, &text, ei);
	rest = buf_str(&text);
	while (!e && str_line(&rest, &line)) {
		int fields;

		n++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		buf_clear(&scratch);
		fields = csv_split(line, ',', &scratch, field, &why);
		e = fields < 0 ? err_set(ei, ERR_PARSE, "%s", why)
			       : add_row(t, country, field, fields, ei);
		if (e && ei) {
			struct errinfo inner = *ei;

			(void)err_set(ei, e, "%.100s:%llu: %.100s", path, (unsigned long long)n,
				      inner.msg);
		}
	}
	buf_free(&text);
	buf_free(&scratch);
	return e;
}

static int by_first(const void *a, const void *b)
{
	const struct owners_range *x = a, *y = b;

	return ip_cmp(x->first, y->first);
}

/* Sorted and without overlap: binary search wants both. */
static void straighten(struct owners_range *r, size_t *n)
{
	size_t kept = 0;

	if (*n == 0)
		return;
	qsort(r, *n, sizeof *r, by_first);
	for (size_t i = 1; i < *n; i++)
		if (ip_cmp(r[i].first, r[kept].last) > 0)
			r[++kept] = r[i];
	*n = kept + 1;
}

enum err ownership_compile(const char *const *as_files, size_t n_as, const char *const *country_files,
			   size_t n_country, const char *out, struct errinfo *ei)
{
	struct tables t = { .mask = (1 << 20) - 1 };
	struct owners_header h = { 0 };
	struct buf file;
	enum err e = ERR_OK;

	memcpy(h.magic, OWNERS_MAGIC, sizeof h.magic);
	buf_init(&t.names, (size_t)256 << 20);
	buf_init(&file, (size_t)2 << 30);
	t.slot = calloc(t.mask + 1, sizeof *t.slot);
	if (!t.slot)
		e = ERR_NOMEM;
	for (size_t i = 0; !e && i < n_as; i++)
		e = read_table(&t, as_files[i], false, ei);
	for (size_t i = 0; !e && i < n_country; i++)
		e = read_table(&t, country_files[i], true, ei);
	if (!e) {
		h.n_as = t.as.n;
		h.names_bytes = t.names.n;
		buf_add(&file, &h, sizeof h);
		buf_add(&file, t.as.v, t.as.n * sizeof *t.as.v);
		buf_puts(&file, buf_str(&t.names));
		while (file.n % 8)
			buf_ch(&file, 0);
		for (int i = 0; i < 4; i++) {
			straighten(t.ranges[i].v, &t.ranges[i].n);
			h.n_ranges[i] = t.ranges[i].n;
			buf_add(&file, t.ranges[i].v, t.ranges[i].n * sizeof *t.ranges[i].v);
		}
		e = buf_err(&file);
	}
	if (!e) {
		h.hash = str_hash(str_skip(buf_str(&file), sizeof h), 0);
		memcpy(file.p, &h, sizeof h);
		e = file_write(out, buf_str(&file), ei);
	}
	for (int i = 0; i < 4; i++)
		free(t.ranges[i].v);
	free(t.as.v);
	free(t.slot);
	buf_free(&t.names);
	buf_free(&file);
	return e;
}
