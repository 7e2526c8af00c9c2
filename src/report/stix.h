/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controllers of an answer as tables for other programs: CSV, and a STIX 2.1 bundle (OASIS
 * Standard, 10 June 2021) with an observable, an infrastructure and an indicator for each
 * controller, a malware object for each family, and how they relate. Identifiers are derived from
 * contents, so that the same answer gives the same bytes and two reports of the same thing agree.
 * Values are raw: this is for machines.
 */
#ifndef NEZUMI_REPORT_STIX_H
#define NEZUMI_REPORT_STIX_H

#include "report/view.h"

/* At most `max` controllers, the first of the answer. */
void indicators_csv(struct buf *b, const struct view *v, size_t max);
void indicators_stix(struct buf *b, const struct view *v, size_t max);

#endif
