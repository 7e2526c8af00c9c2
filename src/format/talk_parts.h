/* SPDX-License-Identifier: Apache-2.0 */
/* What the protocols of format/talk.h are made of. Internal. */
#ifndef NEZUMI_FORMAT_TALK_PARTS_H
#define NEZUMI_FORMAT_TALK_PARTS_H

#include "format/give.h"
#include "format/talk.h"
#include "format/telemetry.h"

/* Bytes that are waited for, counted against TALK_BYTES. */
struct bytes {
	char *p;
	uint32_t n, cap;
};

enum speaks { SPEAKS_DNS, SPEAKS_TLS, SPEAKS_HTTP };

/* A question without an answer. */
struct question {
	struct question *next;
	int64_t ts;
	uint16_t id;
	uint8_t asker;       /* dns: which of the two parties */
	bool head, connects; /* http: methods HEAD, CONNECT */
	uint32_t name_n, path_n;
	char text[]; /* name, path */
};

struct questions {
	struct question *first, *last;
	unsigned n;
};

struct tls {
	int64_t ts;
	bool client_hello, server_hello, tls13;
	uint8_t name_n;
	char name[255];
	struct {
		unsigned char header[5];
		uint8_t n_header;
		uint8_t type;
		bool lost;      /* after a gap: whether a record begins here nobody knows */
		bool encrypted; /* it has said that it will be */
		bool data;      /* ... and sent some */
		uint32_t left;  /* of the record */
		uint32_t skip;  /* of a handshake message */
		struct bytes message;
	} lane[2];
};

enum http_state {
	HTTP_HEAD,
	HTTP_BODY,
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK,
	HTTP_CHUNK_END,
	HTTP_TRAILER,
	HTTP_SCAN, /* whatever comes is passed over until a segment looks like a beginning */
};

struct http {
	struct {
		uint8_t state; /* enum http_state */
		uint64_t left;
		struct bytes head;
	} lane[2];
	int64_t ts;    /* when the request began of which `head` is kept */
	bool answered; /* has any response come? */
};

/* A segment that came too early. */
struct held {
	struct held *next;
	int64_t ts;
	uint32_t seq, length, n;
	char data[];
};

struct talk {
	struct talk **home;
	struct talk *older, *newer;
	struct talks *all;
	struct parties who;
	enum speaks speaks;
	unsigned client; /* tls, http: which of the two parties */
	struct {
		bool begun;
		uint32_t next; /* sequence number */
		uint32_t held_n;
		struct held *held; /* in order */
	} lane[2];
	struct questions questions;
	struct bytes dns[2];
	struct tls *tls; /* as it speaks */
	struct http *http;
};

enum talking { TALK_ON, TALK_DONE, TALK_LOST };

bool talk_add(struct talk *t, struct bytes *b, const char *p, size_t n);
void talk_clear(struct talk *t, struct bytes *b);
/* Put a question last; the oldest is dropped from *q into *out when there are `most`. */
struct question *talk_ask(struct talk *t, struct str name, struct str path);
void talk_answered(struct talk *t, struct question *q);

/* A record about the talk, asked by party `client`. */
struct record talk_record(const struct talk *t, enum kind kind, unsigned client, int64_t ts);

enum talking dns_datagram(struct talk *t, const struct utterance *u, struct sink *sink);
enum talking dns_data(struct talk *t, const struct utterance *u, struct sink *sink);
void dns_gap(struct talk *t, unsigned from);
void dns_end(struct talk *t, struct sink *sink);
/* Is a message from this party an answer? */
bool dns_is_answer(struct str data);

/* Do these bytes begin it? *client: the party that asks. */
bool tls_begins(struct str data, unsigned from, unsigned *client);
enum talking tls_data(struct talk *t, const struct utterance *u, struct sink *sink);
void tls_gap(struct talk *t, unsigned from, uint32_t n);
void tls_end(struct talk *t, struct sink *sink);
/* A name in a certificate (X.509, DER): of its subject, else the first alternative one. */
struct str x509_name(struct str der);

bool http_begins(struct str data);
enum talking http_data(struct talk *t, const struct utterance *u, struct sink *sink);
void http_gap(struct talk *t, unsigned from, uint32_t n, struct sink *sink);
void http_end(struct talk *t, struct sink *sink);

#endif
