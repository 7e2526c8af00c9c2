/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust.h"

#include <math.h>

#define DAY     (86400.0 * 1e6)
#define UNDATED 0.5

double trust_reliability(char letter)
{
	/* F says that nothing is known of the source, which is not that it is bad. */
	static const double by_letter[] = { 0.95, 0.80, 0.60, 0.35, 0.15, 0.40 };

	return letter >= 'A' && letter <= 'E' ? by_letter[letter - 'A'] : by_letter[5];
}

double trust_record(uint64_t listed, uint64_t wrong)
{
	/* As if twenty had been right before it began. */
	double n = (double)listed + 20, bad = (double)(wrong < listed ? wrong : listed);

	return (n - bad) / n;
}

struct trust_curve trust_curve(enum itype type, enum role role)
{
	/* Addresses change hands, pages of a campaign live for days, names are kept for a year,
	 * sinkholes for years. */
	static const struct trust_curve of[][4] = {
		/* addresses and networks, domains, URLs, hashes */
		[ROLE_CONTROLLER] = { { 120, 0.7 }, { 365, 0.6 }, { 120, 0.7 }, { 0, 1 } },
		[ROLE_PAYLOAD] = { { 60, 0.8 }, { 180, 0.7 }, { 45, 1.0 }, { 0, 1 } },
		[ROLE_PHISHING] = { { 30, 1.0 }, { 90, 1.0 }, { 30, 1.0 }, { 0, 1 } },
		[ROLE_OTHER] = { { 60, 1.0 }, { 180, 0.8 }, { 60, 1.0 }, { 0, 1 } },
		[ROLE_SINKHOLE] = { { 1095, 0.3 }, { 1095, 0.3 }, { 1095, 0.3 }, { 0, 1 } },
		[ROLE_SCANNER] = { { 30, 1.0 }, { 180, 0.6 }, { 30, 1.0 }, { 0, 1 } },
		[ROLE_INFECTED_HOST] = { { 21, 1.0 }, { 60, 1.0 }, { 21, 1.0 }, { 0, 1 } },
	};
	static const uint8_t column[] = {
		[IT_IP] = 0, [IT_CIDR] = 0, [IT_DOMAIN] = 1, [IT_URL] = 2, [IT_HASH] = 3
	};

	return of[role][column[type]];
}

static double fresh(const struct trust_said *s, int64_t now, struct trust_part *p)
{
	int64_t since = s->seen != TIME_NONE ? s->seen : s->dropped;
	double left;

	p->age = -1;
	if (s->until != TIME_NONE && now > s->until)
		return 0;
	if (!p->curve.days)
		return 1;
	if (since == TIME_NONE)
		return UNDATED;
	p->age = now > since ? (double)(now - since) / DAY : 0;
	left = 1 - pow(p->age / p->curve.days, 1 / p->curve.delta);
	return left > 0 ? left * (s->seen != TIME_NONE ? 1 : UNDATED) : 0;
}

static struct trust_part part(const struct trust_said *s, int64_t now)
{
	struct trust_part p = { .source = trust_reliability(s->reliability),
				.said = s->confidence <= 100 ? s->confidence / 100.0 : 1,
				.record = s->record,
				.curve = trust_curve(s->type, s->role) };

	if (s->lifetime)
		p.curve.days = s->lifetime;
	p.fresh = fresh(s, now, &p);
	p.weight = p.source * p.said * p.record * p.fresh;
	return p;
}

/* The statement that counts already and says the same for the same reason; i: there is none. */
static size_t repeated(const struct trust_said *said, const struct trust_part *parts, size_t n,
		       size_t i, const struct overlap *o)
{
	for (size_t k = 0; k < n; k++)
		if (parts[k].counts && (said[k].source == said[i].source ||
					(o && overlap_copy(o, said[k].source, said[i].source))))
			return k;
	return i;
}

uint8_t trust_score(const struct trust_said *said, size_t n, const struct overlap *overlap,
		    int64_t now, struct trust_part *parts)
{
	double doubt = 1, last = HUGE_VAL;
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		parts[i] = part(&said[i], now);
	/* From the strongest down, of equal ones the first first. */
	for (size_t done = 0; done < n; done++) {
		size_t best = n;

		for (size_t i = 0; i < n; i++)
			if ((parts[i].weight < last || (parts[i].weight == last && i >= at)) &&
			    (best == n || parts[i].weight > parts[best].weight))
				best = i;
		last = parts[best].weight;
		at = best + 1;
		parts[best].repeats = repeated(said, parts, n, best, overlap);
		if (parts[best].repeats != best)
			continue;
		parts[best].counts = true;
		doubt *= 1 - parts[best].weight;
	}
	return (uint8_t)lround(100 * (1 - doubt));
}
