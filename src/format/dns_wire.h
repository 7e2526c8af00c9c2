/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One DNS message as it is on the wire (RFC 1035 4), for readers that find some in what they read:
 * what was asked and which addresses came back. Called for every packet of a resolver: one pass,
 * nothing is allocated, and a message cannot make it step anywhere twice.
 *
 * A name may be any bytes. Its text is lower case, labels joined by dots, without a dot at the end;
 * a byte that is not printable ASCII, and a dot, blank or backslash within a label, is \DDD in
 * decimal (RFC 1035 5.1), so that what is written on the wire as one label never looks like two.
 * The root is the empty text.
 */
#ifndef NEZUMI_FORMAT_DNS_WIRE_H
#define NEZUMI_FORMAT_DNS_WIRE_H

#include "core/record.h"

/* Of 255 bytes on the wire at most 253 are shown, and each is four at most. */
#define DNS_TEXT_MAX  1024
#define DNS_HEADER    12
#define DNS_TYPE_A    1
#define DNS_TYPE_AAAA 28

enum dns_opcode { DNS_QUERY = 0, DNS_NOTIFY = 4, DNS_UPDATE = 5 };

enum dns_state {
	DNS_WHOLE,
	DNS_CUT, /* it ends before all that its header promises; what came before holds */
	DNS_BAD, /* it is no DNS message, or turns into something else; what came before holds */
};

struct dns_message {
	uint16_t id;
	bool response, truncated;
	uint8_t opcode, rcode;       /* the latter without EDNS's upper bits */
	uint16_t questions, answers; /* as the header says */
	/* The first question. */
	bool asked;      /* it is there */
	struct str name; /* in the caller's text */
	uint16_t type, class;
	unsigned n_answers; /* in the caller's array */
	/* What was not looked at, because the array is full: so many of the answers, from here. */
	unsigned left;
	struct str rest;
};

/*
 * Take a message apart. Only the answers of a response to a plain query are looked at, and of those
 * the addresses (A and AAAA of class IN, whatever name they stand under: aliases belong to what was
 * asked), at most DNS_ANSWERS_MAX at once: out->left says that there may be more; a TTL with the
 * highest bit set is 0 (RFC 2181 8). *out is set whatever comes back.
 */
enum dns_state dns_message(struct str wire, char text[DNS_TEXT_MAX],
			   struct dns_answer answers[DNS_ANSWERS_MAX], struct dns_message *out);

/* The next answers, in place of those before, as long as m->left is not 0; there may be none. The
 * message has to be where it was. */
enum dns_state dns_more(struct dns_message *m, struct dns_answer answers[DNS_ANSWERS_MAX]);

#endif
