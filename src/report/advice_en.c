/* SPDX-License-Identifier: Apache-2.0 */
/* English, second half: reasons, method, what was set aside, what to do. */
#include "report/advice.h"

#define MEANING(table, key) meaning_of(table, sizeof(table) / sizeof(table)[0], key)

static const struct meaning excluded[] = {
	{ "inbound-only",
	  "The controller called in and got no answer. That is a scan; an infected host calls out." },
	{ "outside-validity",
	  "The call lies outside the time for which the indicator holds. Lists date a listing, not a controller's life, so this proves neither guilt nor innocence." },
	{ "benign-name",
	  "A harmless name was asked for at an address that malware also uses. The name decides." },
	{ "scanner", "The host scans the internet and calls everybody, controllers too." },
	{ "hosting",
	  "The host is a rented machine: its provider is no victim, and who rents it is not known." },
	{ "resolver", "The host asks for names on behalf of its users." },
	{ "sinkhole", "The host belongs to those who have taken controllers over." },
	{ "research", "The host talks to malware on purpose, to study it." },
	{ "allow-listed", "The host is on a list of services that are known to be harmless." },
	{ "tor", "The host is a Tor exit: the call came from somebody else." },
};

static const struct meaning withheld[] = {
	{ "special-purpose",
	  "Lies in a range that no controller on the internet can have (private, reserved, multicast)." },
	{ "too-broad", "Covers so much that it would hit the innocent." },
	{ "allow-listed", "Belongs to a service that is known to be harmless, or covers one." },
	{ "expired", "Its source has withdrawn it." },
};

static const struct meaning parts[] = {
	{ "evidence", "What was seen: payload both ways, an answer, an attempt, a lookup" },
	{ "port", "A call on the port that an indicator names" },
	{ "repetition", "How often" },
	{ "days", "On how many days" },
	{ "regularity", "At regular intervals and of like size" },
	{ "family", "Several controllers of one family were called" },
	{ "names", "The name that was asked for agrees with the connection" },
	{ "sources", "Several sources list it" },
	{ "grace", "Only shortly before or after the time for which the indicator holds" },
	{ "cap",
	  "Never on a listed port; only answered calls from outside; another name on shared hosting; no controller" },
};

void advice_en_part(struct buf *b, struct str part)
{
	const char *text = MEANING(parts, part);

	if (text)
		buf_c(b, text);
	else
		say_text(b, part);
}

void advice_en_label(struct buf *b, struct str reason)
{
	say_text(b, reason);
}

void advice_en_kind(struct buf *b, struct str kind)
{
	say_text(b, kind);
}

void advice_en_why_excluded(struct buf *b, struct str reason)
{
	const char *text = MEANING(excluded, reason);

	buf_c(b, text ? text : "");
}

void advice_en_why_withheld(struct buf *b, struct str reason)
{
	const char *text = MEANING(withheld, reason);

	buf_c(b, text ? text : "");
}

void advice_en_reason(const struct view *v, struct buf *b, const struct finding *f,
		      const struct reason *r)
{
	struct str p = r->part;
	size_t from = b->n;

	(void)v;
	if (str_is(p, "evidence-two-way")) {
		if (r->a == r->b && r->b == 1) {
			buf_c(b, "payload went both ways");
		} else if (r->a == r->b) {
			buf_c(b, "payload went both ways in all ");
			say_en_num(b, r->b);
			buf_c(b, " records");
		} else {
			buf_c(b, "payload went both ways in ");
			say_num(b, r->a);
			buf_c(b, " of ");
			say_num(b, r->b);
			buf_c(b, " records");
		}
	} else if (str_is(p, "evidence-established")) {
		say_en_count(b, r->b, "call was", "calls were");
		buf_c(b, " answered, without payload both ways");
	} else if (str_is(p, "evidence-attempt")) {
		say_en_count(b, r->b, "call", "calls");
		buf_c(b, " went out; no answer was seen");
	} else if (str_is(p, "evidence-lookup")) {
		buf_c(b, "the name was looked up ");
		say_en_num(b, r->b);
		buf_c(b, r->b == 1 ? " time; no connection was seen" : " times; no connection was seen");
	} else if (str_is(p, "port")) {
		buf_c(b, "on port ");
		buf_u64(b, r->a);
		buf_c(b, ", which the indicator names");
	} else if (str_is(p, "repetition")) {
		say_en_count(b, r->a, "call", "calls");
		buf_c(b, ": not a chance visit");
	} else if (str_is(p, "days")) {
		buf_c(b, "on ");
		say_en_num(b, r->a);
		buf_c(b, " different days");
	} else if (str_is(p, "regularity")) {
		buf_c(b, "at regular intervals");
		if (r->b) {
			buf_c(b, ", most often every ");
			say_en_interval(b, (int64_t)(r->b > 1000000000 ? 1000000000 : r->b) * TIME_S);
		}
		buf_c(b, " (regularity ");
		buf_u64(b, r->a);
		buf_c(b, " of 100)");
	} else if (str_is(p, "family")) {
		buf_c(b, "this host called ");
		say_en_num(b, r->a);
		buf_c(b, " controllers of the same family");
	} else if (str_is(p, "names")) {
		buf_c(b, r->a == 1 ? "it asked for a listed name"
				   : "the name was looked up and then used");
	} else if (str_is(p, "sources")) {
		say_en_count(b, r->a, "source lists", "sources list");
		buf_c(b, " the controller");
	} else if (str_is(p, "grace")) {
		buf_c(b, "only shortly before or after the time for which the indicator holds");
	} else if (str_is(p, "cap-port")) {
		buf_c(b, "never on a port that an indicator names");
	} else if (str_is(p, "cap-inbound")) {
		buf_c(b, "the controller called and the host answered");
	} else if (str_is(p, "cap-provider")) {
		buf_c(b, "shared hosting, and another name was asked for");
	} else if (str_is(p, "cap-role")) {
		buf_c(b, "listed as something else than a controller");
	} else {
		say_text(b, r->text.n ? r->text : r->part);
	}
	if (str_starts(p, STR("cap-"))) {
		buf_c(b, ": at most ");
		buf_u64(b, r->b);
		buf_c(b, " points");
	}
	(void)f;
	say_capital(b, from);
}

/* ---- what was set aside ---- */

static bool host_noun(struct str reason, const char **one, const char **many)
{
	static const char *const nouns[][3] = {
		{ "scanner", "scanner", "scanners" },
		{ "hosting", "rented machine", "rented machines" },
		{ "resolver", "resolver", "resolvers" },
		{ "sinkhole", "sinkhole host", "sinkhole hosts" },
		{ "research", "research host", "research hosts" },
		{ "allow-listed", "allow-listed host", "allow-listed hosts" },
		{ "tor", "Tor exit", "Tor exits" },
	};

	for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
		if (!str_is(reason, nouns[i][0]))
			continue;
		*one = nouns[i][1];
		*many = nouns[i][2];
		return true;
	}
	return false;
}

void advice_en_aside_brief(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t kinds = 0, at = 0, from = b->n;
	const char *one, *many;

	if (!a->n_excluded && !a->n_withheld)
		return;
	if (v->excluded_hosts) {
		say_en_count(b, v->excluded_hosts, "host was", "hosts were");
		buf_c(b, v->excluded_hosts == 1 ? " set aside because it is no victim: "
						: " set aside because they are no victims: ");
		for (size_t i = 0; i < v->excluded.n; i++)
			kinds += host_noun(v->excluded.v[i].key, &one, &many);
		for (size_t i = 0; i < v->excluded.n; i++) {
			if (!host_noun(v->excluded.v[i].key, &one, &many))
				continue;
			say_en_and(b, at++, kinds);
			say_en_count(b, v->excluded.v[i].hosts, one, many);
		}
		buf_c(b, ". ");
		say_capital(b, from);
	} else if (a->n_excluded) {
		say_en_count(b, a->excluded_records, "record that met an indicator was",
			     "records that met an indicator were");
		buf_c(b, " set aside. ");
		say_capital(b, from);
	}
	if (a->n_withheld) {
		from = b->n;
		say_en_count(b, a->n_withheld, "indicator was", "indicators were");
		buf_c(b, " withheld, because acting on ");
		buf_c(b, a->n_withheld == 1 ? "it" : "them");
		buf_c(b, " would hit the innocent. ");
		say_capital(b, from);
	}
	buf_c(b, "All of it is listed with its reason.\n");
}

void advice_en_aside(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t from;

	if (!a->n_excluded && !a->n_withheld && !v->malformed) {
		buf_c(b, "Nothing had to be set aside: no scanner, no shared service, no indicator that is unfit, no line that could not be read.\n");
		return;
	}
	buf_c(b, "A claim of infection can cost an organisation its name. So what met an indicator and is yet no finding is kept here, each with its reason.");
	if (a->excluded_records) {
		buf_ch(b, ' ');
		from = b->n;
		say_en_count(b, a->excluded_records, "record was", "records were");
		buf_c(b, " set aside, of ");
		say_num(b, a->matched);
		buf_c(b, " that met an indicator.");
		say_capital(b, from);
	}
	buf_ch(b, '\n');
}

void advice_en_nothing(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t from = b->n;

	say_en_count(b, a->records, "network record", "network records");
	if (a->seen_first != TIME_NONE && a->seen_last != TIME_NONE) {
		buf_c(b, ", made ");
		say_en_span(b, a->seen_first, a->seen_last);
		buf_ch(b, ',');
	}
	buf_c(b, a->records == 1 ? " was searched for " : " were searched for ");
	say_en_count(b, a->indicators, "indicator", "indicators");
	buf_c(b, ".\n");
	say_capital(b, from);
	if (!a->records)
		buf_c(b, "No record could be read: look at the list of files below before you take this for good news.\n");
	else if (!a->indicators)
		buf_c(b, "There was no indicator to search for: look at the list of files below before you take this for good news.\n");
	else if (a->matched) {
		from = b->n;
		say_en_count(b, a->matched, "record met one and was set aside, because it does",
			     "records met one and were set aside, because they do");
		buf_c(b, " not show an infected host.\n");
		say_capital(b, from);
	} else
		buf_c(b, "That none was met says something about these indicators and this time only. It is no proof that the network is clean.\n");
	advice_en_aside_brief(v, b);
}

/* ---- method ---- */

void advice_en_method(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	size_t from = b->n;

	say_en_count(b, a->records, "network record", "network records");
	buf_c(b, a->records == 1 ? " was compared with " : " were compared with ");
	say_en_count(b, a->indicators, "indicator", "indicators");
	buf_c(b, ": addresses, networks, domains and URLs that the sources below name as controllers. ");
	say_capital(b, from);
	from = b->n;
	if (!a->matched) {
		buf_c(b, "none met one.\n");
	} else {
		say_en_count(b, a->matched, "record met one; ", "records met one; ");
		if (a->excluded_records == a->matched)
			buf_c(b, a->matched == 1 ? "it was set aside.\n"
						 : "all of them were set aside.\n");
		else if (!a->excluded_records)
			buf_c(b, "none was set aside.\n");
		else {
			say_en_num(b, a->excluded_records);
			buf_c(b, a->excluded_records == 1 ? " of them was set aside.\n"
							  : " of them were set aside.\n");
		}
	}
	say_capital(b, from);
	buf_c(b,
	      "Direction decides first. An infected host calls out; a controller that calls in and gets no answer is scanning. Then the time for which an indicator holds, the "
	      "port that it names, and the name that was asked for: a harmless name on a shared address is no finding.\n");
	buf_c(b, "Hosts of scanners, hosting providers, resolvers, sinkholes, research networks and Tor exits are not taken for victims. An address is attributed by the table of "
		 "organisations, else by the operator of its network.\n");
	buf_c(b, "What remains is scored from 0 to 100 by named parts. A score of 75 or more is called high, 50 or more medium, the rest low.\n");
	buf_c(b,
	      "A network record shows a connection and not the program behind it. Researchers and other people who are no victims may have made such connections too. And what "
	      "did not pass the sensor is not here: that an organisation is missing from this report does not mean that it is clean.\n");
}

/* ---- what to do ---- */

static void heading(struct buf *b, const char *text)
{
	buf_c(b, text);
	buf_ch(b, '\n');
}

static void item(struct buf *b)
{
	buf_ch(b, MARK_DEEPER);
}

static void first_controllers(const struct view *v, struct buf *b)
{
	size_t n = facts_cover(v, 80);

	if (v->a->n_controllers < 3 || n * 2 > v->a->n_controllers)
		n = 1;
	if (n > 5)
		n = 5;
	for (size_t i = 0; i < n; i++) {
		say_en_and(b, i, n);
		say_value(b, v->a->controllers[i].value);
	}
}

static void block(const struct view *v, struct buf *b)
{
	const struct answer *a = v->a;
	uint64_t domains = facts_domains(v), addresses = a->n_controllers - domains,
		 rented = facts_rented(v);

	heading(b, "Block");
	if (addresses) {
		item(b);
		if (addresses == 1)
			buf_c(b, "Let firewall and IPS block the address of the appendix, and log every attempt.");
		else {
			buf_c(b, "Let firewall and IPS block the ");
			say_en_num(b, addresses);
			buf_c(b, " addresses of the appendix, and log every attempt. Begin with ");
			first_controllers(v, b);
			buf_ch(b, '.');
		}
		buf_ch(b, '\n');
	}
	if (domains) {
		item(b);
		buf_c(b, "Let the resolvers refuse the ");
		if (domains > 1) {
			say_en_num(b, domains);
			buf_c(b, " domains");
		} else {
			buf_c(b, "domain");
		}
		buf_c(b, " of the appendix by a response policy zone (RPZ), sub-domains included.\n");
	}
	if (rented) {
		size_t from = b->n;

		item(b);
		say_en_count(b, rented, "controller stands", "controllers stand");
		say_capital(b, from);
		buf_c(b, " in rented address space: inform only, unless an analyst decides to block one with an end date. The next tenant may be harmless.\n");
	}
}

static void alert_and_hunt(const struct view *v, struct buf *b)
{
	int64_t since = v->first > 30 * TIME_DAY ? v->first - 30 * TIME_DAY : v->first;

	heading(b, "Alert");
	item(b);
	buf_c(b, "IDS and IPS: raise an alert for each attempt to reach an indicator of the appendix, answered or not.");
	if (v->silent_hosts) {
		buf_c(b, " In this report ");
		say_en_count(b, v->silent_hosts, "host was", "hosts were");
		buf_c(b, " found by unanswered attempts alone.");
	}
	buf_ch(b, '\n');
	item(b);
	buf_c(b, "DNS: keep queries together with the client that asked, and raise an alert for the listed names. An address changes within days, a name often lives longer.\n");
	if (v->steady) {
		item(b);
		buf_c(b, "Watch for calls at even intervals to the same address, as ");
		say_en_count(b, v->steady, "finding shows", "findings show");
		buf_c(b, ": they betray a controller that nobody has listed yet.\n");
	}
	heading(b, "Hunt");
	item(b);
	buf_c(b, "EDR: import the appendix (CSV or STIX 2.1) and search back ");
	if (facts_clock_unset(v)) {
		buf_c(b, "as far as the logs go.\n");
	} else {
		buf_c(b, "to ");
		say_en_date(b, since);
		buf_c(b, ", a month before the first call.\n");
	}
	item(b);
	if (v->hosts_by[CONF_HIGH]) {
		buf_c(b, "On the ");
		if (v->hosts_by[CONF_HIGH] > 1) {
			say_en_num(b, v->hosts_by[CONF_HIGH]);
			buf_c(b, " hosts");
		} else {
			buf_c(b, "host");
		}
		buf_c(b, " of high confidence, find the process that opens the connection. Secure memory and disk before cleaning, and look for what came after: malware of this kind often fetches more.\n");
	} else {
		buf_c(b, "No host is of high confidence. Look for the process behind the connection before anything is cleaned or anyone accused.\n");
	}
	item(b);
	buf_c(b, "Where an address stands for many (NAT, proxy), use its logs to find the machine behind it at the times given as evidence.\n");
}

static void notify(const struct view *v, struct buf *b)
{
	uint32_t idx[8];
	size_t n = facts_first_to_tell(v, idx, 8), operators = 0;
	uint64_t low = v->findings_by[CONF_LOW];

	heading(b, "Notify");
	if (n) {
		enum confidence best = v->orgs[idx[0]].best;
		uint64_t all = v->orgs_by[best];

		item(b);
		if (v->known_orgs == 1)
			buf_c(b, "Tell the organisation concerned: ");
		else {
			buf_c(b, "Tell the organisations concerned, first ");
			if (all > n)
				buf_c(b, "of all ");
			buf_c(b, best == CONF_HIGH     ? "those with findings of high confidence: "
				 : best == CONF_MEDIUM ? "those with findings of medium confidence: "
						       : "those with most evidence: ");
		}
		for (size_t i = 0; i < n; i++) {
			say_en_and(b, i, n + (all > n));
			say_text(b, v->orgs[idx[i]].text);
		}
		if (all > n) {
			buf_c(b, " and ");
			say_en_count(b, all - n, "other", "others");
		}
		buf_c(b, ". Give them the evidence lines and the times in UTC.\n");
	}
	if (v->countries.n > 1) {
		size_t shown = v->countries.n < 6 ? v->countries.n : 6;

		item(b);
		buf_c(b, "Abroad, go through the national CSIRTs (most organisations: ");
		for (size_t i = 0; i < shown; i++) {
			buf_c(b, i ? ", " : "");
			say_text(b, v->countries.v[i].label);
			buf_ch(b, ' ');
			say_num(b, v->countries.v[i].orgs);
		}
		buf_c(b, ").\n");
	}
	for (size_t i = 0; i < v->a->n_controllers && operators < 3; i++) {
		struct str name = v->a->controllers[i].as_name;
		bool before = false;

		for (size_t k = 0; k < i; k++)
			before = before || str_eq(name, v->a->controllers[k].as_name);
		if (!name.n || before)
			continue;
		if (!operators++) {
			item(b);
			buf_c(b, "Report the controllers to the abuse desks of their network operators: ");
		} else {
			buf_c(b, ", ");
		}
		say_text(b, name);
	}
	if (operators)
		buf_c(b, ".\n");
	if (v->ownerless_hosts) {
		size_t from = b->n;

		item(b);
		say_en_count(b, v->ownerless_hosts, "host has", "hosts have");
		say_capital(b, from);
		buf_c(b, " no known owner: complete the table of organisations and run the analysis again.\n");
	}
	if (low) {
		item(b);
		buf_c(b, "A finding of low confidence is a reason to look, not to accuse: ");
		say_en_count(b, low, "finding is", "findings are");
		buf_c(b, " of that kind here.\n");
	}
}

void advice_en_recommendations(const struct view *v, struct buf *b)
{
	if (!v->a->n_findings) {
		heading(b, "Keep looking");
		item(b);
		buf_c(b, "Bring the indicators up to date and search the same records again: controllers are often listed after they were called.\n");
		item(b);
		buf_c(b, "Add records of other kinds (DNS, TLS, HTTP) if only flows were read: names find what addresses miss.\n");
		if (v->a->n_excluded) {
			item(b);
			buf_c(b, "Look through what was set aside, above all calls outside the time for which an indicator holds.\n");
		}
		return;
	}
	block(v, b);
	alert_and_hunt(v, b);
	notify(v, b);
}

void advice_en_appendix(const struct view *v, struct buf *b)
{
	if (!v->a->n_controllers)
		return;
	buf_c(b, "The controllers that were called, as they can be taken into other systems. The files behind the buttons are part of this page.\n");
}
