/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defanging undone: reports write 192[.]0[.]2[.]1 and hxxp://evil[.]example so that nobody follows
 * them, each in its own way, and in the midst of punctuation. Any bytes may come in; both steps are
 * linear in time.
 */
#ifndef NEZUMI_CORE_REFANG_H
#define NEZUMI_CORE_REFANG_H

#include "base/str.h"

/*
 * The value without what stands around it: blanks, quotes, brackets in pairs, closing brackets that
 * nothing opens, full stops and other punctuation, ASCII or wide. From a URL (it has "//") only
 * that is taken which cannot belong to one.
 */
struct str refang_strip(struct str s);

/*
 * Write s to `to`, with room for s.n bytes, as it was before: `[.]` `(.)` `{.}` `[dot]` `[:]`
 * `[://]` `[/]` `[@]` and halves of them (`[.`),
 * `\.`, full-width characters and ideographic full stops, `hxxp` and its kin. A path keeps its
 * bytes but for the brackets: who defangs by machine replaces every full stop.
 */
struct str refang(struct str s, char *to);

#endif
