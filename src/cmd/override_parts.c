/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/override_parts.h"

#include "app/lookup.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEFAULT_DAYS = 90 };

/* An empty string where the system knows no name either. */
struct str override_author(const char *given)
{
	const char *name = given ? given : getenv("NEZUMI_AUTHOR");
	const struct passwd *me;

	if (given || (name && name[0]))
		return str_of(name);
	/* Behind sudo everybody would be root. */
	name = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	if (name && name[0])
		return str_of(name);
	me = getpwuid(geteuid());
	return me ? str_of(me->pw_name) : STR_NONE;
}

enum err override_expiry(const char *given, int64_t now, int64_t *out, struct errinfo *ei)
{
	struct str s = given ? str_of(given) : STR_NONE;
	int64_t t = DEFAULT_DAYS * TIME_DAY;
	bool date = false;

	if (str_is(s, "never")) {
		*out = TIME_NONE;
		return ERR_OK;
	}
	if (!given || time_span(s, &t)) {
		t = t > TIME_MAX - now ? TIME_MAX : now + t;
	} else if (!time_parse(s, &t, &date)) {
		return err_set(ei, ERR_USAGE,
			       "--expires: a span (30d), a day (2027-01-31), a time, or never");
	}
	/* A day belongs to it to its end. */
	if (date)
		t += TIME_DAY - TIME_S;
	if (t <= now)
		return err_set(ei, ERR_USAGE, "--expires: that is over already");
	*out = t;
	return ERR_OK;
}

static void warn_of(const struct common *c, struct str value, const struct looked *k)
{
	for (size_t i = 0; i < k->entries.n; i++) {
		const struct looked_entry *e = &k->entries.v[i];

		/* What analysts said before is replaced, or wider, and they know. */
		if (e->class != X_BENIGN || str_is(e->list, "override"))
			continue;
		warn(c, "%.*s: decided although %s: %.*s: %.*s", STR_ARG(str_head(value, 200)),
		     e->lies_in ? "something in it is vouched for" : "it is vouched for",
		     STR_ARG(str_head(e->list, 100)), STR_ARG(str_head(e->entry, 100)));
		return;
	}
}

enum err override_warn_vouched(const struct common *c, struct store *s, const struct str *text,
			       size_t n, int64_t now, struct errinfo *ei)
{
	struct ownership owners = { 0 };
	struct lookup l = {
		.store = s, .ownership = &owners, .now = now, .seed = unknowable(), .builtin = true
	};
	enum err e = lookup_init(&l);

	if (!e)
		e = ownership_init(&owners);
	for (size_t i = 0; !e && i < n && i < VOUCHED_MAX; i++) {
		struct looked looked;

		e = lookup_value(&l, text[i], &looked, ei);
		if (!e)
			warn_of(c, text[i], &looked);
		looked_free(&looked);
	}
	ownership_free(&owners);
	lookup_free(&l);
	return e;
}
