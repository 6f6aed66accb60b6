/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target: a container that has processes, and its cgroup: what the verbs begin with that are about
 * both. Calling sequence: TARGET(id), target_open, the work, target_close with its outcome.
 */
#ifndef HOY_RUNTIME_TARGET_H
#define HOY_RUNTIME_TARGET_H

#include "cgroups/scope.h"
#include "runtime/container.h"
#include "runtime/live.h"

struct target {
	const char *id;
	struct live live;
	int64_t pid; /* of its first process */
	const char *path; /* of the cgroup, below the mount; belongs to the arena */
	int cgroup;
	struct scope scope; /* unit NULL: hoy has made the cgroup */
};

#define TARGET(id) {id, LIVE_INIT, 0, NULL, -1, {NULL, NULL, false}}

/* Finds the container and opens its cgroup. 0 or negative errno; to be closed in either case. */
int target_open(struct target *t, const struct runtime *rt, struct arena *a, struct error *err);
/* Ends what came to r. Returns r, or what live_ended makes of it. */
int target_close(struct target *t, int r, struct error *err);

#endif
