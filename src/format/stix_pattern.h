/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STIX patterns (STIX 2.1 section 9, 2.0 part 5): which values does a pattern list as bad?
 * Alternatives are values of their own. Of what must hold together, addresses and names are taken
 * when the rest is more of them, a destination port (which they get), or a detail that makes no
 * difference (protocol, source); when the rest is something that network records do not show (a
 * process, a path, a negation), they are told as rejected, because alone they would say more than
 * the pattern does. A hash stands for itself.
 *
 * Patterns are hostile: depth and number of values are bounded, time is linear in the length but
 * for joining ports.
 */
#ifndef NEZUMI_FORMAT_STIX_PATTERN_H
#define NEZUMI_FORMAT_STIX_PATTERN_H

#include "base/clock.h"
#include "core/indicator.h"

#define STIX_DEPTH_MAX  64
#define STIX_VALUES_MAX 65536
#define STIX_PORTS_MAX  64

struct stix_value {
	enum said said;
	struct str text;     /* lives during the call */
	uint16_t port;       /* 0: none */
	int64_t from, until; /* of START and STOP; TIME_NONE */
};

struct stix_sink {
	void *ctx;
	void (*value)(void *ctx, const struct stix_value *v);
	void (*bad)(void *ctx, const char *why); /* a part that is no indicator */
};

/* Errors: ERR_PARSE with place and reason, ERR_LIMIT, ERR_NOMEM; then nothing was told to the sink. */
MUST enum err stix_pattern(struct str pattern, const struct stix_sink *sink, struct errinfo *ei);

#endif
