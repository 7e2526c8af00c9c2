/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates of NetFlow v9 and IPFIX: what the records of an exporter look like. Each is understood
 * once, when it comes, and made into a plan: where in a record the fields lie that matter here.
 * Some ten to some ten thousand exporters have a few templates each; a data set asks for one.
 *
 * Templates belong to a transport session and observation domain (RFC 7011 8). Data sets that come
 * before their template are kept. All of it is bounded: NF_STORE_MAX bytes of templates and
 * domains, NF_HELD_MAX bytes of data sets, whatever arrives, and some 300 KiB besides. One thread.
 *
 * Who sends messages may be made up. When there is no more room, domains are forgotten: those that
 * hold nothing first, then those for whose data sets no template came, then those whose templates
 * no record came by, then the rest; of the same kind the one that was silent longest. So a flood of
 * new ones neither keeps others from being read nor ends those that are.
 */
#ifndef NEZUMI_FORMAT_NF_TEMPLATE_H
#define NEZUMI_FORMAT_NF_TEMPLATE_H

#include "base/err.h"
#include "base/wire.h"
#include "core/ip.h"

#define NF_STORE_MAX     ((size_t)14 << 20)
#define NF_HELD_MAX      ((size_t)8 << 20)
#define NF_DOMAINS_MAX   1024 /* of an exporter, for all its sessions */
#define NF_TEMPLATES_MAX 4096 /* of a domain */
#define NF_RATES_MAX     32   /* samplers of a domain */

/* ---- fields ---- */

/* Fields that matter, whatever number they have. */
enum nf_slot {
	NF_NONE,
	NF_SRC4,
	NF_DST4,
	NF_SRC6,
	NF_DST6,
	NF_IP_VERSION,
	NF_SPORT,
	NF_DPORT,
	NF_PROTO,
	NF_FLAGS,
	NF_FLAGS_BACK,
	NF_BYTES,
	NF_BYTES_INITIATOR,
	NF_BYTES_TOTAL,
	NF_BYTES_POST, /* v9: OUT_BYTES */
	NF_BYTES_BACK,
	NF_BYTES_RESPONDER,
	NF_BYTES_BACK_TOTAL,
	NF_PACKETS, /* in the order of the above */
	NF_PACKETS_INITIATOR,
	NF_PACKETS_TOTAL,
	NF_PACKETS_POST,
	NF_PACKETS_BACK,
	NF_PACKETS_RESPONDER,
	NF_PACKETS_BACK_TOTAL,
	NF_START_MS, /* times: in the order in which they are believed */
	NF_START_US,
	NF_START_NS,
	NF_START_S,
	NF_START_DELTA,
	NF_START_UP,
	NF_END_MS,
	NF_END_US,
	NF_END_NS,
	NF_END_S,
	NF_END_DELTA,
	NF_END_UP,
	NF_SEEN_MS,
	NF_SEEN_US,
	NF_SEEN_NS,
	NF_SEEN_S,
	NF_DURATION_MS,
	NF_DURATION_US,
	NF_INIT_MS, /* when the exporter started */
	NF_EVENT,
	NF_DIRECTION,
	NF_SAMPLER,
	NF_RATE,       /* one of so many packets */
	NF_RATE_TAKEN, /* so many packets in a row are taken, */
	NF_RATE_LEFT,  /* then so many left out */
	NF_RATE_SIZE,  /* so many are taken */
	NF_RATE_OF,    /* of so many */
	NF_SLOTS
};
#define NF_BIT(slot)        (UINT64_C(1) << (slot))
#define NF_SLOTS_FROM(a, b) (((NF_BIT(b) - 1) & ~(NF_BIT(a) - 1)) | NF_BIT(b))
#define NF_STARTS           NF_SLOTS_FROM(NF_START_MS, NF_START_UP)
_Static_assert(NF_SLOTS <= 64, "a set of slots is a word");

#define NF_VARIABLE    65535 /* the length of a field whose length stands in each record */
#define NF_PEN_REVERSE 29305 /* RFC 5103: the same field of the way back */

/* What a field of that number, enterprise (0: IANA's) and length is; NF_NONE for most. */
enum nf_slot nf_slot_of(uint32_t enterprise, unsigned number, unsigned length);

/* ---- templates ---- */

struct nf_held;

/* Where a field lies. In records with fields of variable length it is the place within the stretch
 * of fixed fields that follows the variable field before it. */
struct nf_place {
	uint16_t at;
	uint16_t stretch;
	uint8_t slot, length;
};

/* What of records that all lie alike says whether they may be passed over. */
struct nf_glance {
	uint16_t size;            /* of a record */
	uint16_t src, dst, start; /* where */
	uint8_t address;          /* bytes of one: 4 or 16; 0: there is no telling at a glance */
	uint8_t start_slot, start_length; /* NF_START_MS, _S or _UP; 4 or 8 bytes */
};

struct nf_template {
	struct nf_template *next; /* in the bucket */
	struct nf_domain *domain;
	uint16_t id;
	bool known;   /* else only data sets wait for it */
	bool options; /* its records tell of the exporter */
	bool flow;    /* its records have two addresses */
	uint8_t kind; /* among which of the domain's it is */
	uint8_t n_places;
	uint32_t record_min;                       /* bytes of the shortest record; never 0 */
	uint32_t n_stretches;                      /* 1: all fields have fixed lengths */
	uint16_t *stretches;                       /* their lengths; NULL when n_stretches is 1 */
	struct nf_glance glance;                   /* as long as there is one stretch */
	uint64_t has;                              /* NF_BIT set */
	uint16_t at[NF_SLOTS];                     /* as long as there is one stretch */
	uint8_t length[NF_SLOTS];                  /* of what it has */
	struct nf_place places[NF_SLOTS];          /* in their order */
	struct nf_held *held, **held_end;          /* data sets that wait, oldest first */
	struct nf_template *kind_prev, *kind_next; /* of the domain and kind */
};

/* Rates of samplers. */
struct nf_rates {
	unsigned n;
	struct {
		uint64_t sampler;
		uint32_t rate;
	} of[NF_RATES_MAX];
};

/* What is lost with a domain that is forgotten, from the least. */
enum nf_worth { NF_IDLE, NF_WAITING, NF_DEFINED, NF_USEFUL, NF_WORTHS };

/* Domains of a worth, the latest first. */
struct nf_row {
	struct nf_domain *first, *last;
};
struct nf_link {
	struct nf_domain *prev, *next;
};

/* An address that messages come from. */
struct nf_exporter {
	struct nf_exporter *next; /* in the bucket */
	struct ip ip;
	unsigned n_domains;
	struct nf_row rows[NF_WORTHS];
};

/* Kinds of templates: of flows, of options, not known. */
enum nf_kind { NF_FLOWS, NF_OPTIONS, NF_UNKNOWN, NF_KINDS };

/* A transport session and observation domain. */
struct nf_domain {
	struct nf_domain *next; /* in the bucket */
	struct ip exporter;
	uint32_t id;
	uint32_t port; /* NF_ANY_PORT: stands for all sessions of the exporter's */
	uint16_t version;
	unsigned n_templates; /* known or not */
	struct nf_template *kinds[NF_KINDS];
	struct nf_domain *any;    /* that one */
	struct nf_domain *latest; /* of that one: which session got a template last */
	unsigned sessions;        /* of that one: how many there are */
	struct nf_exporter *of;   /* NULL of that one */
	struct nf_link in_all, in_own;
	enum nf_worth worth;
	bool useful;            /* records came by its templates */
	int64_t init;           /* when the exporter started, µs; TIME_NONE unless it said */
	uint32_t rate;          /* one packet of so many is counted; 0 unless it said */
	struct nf_rates *rates; /* NULL unless it said */
};
#define NF_ANY_PORT 0x10000

/* When a message was sent, by its header. */
struct nf_when {
	int64_t sent;    /* µs */
	uint32_t uptime; /* of the exporter then, ms */
	bool has_uptime;
};

/* A data set that waits for its template. */
struct nf_held {
	struct nf_held *after;       /* of the same template */
	struct nf_held *prev, *next; /* of all, oldest first */
	struct nf_template *template;
	struct nf_when when;
	size_t n;
	unsigned char bytes[];
};

struct nf_store;

MUST enum err nf_store_new(struct nf_store **out);
void nf_store_free(struct nf_store *s);

/* The domain of a message, made when it is new; it stays until the next one is asked for, while
 * others may be forgotten for it. Errors: ERR_LIMIT, ERR_NOMEM. */
MUST enum err nf_domain_of(struct nf_store *s, struct ip exporter, uint16_t port, unsigned version,
			   uint32_t id, struct nf_domain **out);

/* Where its rates are kept. Nothing is forgotten for them. Errors: ERR_LIMIT, ERR_NOMEM. */
MUST enum err nf_domain_rates(struct nf_store *s, struct nf_domain *d, struct nf_rates **out);

/* How many domains were forgotten, and data sets that waited in them, since this was asked last. */
struct nf_forgotten {
	uint64_t domains, sets;
	bool first; /* there were none before */
};
struct nf_forgotten nf_forgotten(struct nf_store *s);

/* A template that is known, or NULL. */
struct nf_template *nf_template_find(const struct nf_store *s, const struct nf_domain *d, uint16_t id);

/*
 * Define a template, again maybe, by its field specifiers: `fields` of them, of which the first
 * `scopes` say what an options template is about. They are taken from w. Data sets that waited
 * are in (*out)->held then. Errors, with the reason: ERR_PARSE: the specifiers end early (w is bad
 * then), or no record can be like that; ERR_LIMIT, ERR_NOMEM. The template is unknown afterwards.
 */
MUST enum err nf_template_define(struct nf_store *s, struct nf_domain *d, uint16_t id, bool options,
				 unsigned scopes, unsigned fields, struct wire *w,
				 struct nf_template **out, struct errinfo *ei);
void nf_template_withdraw(struct nf_store *s, struct nf_domain *d, uint16_t id);
/* All of the domain, those of options or the others. */
void nf_template_withdraw_all(struct nf_store *s, struct nf_domain *d, bool options);

/* Keep a data set for a template that may come. Errors: ERR_LIMIT, ERR_NOMEM. */
MUST enum err nf_hold(struct nf_store *s, struct nf_domain *d, uint16_t id,
		      const struct nf_when *when, struct str set);
/* The oldest that is kept, of all; NULL. */
struct nf_held *nf_held_first(const struct nf_store *s);
void nf_held_drop(struct nf_store *s, struct nf_held *h);

/* The same template as another session of the exporter has it: a guess for sets that would be lost. */
struct nf_template *nf_template_guess(const struct nf_store *s, const struct nf_domain *d, uint16_t id);

/*
 * Where the fields of one record lie, from its start, in at[] (t->at where they always lie alike),
 * and its length. 0 when it does not fit into the n bytes.
 */
size_t nf_record_places(const struct nf_template *t, const unsigned char *record, size_t n,
			uint16_t at[NF_SLOTS]);

#endif
