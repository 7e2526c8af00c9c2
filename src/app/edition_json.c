/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of feeds ask of the answers of servers. */
#include "app/edition_json.h"

bool edition_whole_json(struct str text)
{
	struct json_walk w;
	struct json v;
	struct str key;

	if (!json_begin(&w, text))
		return false;
	while (json_next(&w, &key, &v))
		;
	return !w.failed && json_rest(&w).n == 0;
}

bool edition_member(struct str object, const char *name, struct json *out)
{
	struct json_walk w;
	struct json v;
	struct str key;
	bool found = false;

	if (!json_begin(&w, object) || w.array)
		return false;
	while (json_next(&w, &key, &v))
		if (str_is(key, name)) {
			*out = v;
			found = true;
		}
	return found;
}

struct str edition_text(struct edition *ed, struct str object, const char *name, size_t most)
{
	struct json v;
	struct str text, copy;
	char *room;

	if (!edition_member(object, name, &v) || v.type != JSON_STRING || v.raw.n > most)
		return STR_NONE;
	room = arena_alloc(&ed->arena, v.raw.n + 1);
	if (!room || !json_text(&v, room, &text))
		return STR_NONE;
	copy = arena_str(&ed->arena, text);
	return copy.p ? copy : STR_NONE;
}
