/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "runtime/target.h"

#define NET_DEV_MAX 1048576

/* "  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0": received, then sent (proc(5), /proc/net/dev). */
static bool interface_parse(char *line, struct interface_stats *ret)
{
	char *colon = strchr(line, ':');
	unsigned long long n[8];

	if (!colon || sscanf(colon + 1, "%llu %llu %llu %llu %*u %*u %*u %*u %llu %llu %llu %llu", &n[0],
			     &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7]) != 8)
		return false;
	*colon = 0;
	*ret = (struct interface_stats){line + strspn(line, " "), n[0], n[1], n[2], n[3],
					n[4], n[5], n[6], n[7]};
	return true;
}

/* The container's interfaces, seen through its first process. */
static void interfaces_read(int64_t pid, struct arena *a, struct container_stats *ret)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	char file[32], *text, *line, *save = NULL;
	struct interface_stats one;
	size_t room = 1;

	snprintf(file, sizeof(file), "/proc/%d/net/dev", (int)pid);
	if (file_read_at(AT_FDCWD, file, NET_DEV_MAX, &t) < 0 || !t.s)
		return;
	text = arena_memdup(a, t.s, t.len);
	for (line = text; *line; line++)
		room += *line == '\n';
	ret->interfaces = arena_alloc(a, room * sizeof(one));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (interface_parse(line, &one) && !streq(one.name, "lo"))
			ret->interfaces[ret->interfaces_n++] = one;
}

static void read_all(const struct target *t, struct arena *a, struct container_stats *ret)
{
	*ret = (struct container_stats){0};
	stats_read(t->cgroup, a, &ret->cgroup);
	interfaces_read(t->pid, a, ret);
}

int container_stats(const struct runtime *rt, const char *id, struct arena *a,
		    struct container_stats *ret, struct error *err)
{
	struct target t = TARGET(id);
	int r = target_open(&t, rt, a, err);

	if (r == 0)
		read_all(&t, a, ret);
	return target_close(&t, r, err);
}

static int report(const struct target *t, const struct watcher *w, uint64_t *kills, bool all,
		  struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct container_stats s;
	int r = 0;

	read_all(t, &a, &s);
	for (; *kills < s.cgroup.memory.oom_kills && r == 0; (*kills)++)
		r = w->oom(w->arg, err);
	return r == 0 && all ? w->stats(&s, w->arg, err) : r;
}

static int watch(const struct target *t, int interval, const struct watcher *w, struct error *err)
{
	/* Without the controller there is no such file, and no such event. */
	_cleanup_fd_ int events = openat(t->cgroup, "memory.events", O_RDONLY | O_CLOEXEC);
	int64_t next = now_ms(), left;
	uint64_t kills = 0;
	char buf[512];
	int r;

	for (;;) {
		struct pollfd fds[] = {
			{.fd = t->live.pidfd, .events = POLLIN},
			{.fd = events, .events = POLLPRI},
		};
		bool due = now_ms() >= next;

		r = report(t, w, &kills, due, err);
		if (r != 0)
			return r;
		while (due && next <= now_ms())
			next += interval;
		/* What changes from here on wakes poll. */
		if (events >= 0 && pread(events, buf, sizeof(buf), 0) < 0)
			fds[1].fd = -1;
		left = next - now_ms();
		if (poll(fds, 2, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
			return error_set(err, errno, "wait for the container");
		/* Its end may be what the last event is about. */
		if (fds[0].revents)
			return report(t, w, &kills, false, err);
	}
}

int container_watch(const struct runtime *rt, const char *id, int interval, const struct watcher *w,
		    struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct target t = TARGET(id);
	int r = target_open(&t, rt, &a, err);

	if (r == 0)
		r = watch(&t, interval, w, err);
	return target_close(&t, r, err);
}
