/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom: what a container's cgroup has counted of processes killed for memory, looked at while it runs.
 * systemd removes a scope's cgroup as soon as it is empty, and what it has counted with it.
 */
#ifndef HOY_RUNTIME_OOM_H
#define HOY_RUNTIME_OOM_H

#include <stdbool.h>

#include "cgroups/cgroup.h"

struct oom_watch {
	int cgroup;
	int events; /* memory.events; -1: nothing to watch */
	struct cgroup_oom last;
};

#define OOM_WATCH_NONE {-1, -1, {0, 0, 0}}

/* cgroup: stays the caller's. meanwhile: it may be gone at the end. */
void oom_watch_open(struct oom_watch *w, int cgroup, bool meanwhile);
/* poll(2) has said POLLPRI of w->events. */
void oom_watch_look(struct oom_watch *w);
/* What there is now, or if that is gone what was seen last. */
void oom_watch_read(struct oom_watch *w, struct cgroup_oom *ret);
void oom_watch_close(struct oom_watch *w);

#endif
