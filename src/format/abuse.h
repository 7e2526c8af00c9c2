/* SPDX-License-Identifier: Apache-2.0 */
/* What the lists of abuse.ch say alike, be they CSV or JSON. */
#ifndef NEZUMI_FORMAT_ABUSE_H
#define NEZUMI_FORMAT_ABUSE_H

#include "core/indicator.h"

/* ThreatFox's types of values; false for what this program cannot use. */
bool threatfox_said(struct str type, enum said *said);

/* Is a tag of URLhaus most likely a family? And the first such among tags apart by commas. */
bool urlhaus_is_family(struct str tag);
struct str urlhaus_family(struct str tags);

#endif
