/* SPDX-License-Identifier: Apache-2.0 */
#include "format/reader.h"

#include <stdarg.h>
#include <stdio.h>

#define READER(name) extern const struct reader name;
#include "format/readers.def"
#undef READER

#define READER(name) &name,
const struct reader *const readers[] = {
#include "format/readers.def"
	NULL,
};
#undef READER

enum err reader_find(enum reads reads, const struct sample *s, const struct reader **out)
{
	const struct reader *best = NULL;
	int sure = 0;

	for (size_t i = 0; readers[i]; i++) {
		int n = readers[i]->reads == reads ? readers[i]->sniff(s) : 0;

		if (n > sure) {
			sure = n;
			best = readers[i];
		}
	}
	if (!best)
		return ERR_FORMAT;
	*out = best;
	return ERR_OK;
}

const struct reader *reader_named(enum reads reads, struct str name)
{
	for (size_t i = 0; readers[i]; i++)
		if (readers[i]->reads == reads && str_is(name, readers[i]->name))
			return readers[i];
	return NULL;
}

void sink_bad(struct sink *s, const char *why, ...)
{
	va_list ap;

	s->malformed++;
	if (s->n_rejects == SINK_REJECTS)
		return;
	s->rejects[s->n_rejects].line = s->line;
	va_start(ap, why);
	(void)vsnprintf(s->rejects[s->n_rejects].why, sizeof s->rejects[0].why, why, ap);
	va_end(ap);
	s->n_rejects++;
}
