/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restart: whether a container that has ended is started again, and when. Pure.
 *
 *	no			never
 *	on-failure[:N]		when its exit status is not 0; N: at most so many times
 *	always			however it ended
 *	unless-stopped		the same; they differ after a reboot, when `always` starts also those that
 *				were stopped by hand
 *
 * A stop by hand (stop.h) ends every policy until the next start.
 */
#ifndef HOY_ENGINE_RESTART_H
#define HOY_ENGINE_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum restart_when {
	RESTART_NO,
	RESTART_ON_FAILURE,
	RESTART_ALWAYS,
	RESTART_UNLESS_STOPPED,
};

struct restart_policy {
	enum restart_when when;
	uint32_t max; /* of on-failure; 0: no end */
};

#define RESTART_FIRST_MS  100
#define RESTART_LONGEST_MS 60000
#define RESTART_CALM_MS	  10000 /* who has run so long begins anew */

/* 0 and *ret, or -EINVAL. */
int restart_parse(const char *text, struct restart_policy *ret);
/* As restart_parse reads it; in the arena, or static. */
const char *restart_text(const struct restart_policy *p, struct arena *a);
/* status: how it ended, as a shell has it; restarts: how many there have been. */
bool restart_wanted(const struct restart_policy *p, int status, unsigned restarts);
/* Whether the machine's start starts it too. by_hand: it was stopped so. */
bool restart_at_boot(const struct restart_policy *p, bool by_hand);
/* How long to wait now. before_ms: how long it was the last time, 0 the first time; ran_ms: how long the
 * container has lived since. */
unsigned restart_delay(unsigned before_ms, int64_t ran_ms);

#endif
