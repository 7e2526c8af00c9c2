/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What routers and probes export about the flows they see: NetFlow v5 and v9 (RFC 3954), IPFIX (RFC
 * 7011, biflows RFC 5103), sFlow v5 flow samples. Decodes one message after the other; templates
 * are kept for each exporter and observation domain. Data sets whose template has not come yet are
 * kept (bounded) until it does.
 *
 * Memory: at most 24 MiB, whatever arrives; when there is no more room, exporters that were silent
 * longest are forgotten, which is told. One thread. Errors are told to the sink.
 */
#ifndef NEZUMI_FORMAT_EXPORT_H
#define NEZUMI_FORMAT_EXPORT_H

#include "format/reader.h"

struct exports;

MUST enum err exports_new(struct exports **out);
void exports_free(struct exports *x);

/* Is a UDP payload such a message? By its header and lengths; the ports tell in doubt. Bounded
 * work. */
bool export_looks(struct str payload, uint16_t src_port, uint16_t dst_port);

/*
 * Read one message. `exporter` and `port` are where it came from (zeros where nobody knows); ts is
 * when it arrived, TIME_NONE where nobody knows.
 */
void exports_read(struct exports *x, struct ip exporter, uint16_t port, int64_t ts,
		  struct str message, struct sink *sink);

/* No more will come: tell what was kept for templates that never came. */
void exports_end(struct exports *x, struct sink *sink);

#endif
