/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "runtime/container.h"
#include "runtime/hooks.h"
#include "runtime/live.h"
#include "runtime/notify.h"
#include "runtime/parent.h"

#define END_WAIT_MS 1000

/* The other end must be the process that was recorded: it called listen(2). */
static int peer_check(int sock, const struct state *s, struct error *err)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return error_set(err, errno, "ask who listens for the start");
	if (peer.pid != s->pid)
		return error_say(err, EPERM, "another process listens for the start: %d", peer.pid);
	return 0;
}

static int not_created(const char *id, const char *status, struct error *err)
{
	return error_say(err, EINVAL, "container \"%s\" is %s: only a created one can be started",
			 id, status);
}

/* The walker has not taken this start. Another was faster; or it is being killed, which shows only
 * after a while; or it doesn't obey this user. */
static int not_taken(struct record *rec, const struct state *s, struct error *err)
{
	struct pollfd p = {.events = POLLIN};
	struct live live;

	live_look(rec, s, &live);
	p.fd = live.pidfd;
	if (streq(live.status, "created") && poll(&p, 1, END_WAIT_MS) > 0)
		live.status = "stopped";
	live_close(&live);
	if (streq(live.status, "created"))
		return error_say(err, EPERM, "container \"%s\" was created by another user",
				 rec->id);
	return not_created(rec->id, live.status, err);
}

struct starting {
	struct arena arena;
	struct record record;
	struct plan plan;
	struct parent parent;
	const struct state *state;
	struct notify notify;
	struct live live;
};

/* *ours: the walker has taken this start for the one; before, a failure concerns only us. */
static int starting_walk(struct starting *s, int sock, bool *ours, struct error *err)
{
	struct error lost = ERROR_INIT;
	struct state running;
	int r;

	parent_init(&s->parent, &s->plan, &s->arena);
	s->parent.child.pid = (pid_t)s->state->pid;
	r = parent_resume(&s->parent, sock, &lost);
	if (r < 0)
		return not_taken(&s->record, s->state, err);
	*ours = true;
	/* The walker has left its socket for good: nobody else can start it. */
	unlinkat(s->record.dir, RECORD_SOCKET, 0);
	/* Only now is nobody else at it; and the walker waits for it (BARRIER_NOTIFY). */
	r = notify_listen(&s->notify, &s->record, err);
	if (r == 0)
		r = parent_continue(&s->parent, err);
	if (r < 0)
		return r;
	running = *s->state;
	running.status = "running";
	r = record_lock(&s->record, err);
	if (r == 0)
		r = record_write(&s->record, &running, err);
	record_unlock(&s->record);
	/* A container that ended at once may have been deleted at once. */
	return r == -ENOENT ? 0 : r;
}

int container_start(const struct runtime *rt, const char *id, struct error *err)
{
	struct starting s = {.record = RECORD_INIT, .notify = NOTIFY_NONE, .live = LIVE_INIT};
	bool ours = false;
	int r, sock = -1;

	r = container_id_check(id, err);
	if (r == 0)
		r = record_open(rt->root, id, &s.record, err);
	if (r == 0)
		r = record_read(&s.record, &s.arena, &s.state, err);
	if (r < 0)
		goto out;
	live_look(&s.record, s.state, &s.live);
	if (!streq(s.live.status, "created")) {
		r = not_created(id, s.live.status, err);
		goto out;
	}
	r = record_load_plan(&s.record, &s.plan, err);
	if (r < 0)
		goto out;
	((struct plan_header *)s.plan.buf)->fail_op = rt->fail_op;
	sock = record_socket_connect(&s.record);
	if (sock < 0) {
		r = not_created(id, "running", err);
		goto out;
	}
	r = peer_check(sock, s.state, err);
	if (r == 0) {
		if (faccessat(s.record.dir, NOTIFY_DIR, F_OK, 0) == 0)
			notify_connect(rt->notify_socket, rt->warn, &s.notify);
		r = starting_walk(&s, fd_take(&sock), &ours, err);
		if (r < 0 && ours)
			container_delete(rt, id, true, NULL);
		parent_close(&s.parent);
		if (r == 0 && s.notify.socket >= 0) {
			warn_flush(rt->warn);
			notify_wait(&s.notify, s.live.pidfd, (int)s.state->pid);
		}
	}
out:
	fd_close(sock);
	notify_close(&s.notify);
	live_close(&s.live);
	plan_drop(&s.plan);
	record_close(&s.record);
	arena_free(&s.arena);
	return r;
}
