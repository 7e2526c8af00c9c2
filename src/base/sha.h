/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 and SHA-256 (FIPS 180-4) of a whole string, for identifiers that formats derive from
 * contents: UUIDv5, content security policies, file hashes in feeds. Not for secrets, and SHA-1
 * proves nothing against an attacker.
 */
#ifndef NEZUMI_BASE_SHA_H
#define NEZUMI_BASE_SHA_H

#include "base/buf.h"

void sha1(struct str s, unsigned char out[20]);
void sha256(struct str s, unsigned char out[32]);

/* Append the name-based UUID of RFC 9562 section 5.5: 36 characters, lower case. */
void uuid5(struct buf *b, const unsigned char namespace[16], struct str name);

/* Append s in Base64 (RFC 4648 section 4). */
void base64(struct buf *b, struct str s);

#endif
