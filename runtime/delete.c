/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete. What is left of a container is its processes, its cgroup and its directory, removed in
 * this order, so that a delete that is killed can be repeated. With --force also what no record
 * tells of any more: the cgroup carries root and ID as an attribute.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "cgroups/scope.h"
#include "runtime/container.h"
#include "runtime/hooks.h"
#include "runtime/live.h"

#define WAIT_MS	      10000
#define FORCE_WAIT_MS 2000

/* The cgroup that the record names; without a record, the one that carries the ID. */
static const char *cgroup_of(const struct cgroup_root *root, const struct runtime *rt,
			     const char *id, const struct state *s, struct arena *a)
{
	const char *path = NULL;

	if (s)
		return s->record.cgroup;
	return cgroup_find(root, rt->root, id, a, &path) == 0 ? path : NULL;
}

/* How many directories above it may be hoy's own: those between it and the mount. They are only
 * removed while empty. */
static unsigned ancestors(const char *path)
{
	unsigned n = 0;

	for (; (path = strchr(path, '/')); path++)
		n++;
	return n ? n - 1 : 0;
}

/* Whether systemd has made the cgroup. Without a record its name tells: systemd must be let see that it is
 * empty, for a scope whose cgroup was taken from under it stays for ever. */
static bool scope_of(const struct state *s, const char *path, struct scope *ret)
{
	const char *name = strrchr(path, '/'), *end = strrchr(path, '.');

	*ret = (struct scope){.unit = s ? s->record.unit : NULL, .user = s && s->record.user_unit};
	if (!s && name && end && streq(end, ".scope"))
		*ret = (struct scope){.unit = name + 1, .user = strstr(path, "/user@")};
	return ret->unit;
}

/* Kills what is in the cgroup, and removes it too unless it belongs to a creation that will. */
static int destroy_cgroup(const struct runtime *rt, const char *id, const struct state *s,
			  bool remove, struct arena *a, struct error *err)
{
	struct cgroup_root root;
	struct scope scope;
	const char *path;
	int r, fd;

	if (s && !s->record.cgroup)
		return 0;
	r = cgroup_root_open(&root, a, err);
	if (r < 0)
		return r;
	path = cgroup_of(&root, rt, id, s, a);
	if (path && cgroup_open(&root, path, &fd) == 0) {
		r = cgroup_kill(fd, err);
		close(fd);
		if (r == 0 && remove && scope_of(s, path, &scope))
			r = scope_remove(&root, &scope, path, WAIT_MS, err);
		if (r == 0 && remove)
			r = cgroup_remove(&root, path, ancestors(path), WAIT_MS, err);
	}
	fd_close(root.fd);
	return r;
}

/* Kills the first process and waits until it has really gone (its cgroup may be shared or none). */
static int destroy_process(int pidfd, const char *id, struct error *err)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0)
		return 0;
	if (sys_pidfd_send_signal(pidfd, SIGKILL) < 0 && errno != ESRCH)
		return error_set(err, errno, "kill container \"%s\"", id);
	if (poll(&p, 1, WAIT_MS) == 0)
		return error_say(err, EBUSY, "container \"%s\" does not end on SIGKILL", id);
	return 0;
}

/* Only stopped ones, and created ones, which nobody has seen running (as runc). */
static int may_delete(const char *id, const char *status, bool force, struct error *err)
{
	if (force || streq(status, "stopped") || streq(status, "created"))
		return 0;
	error_hint(err, "hoy kill %s KILL, or hoy delete --force %s", id, id);
	return error_say(err, EBUSY, "container \"%s\" is not stopped: it is %s", id, status);
}

/* Torn or lost: with --force there is nothing to ask, only to take away. */
static int delete_torn(const struct runtime *rt, struct record *rec, const char *id,
		       struct arena *a, struct error *err)
{
	int r = destroy_cgroup(rt, id, NULL, true, a, err);

	return r < 0 ? r : record_remove(rec, err);
}

static int delete_known(const struct runtime *rt, struct record *rec, const struct state *s,
			bool force, struct arena *a, struct error *err)
{
	struct plan plan = PLAN_INIT;
	struct live live;
	int r;

	live_look(rec, s, &live);
	r = may_delete(rec->id, live.status, force, err);
	if (r == 0 && s->record.has_hooks && record_load_plan(rec, &plan, NULL) < 0)
		warn_add(rt->warn, "the plan of container \"%s\" can't be read: its poststop hooks "
				   "are not run", rec->id);
	if (r == 0)
		r = destroy_process(live.pidfd, rec->id, err);
	if (r == 0)
		r = destroy_cgroup(rt, rec->id, s, true, a, err);
	if (r == 0)
		r = record_remove(rec, err);
	live_close(&live);
	record_unlock(rec);
	if (r == 0 && plan.buf)
		r = hooks_run(plan.buf, "poststop", 0, rt->warn, NULL);
	plan_drop(&plan);
	return r;
}

static bool cgroup_lost(const struct runtime *rt, const char *id, struct arena *a)
{
	struct cgroup_root root;
	const char *path;
	int r = cgroup_root_open(&root, a, NULL);

	if (r < 0)
		return false;
	r = cgroup_find(&root, rt->root, id, a, &path);
	fd_close(root.fd);
	return r == 0;
}

/* No directory: perhaps it was lost, and its cgroup tells of it. The ID is claimed meanwhile, so that
 * it is not the cgroup of a new container. */
static int delete_lost(const struct runtime *rt, const char *id, struct arena *a,
		       struct error *err)
{
	struct record rec = RECORD_INIT;
	int r;

	if (!cgroup_lost(rt, id, a))
		return 0;
	r = record_claim(rt->root, id, &rec, err);
	if (r == -EEXIST) {
		if (err)
			*err = (struct error)ERROR_INIT;
		return 0;
	}
	if (r == 0)
		r = delete_torn(rt, &rec, id, a, err);
	record_close(&rec);
	return r;
}

/* With force also from whoever holds the lock and gets no further: a creation that was frozen. */
static int delete_lock(const struct runtime *rt, struct record *rec, bool force, struct arena *a,
		       struct error *err)
{
	int r = force ? record_lock_within(rec, FORCE_WAIT_MS, err) : record_lock(rec, err);

	if (r != -EBUSY || !force)
		return r;
	if (err)
		*err = (struct error)ERROR_INIT;
	r = destroy_cgroup(rt, rec->id, NULL, false, a, err);
	return r < 0 ? r : record_lock(rec, err);
}

int container_delete(const struct runtime *rt, const char *id, bool force, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct record rec = RECORD_INIT;
	const struct state *s;
	int r;

	r = container_id_check(id, err);
	if (r < 0)
		return r;
	r = record_open(rt->root, id, &rec, err);
	if (r == -ENOENT && force) {
		if (err)
			*err = (struct error)ERROR_INIT;
		return delete_lost(rt, id, &a, err);
	}
	if (r == 0)
		r = delete_lock(rt, &rec, force, &a, err);
	if (r == -ENOENT && force)
		r = 0;
	else if (r == 0) {
		r = record_read(&rec, &a, &s, err);
		if (r == 0) {
			r = delete_known(rt, &rec, s, force, &a, err);
		} else if (force) {
			if (err)
				*err = (struct error)ERROR_INIT;
			r = delete_torn(rt, &rec, id, &a, err);
		}
	}
	record_close(&rec);
	return r;
}
