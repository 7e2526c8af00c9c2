/* SPDX-License-Identifier: Apache-2.0 */
#include "app/catalogue.h"

#include "format/csv.h"

#include <assert.h>

#define FILE_OF(name)                                                                       \
	extern const char catalogue_##name##_csv_begin[], catalogue_##name##_csv_end[];     \
	struct str catalogue_##name(void)                                                   \
	{                                                                                   \
		return str_range(catalogue_##name##_csv_begin, catalogue_##name##_csv_end); \
	}

FILE_OF(special_purpose)
FILE_OF(warninglists)
FILE_OF(benign)
FILE_OF(platforms)
FILE_OF(families)
FILE_OF(words)
FILE_OF(sectors)
FILE_OF(countries)

extern const char catalogue_feeds_yaml_begin[], catalogue_feeds_yaml_end[];

struct str catalogue_feeds(void)
{
	return str_range(catalogue_feeds_yaml_begin, catalogue_feeds_yaml_end);
}

enum err catalogue_rows(struct str file,
			enum err (*row)(void *ctx, const struct str field[ROW_FIELDS]), void *ctx)
{
	struct str line, field[CSV_FIELDS_MAX];
	struct buf scratch;
	bool header = true;
	enum err e = ERR_OK;

	buf_init(&scratch, 1 << 16);
	while (!e && str_line(&file, &line)) {
		const char *why = NULL;
		int n;

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (header) {
			header = false;
			continue;
		}
		buf_clear(&scratch);
		n = csv_split(line, ',', &scratch, field, &why);
		if (n < 0) {
			e = ERR_NOMEM;
			break;
		}
		for (int i = n; i < ROW_FIELDS; i++)
			field[i] = STR_NONE;
		e = row(ctx, field);
	}
	buf_free(&scratch);
	return e;
}
