/* SPDX-License-Identifier: Apache-2.0 */
/* A population written down: lists, organisations, and what must be found. */
#include "gen_parts.h"

#include <time.h>

/* ---- lists ------------------------------------------------------------------------------- */

/* The i-th of n in an order that looks like none; n is a power of ten. */
static uint64_t scattered(uint64_t i, uint64_t n)
{
	return i * 7368787 % n;
}

static bool list_of(struct population *p, const char *dir, uint64_t n)
{
	char name[64];
	struct out o;

	(void)snprintf(name, sizeof name, "list-%llu.txt", (unsigned long long)n);
	if (!out_open(&o, dir, name))
		return false;
	for (uint64_t i = 0; i < n; i++) {
		unsigned char address[16];
		char *t = out_begin(&o);

		set4(address, p->listed[scattered(i, n)]);
		t = put_address(t, address, false);
		*t++ = '\n';
		out_end(&o, t);
	}
	return out_close(&o);
}

static char *put_when(char *t, int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	return us && gmtime_r(&seconds, &tm) ? t + strftime(t, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) : t;
}

static char *put_entry(char *t, const unsigned char address[16], bool v6, unsigned len,
		       const struct entry *e, uint64_t family)
{
	static const char *const families[] = { "Emotet", "NanoCore", "njRAT",   "Remcos",
						"QakBot", "Dridex",   "NetWire", "Gh0st RAT" };
	unsigned char net[16];

	memcpy(net, address, sizeof net);
	for (unsigned bit = len; bit < (v6 ? 128 : 32); bit++)
		net[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
	t = put_address(t, net, v6);
	if (len != (v6 ? 128 : 32)) {
		*t++ = '/';
		t = put_u64(t, len);
	}
	*t++ = ',';
	if (e->port)
		t = put_u64(t, e->port);
	*t++ = ',';
	t = put_when(t, e->from);
	*t++ = ',';
	t = put_when(t, e->until);
	*t++ = ',';
	t = put_text(t, families[family % 8]);
	*t++ = '\n';
	return t;
}

/* Entries that nothing meets, of all kinds. */
static char *put_idle(struct population *p, char *t, uint64_t i)
{
	static const uint16_t ports[] = { 443, 4444, 8080, 8443, 447, 1604, 2404, 5552 };
	struct entry e = { i % 3 ? 0 : ports[below(p, 8)], 0, 0 };
	unsigned char address[16];
	uint64_t kind = i % 20;

	if (i / 3 % 3 == 1)
		e.from = DAY_START - (int64_t)(1 + below(p, 60)) * DAY;
	if (i / 3 % 3 == 2) {
		e.from = DAY_START - (int64_t)(100 + below(p, 300)) * DAY;
		e.until = e.from + (int64_t)(1 + below(p, 450)) * DAY;
	}
	if (kind < 15) {
		set4(address, p->listed[CONTROLLERS + i]);
		return put_entry(t, address, false, 32, &e, i);
	}
	if (kind < 17) {
		unsigned len = 24 + (unsigned)below(p, 6);

		set4(address, free_network(p, len));
		return put_entry(t, address, false, len, &e, i);
	}
	set6(address, UINT64_C(0x2a11) << 48 | (mix_next(&p->seed) >> 16), below(p, 65536));
	return put_entry(t, address, true, kind < 19 ? 128 : 48 + 8 * (unsigned)below(p, 3), &e, i);
}

static bool mixed_list(struct population *p, const char *dir, uint64_t n)
{
	struct out o;

	if (!out_open(&o, dir, "mixed.csv"))
		return false;
	out_end(&o, PUT_LITERAL(out_begin(&o), "indicator,port,valid_from,valid_until,malware\n"));
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = scattered(i, n);
		char *t = out_begin(&o);

		if (at >= CONTROLLERS) {
			out_end(&o, put_idle(p, t, at - CONTROLLERS));
			continue;
		}
		for (unsigned k = 0; k < p->controller[at].n_own; k++) {
			const struct controller *c = &p->controller[at];
			bool network = at % 4 == 1 || k;

			t = put_entry(t, c->address, c->v6,
				      c->v6     ? network ? 64 : 128
				      : network ? 28
						: 32,
				      &c->own[k], at);
		}
		out_end(&o, t);
	}
	return out_close(&o);
}

static bool org_table(const struct population *p, const char *dir)
{
	static const char *const sectors[] = { "finance",
					       "health",
					       "energy",
					       "education",
					       "government",
					       "retail",
					       "telecommunications",
					       "manufacturing" };
	static const char countries[][3] = { "JP", "CH", "DE", "US", "BR", "FR", "IN", "AU" };
	struct out o;

	if (!out_open(&o, dir, "organisations.csv"))
		return false;
	out_end(&o, PUT_LITERAL(out_begin(&o), "network,id,name,sector,country,kind\n"));
	for (unsigned i = 0; i < ORGS; i++)
		for (unsigned k = 0; k <= p->org[i].networks; k++) {
			bool v6 = k == p->org[i].networks;
			unsigned char address[16];
			char *t = out_begin(&o);

			if (v6)
				set6(address, p->org[i].net6, 0);
			else
				set4(address, p->org[i].base[k]);
			t = put_address(t, address, v6);
			*t++ = '/';
			t = put_u64(t, v6 ? 48 : p->org[i].len[k]);
			t += sprintf(t, ",org%04u,Organisation %u,%s,%s,enterprise\n", i, i,
				     sectors[i % 8], countries[i / 8 % 8]);
			out_end(&o, t);
		}
	return out_close(&o);
}

bool population_lists(struct population *p, const char *dir)
{
	uint64_t n = p->lists < MIXED_MAX ? p->lists : MIXED_MAX;

	/* Networks of the mixed list may hold what is listed, but nothing else. */
	for (uint64_t i = 0, c = 0; i < p->lists; i++) {
		while (c < CONTROLLERS && p->controller[c].v6)
			c++;
		if (c < CONTROLLERS)
			p->listed[i] = (uint32_t)p->controller[c].address[0] << 24 |
				       (uint32_t)p->controller[c].address[1] << 16 |
				       (uint32_t)p->controller[c].address[2] << 8 |
				       p->controller[c].address[3];
		else
			p->listed[i] = fresh_address(p);
		c++;
	}
	if (!org_table(p, dir) || !mixed_list(p, dir, n))
		return false;
	for (uint64_t size = 1000; size <= p->lists; size *= size == 1000 ? 100 : 10)
		if (!list_of(p, dir, size))
			return false;
	return true;
}

/* ---- what must come out ------------------------------------------------------------------ */

void tally_record(const struct population *p, struct tally *t, const struct flow *f, int64_t ts)
{
	const struct controller *c;
	bool in = false, on = false;
	uint16_t port;

	t->records++;
	if (f->controller < 0)
		return;
	c = &p->controller[f->controller];
	if (!c->v6) {
		t->plain++;
		t->plain_controller[f->controller] += !f->inbound;
	}
	t->mixed++;
	if (f->inbound) {
		t->inbound++;
		return;
	}
	port = f->resp_port;
	for (unsigned k = 0; k < c->n_own; k++) {
		const struct entry *e = &c->own[k];
		bool holds = ts >= e->from && (!e->until || ts <= e->until);

		in |= holds;
		on |= holds && (!e->port || e->port == port);
	}
	if (!in)
		t->outside++;
	else if (on)
		t->on++, t->mixed_controller[f->controller]++;
	else
		t->off++;
}

static void print_controllers(const struct population *p, const uint64_t *n, FILE *f)
{
	const char *comma = "";

	for (unsigned i = 0; i < CONTROLLERS; i++) {
		char text[64];

		if (!n[i])
			continue;
		*put_address(text, p->controller[i].address, p->controller[i].v6) = 0;
		fprintf(f, "%s\"%s\": %llu", comma, text, (unsigned long long)n[i]);
		comma = ", ";
	}
}

void tally_print(const struct population *p, const struct tally *t, FILE *f)
{
	fprintf(f, "\"records\": %llu,\n\t\t\"plain\": {\"matched\": %llu, \"controllers\": {",
		(unsigned long long)t->records, (unsigned long long)t->plain);
	print_controllers(p, t->plain_controller, f);
	fprintf(f,
		"}},\n\t\t\"mixed\": {\"matched\": %llu, \"inbound\": %llu, \"outside\": %llu, "
		"\"on\": %llu, \"off\": %llu, \"controllers\": {",
		(unsigned long long)t->mixed, (unsigned long long)t->inbound,
		(unsigned long long)t->outside, (unsigned long long)t->on, (unsigned long long)t->off);
	print_controllers(p, t->mixed_controller, f);
	fprintf(f, "}}");
}
