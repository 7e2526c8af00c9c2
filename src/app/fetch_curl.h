/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, loaded when something is fetched and not before: it brings 29 libraries with it, whose
 * loading takes longer than most of what else the program does.
 *
 * Its functions are called through a table, which holds what ordinary linking would have bound; the
 * types are those of its header. Loaded once, it stays until the process ends. Of several threads
 * each may load it for itself.
 */
#ifndef NEZUMI_APP_FETCH_CURL_H
#define NEZUMI_APP_FETCH_CURL_H

#include "base/err.h"

#include <curl/curl.h>

struct curl_calls {
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_reset) *easy_reset;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
	__typeof__(curl_url) *url;
	__typeof__(curl_url_dup) *url_dup;
	__typeof__(curl_url_set) *url_set;
	__typeof__(curl_url_get) *url_get;
	__typeof__(curl_url_cleanup) *url_cleanup;
	__typeof__(curl_free) *free;
	__typeof__(curl_version) *version;
};

/* Load it, or find it loaded (some µs). Errors: ERR_IO: it is not installed, or too old; the reason
 * says which. */
MUST enum err curl_calls_load(struct curl_calls *out, struct errinfo *ei);

#endif
