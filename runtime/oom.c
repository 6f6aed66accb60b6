/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/oom.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

#define EVENTS_MAX 512

/* What poll(2) tells is what has changed since it was read. False: the cgroup is gone. */
static bool events_read(const struct oom_watch *w)
{
	char buf[EVENTS_MAX];

	return pread(w->events, buf, sizeof(buf), 0) >= 0;
}

void oom_watch_open(struct oom_watch *w, int cgroup, bool meanwhile)
{
	*w = (struct oom_watch){.cgroup = cgroup, .events = -1};
	/* Where the controller isn't there is nothing to watch. */
	if (meanwhile && cgroup >= 0)
		w->events = openat(cgroup, "memory.events", O_RDONLY | O_CLOEXEC);
	if (w->events >= 0 && !events_read(w))
		w->events = fd_close(w->events);
}

static void look(struct oom_watch *w)
{
	struct cgroup_oom now;

	cgroup_oom_read(w->cgroup, &now);
	if (now.kills)
		w->last = now;
}

void oom_watch_look(struct oom_watch *w)
{
	look(w);
	if (!events_read(w))
		w->events = fd_close(w->events);
}

void oom_watch_read(struct oom_watch *w, struct cgroup_oom *ret)
{
	if (w->cgroup >= 0)
		look(w);
	*ret = w->last;
}

void oom_watch_close(struct oom_watch *w)
{
	w->events = fd_close(w->events);
}
