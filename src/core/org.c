/* SPDX-License-Identifier: Apache-2.0 */
#include "core/org.h"

static const char *const kinds[] = {
	[ORG_UNKNOWN] = "unknown",
	[ORG_ENTERPRISE] = "enterprise",
	[ORG_GOVERNMENT] = "government",
	[ORG_UNIVERSITY] = "university",
	[ORG_ISP] = "isp",
	[ORG_HOSTING] = "hosting",
	[ORG_RESOLVER] = "resolver",
	[ORG_SCANNER] = "scanner",
	[ORG_RESEARCH] = "research",
	[ORG_SINKHOLE] = "sinkhole",
};

static const char *const classes[X_COUNT] = {
	[X_BENIGN] = "benign",     [X_PROVIDER] = "provider", [X_SCANNER] = "scanner",
	[X_SINKHOLE] = "sinkhole", [X_RESEARCH] = "research",
};

const char *org_kind_text(enum org_kind k)
{
	return kinds[k];
}

bool org_kind_parse(struct str s, enum org_kind *out)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_iis(s, kinds[i])) {
			*out = (enum org_kind)i;
			return true;
		}
	return false;
}

const char *xclass_text(enum xclass c)
{
	return classes[c];
}

bool xclass_parse(struct str s, enum xclass *out)
{
	for (size_t i = 0; i < X_COUNT; i++)
		if (str_iis(s, classes[i])) {
			*out = (enum xclass)i;
			return true;
		}
	return false;
}
