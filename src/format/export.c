/* SPDX-License-Identifier: Apache-2.0 */
#include "format/export.h"

#include "base/wire.h"
#include "format/netflow.h"
#include "format/nf_template.h"
#include "format/sflow.h"

#include <stdlib.h>

struct exports {
	struct nf_store *store;
};

enum err exports_new(struct exports **out)
{
	struct exports *x = malloc(sizeof *x);
	enum err e = x ? nf_store_new(&x->store) : ERR_NOMEM;

	if (e) {
		free(x);
		return e;
	}
	*out = x;
	return ERR_OK;
}

void exports_free(struct exports *x)
{
	if (!x)
		return;
	nf_store_free(x->store);
	free(x);
}

/* Where collectors listen. */
static bool known_port(uint16_t port)
{
	static const uint16_t ports[] = { 2055, 2056, 4432, 4739, 6343, 9025, 9555, 9995, 9996 };

	for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static unsigned version_of(struct str payload, bool *sflow)
{
	struct wire w = wire_of(payload);
	uint32_t v = wire_be32(&w);

	*sflow = !w.bad && v == 5;
	return w.bad ? 0 : v >> 16;
}

bool export_looks(struct str payload, uint16_t src_port, uint16_t dst_port)
{
	bool sflow, whole;
	unsigned v = version_of(payload, &sflow);

	if (!sflow && v != NETFLOW_5 && v != NETFLOW_9 && v != NETFLOW_IPFIX)
		return false;
	/* One that is damaged is told as that only where it was to be expected. */
	(void)src_port; /* exporters send from anywhere */
	if (known_port(dst_port))
		return true;
	if (sflow)
		return sflow_looks(payload);
	return netflow_begins(payload) && netflow_frame(payload, &whole) == payload.n && whole;
}

void exports_read(struct exports *x, struct ip exporter, uint16_t port, int64_t ts,
		  struct str message, struct sink *sink)
{
	struct nf_from from = { exporter, port, ts };
	bool sflow;

	(void)version_of(message, &sflow);
	if (sflow)
		sflow_read(ts, message, sink);
	else
		netflow_read(x->store, &from, message, sink);
}

void exports_end(struct exports *x, struct sink *sink)
{
	netflow_end(x->store, sink);
}
