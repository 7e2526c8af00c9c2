/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void on_signal(int sig)
{
	(void)sig;
	asked = 1;
}

void stop_on_signals(void)
{
	/* No SA_RESTART: a read that waits for a pipe must return. */
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction old;

	(void)sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		/* Whoever starts us may have chosen to ignore them (nohup, background jobs). */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &sa, NULL);
}

bool stop_asked(void)
{
	return asked != 0;
}
