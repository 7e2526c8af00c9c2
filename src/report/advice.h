/* SPDX-License-Identifier: Apache-2.0 */
/* The second half of each language's prose: reasons, method, what was set aside, what to do. See
 * prose.h. */
#ifndef NEZUMI_REPORT_ADVICE_H
#define NEZUMI_REPORT_ADVICE_H

#include "report/prose.h"

#define ADVICE(lang)                                                                              \
	void advice_##lang##_reason(const struct view *v, struct buf *b, const struct finding *f, \
				    const struct reason *r);                                      \
	void advice_##lang##_part(struct buf *b, struct str part);                                \
	void advice_##lang##_method(const struct view *v, struct buf *b);                         \
	void advice_##lang##_nothing(const struct view *v, struct buf *b);                        \
	void advice_##lang##_aside(const struct view *v, struct buf *b);                          \
	/* A sentence or two for the summary. */                                                  \
	void advice_##lang##_aside_brief(const struct view *v, struct buf *b);                    \
	void advice_##lang##_label(struct buf *b, struct str reason);                             \
	void advice_##lang##_kind(struct buf *b, struct str kind);                                \
	void advice_##lang##_why_excluded(struct buf *b, struct str reason);                      \
	void advice_##lang##_why_withheld(struct buf *b, struct str reason);                      \
	void advice_##lang##_recommendations(const struct view *v, struct buf *b);                \
	void advice_##lang##_appendix(const struct view *v, struct buf *b)

ADVICE(en);
ADVICE(ja);

/* A text for a key: what tables of reasons and parts are made of. */
struct meaning {
	const char *key, *text;
};
static inline const char *meaning_of(const struct meaning *m, size_t n, struct str key)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(key, m[i].key))
			return m[i].text;
	return NULL;
}

#endif
