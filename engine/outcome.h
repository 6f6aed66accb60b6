/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome: how a container ended the last time, in the file `exit` of its directory. Whoever has waited for
 * it writes it, whole: its monitor, or hoy in the foreground.
 */
#ifndef HOY_ENGINE_OUTCOME_H
#define HOY_ENGINE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct outcome {
	int64_t pid;	   /* of its first process; 0: it could not be started */
	uint32_t status;   /* as a shell has it: 128 and the signal's number when it was killed */
	bool oom;	   /* processes of it were killed for memory */
	const char *error; /* why it could not be started again; NULL: it was */
	const char *started, *finished; /* RFC 3339 */
	uint32_t restarts;		/* by its policy, since it was started by hand */
};

/* dir: the container's directory. 0 or negative errno. */
int outcome_write(int dir, const struct outcome *o);
/* The same; -ENOENT: it has not ended yet. Strings belong to the arena. */
int outcome_read(int dir, struct arena *a, struct outcome *ret);

#endif
