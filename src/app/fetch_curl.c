/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fetch_curl.h"

#include "app/fetch.h"
#include "base/buf.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* What a program that was linked with it would ask the loader for. The loader looks in the same
 * places as for any other library; a name without a slash is never sought in the current folder. */
#define SONAME "libcurl.so.4"

#define CALL(f)                                            \
	{                                                  \
		"curl_" #f, offsetof(struct curl_calls, f) \
	}
static const struct {
	const char *name;
	size_t at;
} calls[] = {
	CALL(easy_init),      CALL(easy_cleanup), CALL(easy_reset),    CALL(easy_setopt),
	CALL(easy_getinfo),   CALL(easy_perform), CALL(easy_strerror), CALL(slist_append),
	CALL(slist_free_all), CALL(url),          CALL(url_dup),       CALL(url_set),
	CALL(url_get),        CALL(url_cleanup),  CALL(free),          CALL(version),
};
_Static_assert(sizeof calls / sizeof calls[0] == sizeof(struct curl_calls) / sizeof(void *),
	       "every function is looked up");

enum err curl_calls_load(struct curl_calls *out, struct errinfo *ei)
{
	/* All of it is bound at once, as everything here is (-z now); its names stay its own; and
	 * it is never unloaded, because what it loads registers what is to be done at the end. */
	void *lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	struct curl_calls found;

	if (!lib) {
		(void)err_set(ei, ERR_IO, "nothing can be fetched without libcurl: %.160s", dlerror());
		return ERR_IO;
	}
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		void *at = dlsym(lib, calls[i].name);

		if (!at) {
			(void)err_set(ei, ERR_IO, "this libcurl is too old: it has no %s",
				      calls[i].name);
			(void)dlclose(lib);
			return ERR_IO;
		}
		memcpy((char *)&found + calls[i].at, &at, sizeof at);
	}
	/* Only the count goes down. */
	(void)dlclose(lib);
	*out = found;
	return ERR_OK;
}

enum err fetch_library(struct buf *out, struct errinfo *ei)
{
	struct curl_calls curl;
	enum err e = curl_calls_load(&curl, ei);

	if (e)
		return e;
	buf_puts(out, str_of(curl.version()));
	return buf_err(out);
}
