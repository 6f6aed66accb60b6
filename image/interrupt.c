/* SPDX-License-Identifier: Apache-2.0 */
#include "image/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>

static volatile sig_atomic_t caught;

static void handler(int sig)
{
	caught = sig;
}

void interrupt_catch(void)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
}

int interrupt_check(struct error *err)
{
	return caught ? error_say(err, EINTR, "interrupted by signal %d", (int)caught) : 0;
}
