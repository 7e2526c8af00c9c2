/* SPDX-License-Identifier: Apache-2.0 */
/* From sightings to the answer: who owns the hosts, what is a finding, what was set aside, in the
 * documented order. */
#ifndef NEZUMI_APP_ASSEMBLE_H
#define NEZUMI_APP_ASSEMBLE_H

#include "app/hosts.h"
#include "core/sightings.h"

struct assembly {
	const struct lists *lists;
	struct sightings *sightings;
	struct hosts *hosts;
	const struct str *paths; /* of telemetry files, by path_rank */
	uint64_t shared;
	struct arena *arena;
};

/* Fills findings, controllers, orgs, clusters, alerts, excluded and hosts. Errors: ERR_NOMEM,
 * ERR_LIMIT. */
MUST enum err assemble(const struct assembly *in, struct answer *out);

#endif
