/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock for tests: preloaded, it adds as many seconds to the time of day as $NEZUMI_TEST_LATER
 * says. So what expires is seen to expire without waiting for it. Clocks that only run are left
 * alone.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int clock_fn(clockid_t, struct timespec *);

int clock_gettime(clockid_t c, struct timespec *t)
{
	const char *later = getenv("NEZUMI_TEST_LATER");
	clock_fn *real = (clock_fn *)dlsym(RTLD_NEXT, "clock_gettime");
	int rc = real(c, t);

	if (rc == 0 && c == CLOCK_REALTIME && later)
		t->tv_sec += atoll(later);
	return rc;
}

time_t time(time_t *p)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (p)
		*p = t.tv_sec;
	return t.tv_sec;
}
