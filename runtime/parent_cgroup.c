/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's operations on the container's cgroup, whoever makes it. */
#include "base/fd.h"
#include "cgroups/device_filter.h"
#include "cgroups/limits.h"
#include "runtime/live.h"
#include "runtime/parent_parts.h"

#define CGROUP_WAIT_MS 10000

#define STR(i) plan_string(p->plan->buf, op->arg[i])

/* owner: whether it is handed over, and the ids of the container's root. */
static int cgroup_hand_over(struct parent *p, const uint64_t owner[3], struct error *err)
{
	return owner[0] ? cgroup_delegate(&p->cgroups, p->cgroup_path, p->cgroup_fd, (uid_t)owner[1],
					  (gid_t)owner[2], err)
			: 0;
}

int parent_cgroup_make(struct parent *p, const struct plan_op *op, struct error *err)
{
	int r = cgroup_create(&p->cgroups, STR(0), STR(1), p->state_root, p->id, &p->cgroup_fd,
			      &p->cgroup_made, err);

	if (r < 0)
		return r;
	p->cgroup_path = STR(0);
	return cgroup_hand_over(p, &op->arg[2], err);
}

int parent_scope_make(struct parent *p, const struct plan_op *op, struct error *err)
{
	size_t n = plan_vector_count(p->plan->buf, op->arg[3]), i;
	const char **properties = arena_alloc(p->arena, (n + 1) * sizeof(*properties));
	int r;

	for (i = 0; i < n; i++)
		properties[i] = plan_vector_string(p->plan->buf, op->arg[3], i);
	r = scope_make(&p->cgroups, p->scope, properties, n, STR(4), p->arena, &p->placed, err);
	if (r < 0)
		return r;
	p->cgroup_fd = fd_take(&p->placed.fd);
	p->cgroup_path = p->placed.path;
	r = cgroup_own(p->cgroup_fd, p->cgroup_path, p->state_root, p->id, err);
	return r < 0 ? r : cgroup_hand_over(p, &op->arg[5], err);
}

int parent_cgroup_set(struct parent *p, const struct plan_op *op, struct error *err)
{
	const struct limit l = {
		.file = STR(0),
		.value = STR(1),
		.other_file = op->arg[2] ? STR(2) : NULL,
		.other_value = op->arg[3] ? STR(3) : NULL,
		.optional = op->arg[4],
	};

	return limit_write(p->cgroup_fd, &l, err);
}

int parent_device_filter(struct parent *p, const struct plan_op *op, struct error *err)
{
	size_t len;
	const void *insns = plan_blob(p->plan->buf, op->arg[0], &len);

	return device_filter_attach(p->cgroup_fd, insns, len / 8, err);
}

/* A container whose cgroup has controllers enabled for those below it, systemd's say: no process may be
 * in it, and its first one is below too. */
bool parent_cgroup_of_first(struct parent *p)
{
	int fd = live_cgroup_of(p->first_pid);

	if (fd < 0)
		return false;
	fd_close(p->cgroup_fd);
	p->cgroup_fd = fd;
	return true;
}

int parent_remove_cgroup(struct parent *p, struct error *err)
{
	const char *path = p->cgroup_path;

	scope_settle(&p->placed);
	if (!path)
		return 0;
	p->cgroup_path = NULL;
	/* In a pid namespace of its own nothing outlives the first process. */
	if (!p->own_pid_ns)
		cgroup_kill(p->cgroup_fd, NULL);
	if (p->scope)
		return scope_remove(&p->cgroups, p->scope, path, CGROUP_WAIT_MS, err);
	return cgroup_remove(&p->cgroups, path, p->cgroup_made - 1, CGROUP_WAIT_MS, err);
}
