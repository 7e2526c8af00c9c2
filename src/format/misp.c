/* SPDX-License-Identifier: Apache-2.0 */
#include "format/misp.h"

#include "base/json.h"

static bool hash_type(struct str type)
{
	return str_is(type, "md5") || str_is(type, "sha1") || str_is(type, "sha256") ||
	       str_is(type, "sha512");
}

/* "a|b" at its last bar. */
static bool halves(struct str s, struct str *a, struct str *b)
{
	size_t i = s.n;

	while (i && s.p[i - 1] != '|')
		i--;
	if (i == 0)
		return false;
	*a = str_head(s, i - 1);
	*b = str_skip(s, i);
	return true;
}

int misp_values(struct str type, struct str value, struct misp_value out[2])
{
	static const struct {
		const char *type;
		enum said said;
	} types[] = {
		{ "ip-dst", SAID_ADDRESS },  { "ip-src", SAID_ADDRESS }, { "domain", SAID_DOMAIN },
		{ "hostname", SAID_DOMAIN }, { "url", SAID_URL },
	};
	struct str a, b, type_a, type_b;

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_is(type, types[i].type)) {
			out[0] = (struct misp_value){ types[i].said, value, STR_NONE };
			return 1;
		}
	/* A URI may be a mere path. */
	if (hash_type(type) || (str_is(type, "uri") && str_find(value, STR("//")) != SIZE_MAX)) {
		out[0] = (struct misp_value){ hash_type(type) ? SAID_HASH : SAID_URL, value, STR_NONE };
		return 1;
	}
	if (str_is(type, "malware-sample"))
		type = STR("filename|md5");
	if (!halves(type, &type_a, &type_b))
		return 0;
	/* Whoever leaves out one half of a pair still says the first. */
	if (!halves(value, &a, &b)) {
		a = value;
		b = STR_NONE;
	}
	if (str_is(type, "domain|ip")) {
		out[0] = (struct misp_value){ SAID_DOMAIN, a, STR_NONE };
		out[1] = (struct misp_value){ SAID_ADDRESS, b, STR_NONE };
		return b.n ? 2 : 1;
	}
	if (str_is(type_b, "port") && misp_values(type_a, a, out) == 1) {
		out[0].port = b;
		return 1;
	}
	if (str_is(type_a, "filename") && hash_type(type_b)) {
		out[0] = (struct misp_value){ SAID_HASH, b, STR_NONE };
		return 1;
	}
	return 0;
}

enum role misp_role(struct str category)
{
	if (category.n == 0 || str_iis(category, "Network activity"))
		return ROLE_CONTROLLER;
	if (str_iis(category, "Payload delivery") || str_iis(category, "Payload installation") ||
	    str_iis(category, "Payload type") || str_iis(category, "Artifacts dropped"))
		return ROLE_PAYLOAD;
	if (str_iis(category, "Targeting data"))
		return ROLE_INFECTED_HOST;
	return ROLE_OTHER;
}

bool misp_flagged(struct str attribute)
{
	struct json m[3], v;
	struct json_walk w;
	struct misp_value values[2];
	struct str key;

	for (int i = 0; i < 3; i++)
		m[i] = (struct json){ .type = JSON_NULL, .raw = STR_NONE };
	if (!json_begin(&w, attribute) || w.array)
		return false;
	while (json_next(&w, &key, &v))
		if (str_is(key, "type") || str_is(key, "value") || str_is(key, "to_ids"))
			m[str_is(key, "type") ? 0 : str_is(key, "value") ? 1 : 2] = v;
	return (m[2].type == JSON_NULL || json_true(&m[2]) || str_is(m[2].raw, "1") ||
		str_iis(m[2].raw, "true")) &&
	       misp_values(m[0].raw, str_trim(m[1].raw), values);
}
