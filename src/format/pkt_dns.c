/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages of a flow (RFC 1035 4.2), over UDP and TCP: each question with its answer is a
 * record, and so is a question that got none, when the flow ends, and an answer nobody was seen to
 * ask for. Only standard queries; the names of NetBIOS are no domains.
 */
#include "format/dns_wire.h"
#include "format/talk_parts.h"

enum { QUESTIONS_MAX = 50, NETBIOS = 137, MDNS = 5353, LLMNR = 5355 };

bool dns_is_answer(struct str data)
{
	return data.n >= DNS_HEADER && data.p[2] & 0x80;
}

/* Between peers who ask is what the flow says; else whoever sent the question. */
static unsigned asker(const struct talk *t, unsigned from, bool answer)
{
	for (unsigned i = 0; i < 2; i++)
		if (t->who.port[i] == MDNS || t->who.port[i] == LLMNR)
			return 0;
	return answer ? !from : from;
}

static void unanswered(struct talk *t, struct question *q, struct sink *sink)
{
	struct record r = talk_record(t, KIND_DNS, q->asker, q->ts);

	r.name = (struct str){ q->text, q->name_n };
	give(&r, sink);
	talk_answered(t, q);
}

static void message(struct talk *t, const struct utterance *u, struct str wire, struct sink *sink)
{
	char text[DNS_TEXT_MAX];
	struct dns_message m;
	enum dns_state state;
	struct question *q;
	struct record r;

	if (t->who.port[0] == NETBIOS || t->who.port[1] == NETBIOS)
		return;
	state = dns_message(wire, text, sink->answers, &m);
	if (state == DNS_BAD && !m.asked) {
		sink->unused++;
		return;
	}
	if (m.opcode != DNS_QUERY)
		return;
	if (!m.response) {
		if (t->questions.n == QUESTIONS_MAX)
			unanswered(t, t->questions.first, sink);
		q = talk_ask(t, m.name, STR_NONE);
		if (q) {
			q->id = m.id;
			q->ts = u->ts;
			q->asker = (uint8_t)asker(t, u->from, false);
		}
		return;
	}
	for (q = t->questions.first; q; q = q->next)
		if (q->id == m.id && (!m.asked || str_eq(m.name, (struct str){ q->text, q->name_n })))
			break;
	r = talk_record(t, KIND_DNS, q ? q->asker : asker(t, u->from, true), q ? q->ts : u->ts);
	r.name = q ? (struct str){ q->text, q->name_n } : m.name;
	r.answers = sink->answers;
	r.n_answers = m.n_answers;
	give(&r, sink);
	while (state == DNS_WHOLE && m.left) {
		state = dns_more(&m, sink->answers);
		r.n_answers = m.n_answers;
		if (r.n_answers)
			give(&r, sink);
	}
	if (q)
		talk_answered(t, q);
}

enum talking dns_datagram(struct talk *t, const struct utterance *u, struct sink *sink)
{
	message(t, u, u->data, sink);
	return t->questions.first ? TALK_ON : TALK_DONE;
}

enum talking dns_data(struct talk *t, const struct utterance *u, struct sink *sink)
{
	struct bytes *kept = &t->dns[u->from];
	struct str rest = u->data;

	while (rest.n) {
		/* Straight from the segment, unless a message began in an earlier one. */
		if (kept->n == 0 && rest.n >= 2) {
			size_t n = (size_t)(unsigned char)rest.p[0] << 8 | (unsigned char)rest.p[1];

			if (n < DNS_HEADER)
				return TALK_DONE;
			if (rest.n >= n + 2) {
				message(t, u, (struct str){ rest.p + 2, n }, sink);
				rest = str_skip(rest, n + 2);
				continue;
			}
		}
		if (kept->n < 2) {
			if (!talk_add(t, kept, rest.p, 1))
				return TALK_DONE;
			rest = str_skip(rest, 1);
		} else {
			size_t n = (size_t)(unsigned char)kept->p[0] << 8 | (unsigned char)kept->p[1];
			size_t more = n + 2 - kept->n < rest.n ? n + 2 - kept->n : rest.n;

			if (n < DNS_HEADER || !talk_add(t, kept, rest.p, more))
				return TALK_DONE;
			rest = str_skip(rest, more);
			if (kept->n == n + 2) {
				message(t, u, (struct str){ kept->p + 2, n }, sink);
				talk_clear(t, kept);
			}
		}
	}
	return TALK_ON;
}

void dns_gap(struct talk *t, unsigned from)
{
	talk_clear(t, &t->dns[from]);
}

void dns_end(struct talk *t, struct sink *sink)
{
	while (t->questions.first)
		unanswered(t, t->questions.first, sink);
}
