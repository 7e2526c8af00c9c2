/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domain names and URLs in the one form in which they are compared: ASCII lower case, A-labels
 * (IDNA 2008, UTS 46 non-transitional), no trailing dot.
 */
#ifndef NEZUMI_CORE_NAME_H
#define NEZUMI_CORE_NAME_H

#include "base/buf.h"

/*
 * Append the normal form of a domain name to out. Labels of 1–63 bytes, 253 in all, letters,
 * digits, `-` and `_` (RFC 1035, RFC 2181 11 for the underscore seen in practice); at least two
 * labels unless `single`; the last label is no number (RFC 3696 2: that would be an address).
 * A-labels are taken as they stand. Errors: ERR_PARSE, ERR_NOMEM, ERR_LIMIT; then out is as before.
 */
MUST enum err name_normalise(struct str s, bool single, struct buf *out);

/* ASCII lower case without trailing dot into dst (at least s.n bytes): what telemetry needs, no
 * checks. */
struct str name_lower(struct str s, char *dst);

/* The name without its first label; empty when that was the last. */
static inline struct str name_parent(struct str s)
{
	size_t dot = str_chr(s, '.');

	return dot == SIZE_MAX ? str_skip(s, s.n) : str_skip(s, dot + 1);
}

size_t name_labels(struct str s);
/* name is d or lies under it; both normalised. */
bool name_under(struct str name, struct str d);
/* Is it a public suffix (`co.uk`), which nobody owns? */
bool name_is_public_suffix(struct str s);

/*
 * Append the normal form of a URL: scheme and host lower case (host normalised; IPv6 in brackets),
 * user information dropped, default port dropped, fragment dropped, an empty path is "/". Path and
 * query keep their bytes. The parts (slices of out, valid until out changes) come back in *host
 * (without brackets) and *port (the default of the scheme, or as given; 0 when there is neither).
 * Control characters and more than URL_MAX bytes are refused. Errors: ERR_PARSE, ERR_NOMEM,
 * ERR_LIMIT; then out is as before.
 */
#define URL_MAX 16384
MUST enum err url_normalise(struct str s, struct buf *out, struct str *host, uint16_t *port);

#endif
