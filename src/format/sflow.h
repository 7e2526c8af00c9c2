/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sFlow version 5 (sflow.org, sFlow Version 5, July 2004): the packets that a switch took as
 * samples, to records of kind flow. Each sample is one one-way record: as many packets as the rate
 * says one stands for, and that often the bytes of its IP packet (without the link layer, as
 * NetFlow counts). Its time is when the datagram arrived: sFlow sends none.
 *
 * Read are flow samples, also expanded ones, by the header of the sampled packet (Ethernet with
 * VLAN and MPLS, IPv4, IPv6) or, where it is not there, by what the switch says of its addresses.
 * Outer addresses count. Counters are passed over; packets other than IP are unused.
 */
#ifndef NEZUMI_FORMAT_SFLOW_H
#define NEZUMI_FORMAT_SFLOW_H

#include "format/reader.h"

/* One datagram; what is cut off or lies is told. */
void sflow_read(int64_t ts, struct str message, struct sink *sink);

/* Does a whole datagram lie here, by its header and the lengths of its samples? */
bool sflow_looks(struct str message);

#endif
