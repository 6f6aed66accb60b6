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
	*w = (struct oom_watch){.cgroup = cgroup, .events = -1, .above = -1};
	/* Where the controller isn't there is nothing to watch. */
	if (meanwhile && cgroup >= 0)
		w->events = openat(cgroup, "memory.events", O_RDONLY | O_CLOEXEC);
	if (w->events >= 0 && !events_read(w))
		w->events = fd_close(w->events);
	if (w->events < 0)
		return;
	cgroup_oom_read(cgroup, &w->last);
	w->above = openat(cgroup, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->above >= 0)
		cgroup_oom_read(w->above, &w->before);
}

/* Where the cgroup goes while it is read, what could not be read was what it was before. */
static void look(struct oom_watch *w)
{
	struct cgroup_oom now;

	cgroup_oom_read(w->cgroup, &now);
	if (faccessat(w->cgroup, "memory.max", F_OK, 0) == 0)
		w->last = now;
	else if (now.kills)
		w->last.kills = now.kills;
}

void oom_watch_look(struct oom_watch *w)
{
	look(w);
	if (!events_read(w))
		w->events = fd_close(w->events);
}

void oom_watch_read(struct oom_watch *w, struct cgroup_oom *ret)
{
	struct cgroup_oom above;

	if (w->cgroup >= 0)
		look(w);
	if (!w->last.kills && w->above >= 0 && faccessat(w->cgroup, "memory.max", F_OK, 0) < 0) {
		cgroup_oom_read(w->above, &above);
		w->last.kills = above.kills > w->before.kills;
	}
	*ret = w->last;
}

void oom_watch_close(struct oom_watch *w)
{
	w->events = fd_close(w->events);
	w->above = fd_close(w->above);
}
