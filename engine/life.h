/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life: the end of containers: stopping them so that they stay so, waiting for them, and what is known of
 * those that have a directory in DATA beyond what the runtime knows.
 */
#ifndef HOY_ENGINE_LIFE_H
#define HOY_ENGINE_LIFE_H

#include <sys/types.h>

#include "runtime/container.h"

/*
 * Ends a container for good: marks it as stopped by hand, so that it is not started again, sends the
 * signal, after timeout_ms (-1: never) SIGKILL, and returns when its process has ended and its monitor has
 * written down how. 0, also when it doesn't run, or negative errno with err.
 */
int engine_halt(const struct runtime *rt, const char *id, int sig, int64_t timeout_ms,
		struct error *err);
/* The same with its own stop signal and time; seconds: another time, NULL: its own. */
int engine_stop(const struct runtime *rt, const char *id, const int64_t *seconds,
		struct error *err);
/* The same, and starts it again: only what was made of an image or a directory can be. */
int engine_restart(const struct runtime *rt, const char *id, const int64_t *seconds,
		   struct error *err);
/* container_kill; a signal that is meant to end it counts as a stop by hand. */
int engine_kill(const struct runtime *rt, const char *id, int sig, bool all, struct error *err);
/* Waits until it doesn't run; *status: how it ended. 0 or negative errno with err. */
int engine_wait(const struct runtime *rt, const char *id, int *status, struct error *err);
/* Another name, also while it runs. 0 or negative errno with err. */
int engine_rename(const struct runtime *rt, const char *id, const char *name, struct error *err);

/* Starts what the policies want after the machine's start, and removes what --rm could not. One that
 * fails becomes a warning, and in the end an error; the others are started. */
int engine_boot(const struct runtime *rt, struct error *err);

/* *ret: "creating", "created", "running", "paused" or "stopped". 0 or negative errno with err: -ENOENT:
 * there is no record of it. */
int engine_status(const struct runtime *rt, const char *id, const char **ret, struct error *err);
/* Whether there is a state, and it is that of a process that has ended. 0, 1 or negative errno. */
int engine_is_stopped(const struct runtime *rt, const char *id);
/* The pid that its record has, whether it lives or not; 0: there is no record. */
int64_t engine_pid(const struct runtime *rt, const char *id);
/* Whether processes of it were killed for memory. */
bool engine_oom(const struct runtime *rt, const char *id);

#endif
