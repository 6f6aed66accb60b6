/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom: what a container's cgroup has counted of processes killed for memory, looked at while it runs.
 * systemd removes a scope's cgroup as soon as it is empty, and what it has counted with it; where it was
 * faster than we, the cgroup above still has that in its own count (cgroup-v2.rst, memory.events: of all
 * below).
 */
#ifndef HOY_RUNTIME_OOM_H
#define HOY_RUNTIME_OOM_H

#include <stdbool.h>

#include "cgroups/cgroup.h"

struct oom_watch {
	int cgroup;
	int events; /* memory.events; -1: nothing to watch */
	int above;  /* the cgroup above; -1: it is not asked */
	struct cgroup_oom last, before; /* before: of the one above */
};

#define OOM_WATCH_NONE                                   \
	{                                                \
		.cgroup = -1, .events = -1, .above = -1, \
	}

/* cgroup: stays the caller's. meanwhile: it may be gone at the end. */
void oom_watch_open(struct oom_watch *w, int cgroup, bool meanwhile);
/* poll(2) has said POLLPRI of w->events. */
void oom_watch_look(struct oom_watch *w);
/* What there is now, or if that is gone what was seen last. */
void oom_watch_read(struct oom_watch *w, struct cgroup_oom *ret);
void oom_watch_close(struct oom_watch *w);

#endif
