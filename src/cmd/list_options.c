/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/list_options.h"

int list_add(struct list_choice *c, enum reads what, const char *path)
{
	struct list_option *v = what == READS_INDICATORS ? c->indicators
				: what == READS_ORGS     ? c->organisations
							 : c->exclusions;
	size_t *n = what == READS_INDICATORS ? &c->o.n_indicators
		    : what == READS_ORGS     ? &c->o.n_organisations
					     : &c->o.n_exclusions;

	if (*n == LISTS_MAX)
		return complain("more than %d lists; give a folder instead", LISTS_MAX);
	v[(*n)++] = (struct list_option){ path, c->classed, c->class };
	c->o.indicators = c->indicators;
	c->o.organisations = c->organisations;
	c->o.exclusions = c->exclusions;
	return -1;
}

int reader_option(enum reads what, const char *arg, const struct reader **out)
{
	*out = reader_named(what, str_of(arg));
	return *out ? -1 : complain("%s: no such format; nezumi formats lists them", arg);
}

static int set_column(struct list_choice *c, const char *arg)
{
	const char *eq = strchr(arg, '=');

	if (c->o.n_columns == COLUMNS_MAX)
		return complain("more than %d --column", COLUMNS_MAX);
	if (!eq || eq == arg || !eq[1])
		return complain("--column is FIELD=NAME, not %s", arg);
	c->columns[c->o.n_columns][0] = str_range(arg, eq);
	c->columns[c->o.n_columns++][1] = str_of(eq + 1);
	c->o.columns = c->columns;
	return -1;
}

int list_option(struct list_choice *c, int id, const char *arg)
{
	switch (id) {
	case 'i':
		return list_add(c, READS_INDICATORS, arg);
	case 'x':
		return list_add(c, READS_EXCLUSIONS, arg);
	case OPT_EXCLUSIONS_AS:
		c->classed = xclass_parse(str_of(arg), &c->class);
		return c->classed ? -1 : complain("%s: no such class of exclusions", arg);
	case OPT_INDICATORS_AS:
		return reader_option(READS_INDICATORS, arg, &c->o.indicators_as);
	case OPT_COLUMN:
		return set_column(c, arg);
	case OPT_NO_BUILTIN:
		c->o.no_builtin = true;
		return -1;
	default:
		return LIST_OPTION_UNKNOWN;
	}
}
