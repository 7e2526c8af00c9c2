/* SPDX-License-Identifier: Apache-2.0 */
/* Between fetch.c (documents, tries, files), fetch_lead.c (where to) and fetch_hop.c (one question,
 * one answer). */
#ifndef NEZUMI_APP_FETCH_PARTS_H
#define NEZUMI_APP_FETCH_PARTS_H

#include "app/fetch.h"
#include "app/fetch_curl.h"
#include "app/special.h"

#include <limits.h>

struct fetcher {
	struct fetch_rules rules;
	struct fetch_key key;
	struct fetch_world world;
	struct special special;
	struct curl_calls curl;
	CURL *easy;
	bool met_public; /* of the document being fetched: a host of its redirects was public */
};

/* One question and its answer, on the way to a document. */
struct hop {
	int fd;         /* where the body goes */
	struct buf url; /* of this question, NUL-terminated */
	char host[256]; /* of it, for people and proxies */
	char scheme[8];
	struct buf origin; /* scheme, host and port of the first: only there the key is shown */
	bool same_origin;  /* this one goes there */
	char named[256];   /* host of the first, which is the one that the user named */
	bool led;          /* this one goes to another host, by a redirect */
	bool by_proxy;     /* what it connects to is a proxy, which was chosen by the user */
	bool redirect;     /* the answer names another place: */
	struct buf next;
	/* The answer. */
	unsigned status, wait_s;
	bool again;      /* it failed in a way that may pass */
	bool gzip;       /* the server says that the body is packed */
	uint64_t got;    /* bytes of the body */
	size_t header_n; /* bytes of headers */
	char etag[FETCH_TEXT], last_modified[FETCH_TEXT], content_type[FETCH_TEXT],
		kept[FETCH_TEXT], encoding[FETCH_TEXT];
	char refused[200]; /* why a connection was not made */
	enum err bad;      /* what a callback met; ended[] says what */
	char ended[200];
	char error[CURL_ERROR_SIZE];
	const struct fetch_request *request;
	struct fetcher *f;
};

MUST enum err fetch_temporary(const char *to, char path[PATH_MAX], int *fd, struct errinfo *ei);

/* Prepare for the first question, and for the next after a redirect. */
MUST enum err hop_first(struct fetcher *f, const char *url, struct hop *hop, struct errinfo *ei);
MUST enum err hop_next(struct fetcher *f, struct hop *hop, struct errinfo *ei);
/* May it go to a host that is not public? Only to the one that the user named: what is within
 * one's network is not for a server to choose. */
bool hop_may_be_inside(const struct hop *hop);
/* Why no connection is made to its host. */
enum err hop_refuse_address(const struct hop *hop, struct str why, struct errinfo *ei);
/* Ask. ERR_OK: a document (200), nothing new (304) or a redirect. */
MUST enum err hop_go(struct fetcher *f, const struct fetch_request *r, struct hop *hop,
		     struct errinfo *ei);
void hop_free(struct hop *hop);

enum { URL_TEXT_MAX = 8192 };
/* A host that is an address, with or without the brackets of a URL. */
bool url_address(struct str host, struct ip *out);
/*
 * The proxy for a question, or "". libcurl would look at the same variables, but not say whether it
 * found one, and then the address it connects to is not the host's. (HTTP_PROXY in capitals is
 * left alone as everywhere: a web server sets it from a header.)
 */
const char *url_proxy(const struct fetch_rules *rules, const char *scheme, const char *host);

#endif
