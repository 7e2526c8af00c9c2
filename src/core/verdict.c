/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict.h"

#include <assert.h>

static const char *const decisions[] = {
	[DECIDED_BLOCK] = "block", [DECIDED_INFORM] = "inform", [DECIDED_ALLOW] = "allow"
};

const char *decision_text(enum decision v)
{
	return decisions[v];
}

bool decision_parse(struct str s, enum decision *out)
{
	for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++)
		if (str_is(s, decisions[i])) {
			*out = (enum decision)i;
			return true;
		}
	return false;
}

const char *action_text(enum action v)
{
	static const char *const texts[] = {
		[ACTION_NONE] = "none", [ACTION_INFORM] = "inform", [ACTION_BLOCK] = "block"
	};

	return texts[v];
}

enum standing standing_at(int64_t from, int64_t until, int64_t now, int64_t grace)
{
	/* Times lie between 1970 and 2100, so that nothing overflows. */
	if (from != TIME_NONE && now < from)
		return now < from - grace ? STANDING_AHEAD : STANDING_GRACE;
	if (until != TIME_NONE && now > until)
		return now > until + grace ? STANDING_OVER : STANDING_GRACE;
	return STANDING_VALID;
}

static const struct {
	const char *text;
	enum action action;
	const char *name; /* NULL: the text */
} rules[WHY_COUNT] = {
	[WHY_SPECIAL_PURPOSE] = { "special-purpose", ACTION_NONE, NULL },
	[WHY_TOO_BROAD] = { "too-broad", ACTION_NONE, NULL },
	[WHY_ALLOWED] = { "allow-listed", ACTION_NONE, "override-allow" },
	[WHY_VETOED] = { "allow-listed", ACTION_NONE, "override-allow-within" },
	[WHY_INFORM] = { "override", ACTION_INFORM, "override-inform" },
	[WHY_BLOCK] = { "override", ACTION_BLOCK, "override-block" },
	[WHY_ALLOW_LISTED] = { "allow-listed", ACTION_NONE, NULL },
	[WHY_UNLISTED] = { "unlisted", ACTION_NONE, NULL },
	[WHY_HOLDER] = { "withheld", ACTION_NONE, NULL },
	[WHY_REVOKED] = { "expired", ACTION_NONE, "revoked" },
	[WHY_OVER] = { "expired", ACTION_NONE, NULL },
	[WHY_AHEAD] = { "not-yet-valid", ACTION_NONE, NULL },
	[WHY_SINKHOLE] = { "sinkhole", ACTION_INFORM, NULL },
	[WHY_RESEARCH] = { "research", ACTION_INFORM, NULL },
	[WHY_SCANNER] = { "scanner", ACTION_INFORM, NULL },
	[WHY_INFECTED_HOST] = { "infected-host", ACTION_INFORM, NULL },
	[WHY_PROVIDER] = { "provider", ACTION_INFORM, NULL },
	[WHY_GRACE] = { "grace", ACTION_INFORM, NULL },
	[WHY_LOW_SCORE] = { "low-score", ACTION_INFORM, NULL },
	[WHY_LISTED] = { "listed", ACTION_BLOCK, NULL },
};

const char *why_text(enum verdict_why w)
{
	return rules[w].text;
}

const char *why_name(enum verdict_why w)
{
	return rules[w].name ? rules[w].name : rules[w].text;
}

enum action why_action(enum verdict_why w)
{
	return rules[w].action;
}

bool verdict_applies(const struct verdict_facts *f, enum verdict_why w)
{
	switch (w) {
	case WHY_SPECIAL_PURPOSE:
		return f->special_purpose;
	case WHY_TOO_BROAD:
		return f->too_broad;
	case WHY_ALLOWED:
		return f->decided && f->decision == DECIDED_ALLOW;
	case WHY_VETOED:
		return f->vetoed;
	case WHY_INFORM:
		return f->decided && f->decision == DECIDED_INFORM;
	case WHY_BLOCK:
		return f->decided && f->decision == DECIDED_BLOCK;
	case WHY_ALLOW_LISTED:
		return f->allow_listed;
	case WHY_UNLISTED:
		return f->standing == STANDING_NOWHERE && !f->revoked && !f->only_withheld;
	case WHY_HOLDER:
		return f->only_withheld;
	case WHY_REVOKED:
		return f->revoked;
	case WHY_OVER:
		return f->standing == STANDING_OVER;
	case WHY_AHEAD:
		return f->standing == STANDING_AHEAD;
	case WHY_SINKHOLE:
		return f->sinkhole;
	case WHY_RESEARCH:
		return f->research;
	case WHY_SCANNER:
		return f->scanner;
	case WHY_INFECTED_HOST:
		return f->infected_host;
	case WHY_PROVIDER:
		return f->provider && !f->hash;
	case WHY_GRACE:
		return f->standing == STANDING_GRACE;
	case WHY_LOW_SCORE:
		return f->score < VERDICT_BLOCK_SCORE;
	case WHY_LISTED:
		return true;
	case WHY_COUNT:
		break;
	}
	return false;
}

enum verdict_why verdict_of(const struct verdict_facts *f)
{
	int w = 0;

	while (!verdict_applies(f, (enum verdict_why)w))
		w++;
	assert(w < WHY_COUNT);
	return (enum verdict_why)w;
}
