/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one flag that says "stop": set by a signal handler, looked at wherever work or waiting may
 * take long. Whoever sees it returns ERR_STOP and leaves nothing half-done.
 */
#ifndef NEZUMI_BASE_STOP_H
#define NEZUMI_BASE_STOP_H

#include <stdbool.h>

/* SIGINT and SIGTERM set the flag from now on and interrupt system calls; a second one ends the
 * program at once. */
void stop_on_signals(void);
bool stop_asked(void);

#endif
