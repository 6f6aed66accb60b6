/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of a plan, and why.
 *
 *  parent	cgroup and limits exist before the clone, because the child is born in the cgroup
 *		(CLONE_INTO_CGROUP: moving a process waits for milliseconds). Every host object is
 *		opened before the clone (security.md, R2): the trees of the root file system and of
 *		the bind sources are cloned here, detached, because a descriptor of another mount
 *		namespace can't be cloned from inside.
 *  clone	all new namespaces at once.
 *  maps	only with a user namespace: the child waits, becomes its root, then is the walker.
 *  filter	the device filter is loaded by the parent while the walker is at work; they meet at the
 *		barrier `cgroup`, before anything of the container's runs. Where linux.devices lists
 *		nodes to be made, only after the barrier `mounts`: the filter may forbid to make them.
 *  walker	session, kernel state of the namespaces, mounts in listed order, devices.
 *  mounts, hooks	only with prestart, createRuntime or createContainer hooks, which see the
 *		mounts, but before the pivot.
 *  pivot	then what must be done to what the container will see: sysctl, read-only, masks.
 *  process	limits before capabilities go, the working directory before the user does, the
 *		look-up of argv[0] as the user. The seccomp filter before the user (or, with
 *		no_new_privs, last of all: compile_process.c says why).
 *  ready, start	only for create.
 *  exec	startContainer hooks, descriptors closed, execve; then poststart hooks by the parent.
 */
#include "runtime/compile.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "base/sys.h"
#include "cgroups/device_filter.h"
#include "cgroups/limits.h"
#include "runtime/hooks.h"
#include "spec/names.h"

uint64_t compile_vector(struct plan_builder *b, const struct strings *s)
{
	return plan_put_vector(b, s->v, s->n);
}

const char *compile_clean_path(struct arena *a, const char *path)
{
	char *out = arena_alloc(a, strlen(path) + 2), *o = out;

	while (*path) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n && !(n == 1 && path[0] == '.')) {
			*o++ = '/';
			memcpy(o, path, n);
			o += n;
		}
		path += n;
	}
	if (o == out)
		*o++ = '/';
	*o = 0;
	return out;
}

static void limit_op(struct compile *c, const struct limit *l)
{
	struct plan_op *op = plan_add(c->b, OP_CGROUP_SET, ACTOR_PARENT, l->field);

	op->arg[0] = plan_put_string(c->b, l->file);
	op->arg[1] = plan_put_string(c->b, l->value);
	if (l->other_file) {
		op->arg[2] = plan_put_string(c->b, l->other_file);
		op->arg[3] = plan_put_string(c->b, l->other_value);
	}
	op->arg[4] = l->optional;
}

/* Does the container have a view of its own of the cgroups, and may write there? Then it is meant to make
 * cgroups itself (systemd, another runtime). */
static bool owns_cgroup(const struct compile *c)
{
	size_t i, k;

	if (!(c->namespaces & CLONE_NEWCGROUP))
		return false;
	for (i = 0; i < c->config->mounts.n; i++) {
		const struct mount *m = &c->config->mounts.v[i];
		bool write = m->type && (streq(m->type, "cgroup") || streq(m->type, "cgroup2"));

		for (k = 0; k < m->options.n; k++)
			write &= !streq(m->options.v[k], "ro") && !streq(m->options.v[k], "rro");
		if (write)
			return true;
	}
	return false;
}

/* What the container's id 0 is outside; 0 where that isn't said here. */
static uint64_t root_outside(const struct id_mappings *map)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		if (map->v[i].container_id == 0)
			return map->v[i].host_id;
	return 0;
}

static bool has_cgroup(const struct compile *c)
{
	return c->env->cgroup_path || c->env->scope;
}

/* The cgroup is made by systemd; its path is known when it is there. */
static struct plan_op *scope_op(struct compile *c, const struct limits *limits, const char *field)
{
	const struct scope *s = c->env->scope;
	struct strings properties;
	struct plan_op *op;

	if (scope_properties(limits, &c->config->annotations, c->env->id, c->env->arena, &properties,
			     c->err) < 0)
		return NULL;
	op = plan_add(c->b, OP_SCOPE_MAKE, ACTOR_PARENT, field);
	op->arg[0] = plan_put_string(c->b, s->unit);
	op->arg[1] = plan_put_string(c->b, s->slice);
	op->arg[2] = s->user;
	op->arg[3] = compile_vector(c->b, &properties);
	op->arg[4] = plan_put_string(c->b, limits->controllers);
	return op;
}

/* A limit on processes that the making itself would break: with none allowed, not even the first could be
 * cloned into the cgroup; and a scope has its placeholder until then. */
static bool forbids_clone(const struct compile *c, const struct limit *l)
{
	return streq(l->file, "pids.max") &&
	       (streq(l->value, "0") || (c->env->scope && streq(l->value, "1")));
}

static int cgroup_missing(struct compile *c, const char *field)
{
	if (c->env->rootless)
		error_hint(c->err, "a user who isn't root has one with --cgroup-manager cgroupfs, below "
				   "a --cgroup-parent of his own");
	return error_at(c->err, field, "can't be applied without a cgroup (--cgroup-manager disabled)");
}

static int compile_cgroup(struct compile *c)
{
	const char *field;
	struct limits limits;
	struct plan_op *op;
	uint64_t *owner;
	size_t i;
	int r;

	r = limits_compile(c->lc->resources, c->env->arena, &limits, c->err);
	if (r < 0)
		return r;
	if (!has_cgroup(c)) {
		return limits.n ? cgroup_missing(c, limits.v[0].field) : 0;
	}
	field = c->lc->cgroups_path ? "linux.cgroupsPath" : limits.n ? "linux.resources" : NULL;
	if (c->env->scope) {
		op = scope_op(c, &limits, field);
		if (!op)
			return -EINVAL;
		owner = &op->arg[5];
	} else {
		op = plan_add(c->b, OP_CGROUP_MAKE, ACTOR_PARENT, field);
		op->arg[0] = plan_put_string(c->b, c->env->cgroup_path);
		op->arg[1] = plan_put_string(c->b, limits.controllers);
		owner = &op->arg[2];
	}
	if (owns_cgroup(c)) {
		owner[0] = true;
		owner[1] = root_outside(&c->lc->uid_mappings);
		owner[2] = root_outside(&c->lc->gid_mappings);
	}
	for (i = 0; i < limits.n; i++) {
		const struct limit *l = &limits.v[i];

		/* The last word on a file counts. */
		if (streq(l->file, "pids.max"))
			c->no_forks = forbids_clone(c, l) ? l : NULL;
		if (!c->no_forks || !streq(l->file, "pids.max"))
			limit_op(c, l);
	}
	return 0;
}

void compile_barrier(struct compile *c, enum plan_barrier n)
{
	struct plan_op *op = plan_add(c->b, OP_BARRIER, ACTOR_BOTH, NULL);

	op->arg[0] = n;
}

/* Once, for all that waits until the walker has made the mounts and devices. */
static void meet_at_mounts(struct compile *c)
{
	if (!c->met_at_mounts)
		compile_barrier(c, BARRIER_MOUNTS);
	c->met_at_mounts = true;
}

/* Loading the filter takes a quarter of a millisecond, so it is done while the walker is at work;
 * the walker passes BARRIER_CGROUP before anything of the container's runs. A start with a filter then takes
 * as long as one without (measured, on two processors): a program that equal rules share, pinned in a
 * bpffs, would only save processor time. */
static int compile_device_filter(struct compile *c)
{
	const struct resources *res = c->lc->resources;
	struct device_filter filter;
	struct text words = TEXT_INIT;
	struct plan_op *op;
	int r;

	r = device_filter_compile(res ? &res->devices : NULL, c->env->arena, &filter, c->err);
	if (r < 0 || !has_cgroup(c) || filter.allows_all)
		return r;
	if (compile_devices_made(c))
		meet_at_mounts(c);
	device_filter_describe(res ? &res->devices : NULL, &words);
	op = plan_add(c->b, OP_DEVICE_FILTER, ACTOR_PARENT,
		      res && res->has_devices ? "linux.resources.devices" : NULL);
	op->arg[0] = plan_put_blob(c->b, filter.insns, filter.count * 8);
	op->arg[1] = plan_put_string(c->b, words.s);
	text_free(&words);
	return 0;
}

void compile_string_op(struct compile *c, enum plan_opcode code, const char *field, const char *s)
{
	struct plan_op *op = plan_add(c->b, code, ACTOR_WALKER, field);

	op->arg[0] = plan_put_string(c->b, s);
}

/* rootfsPropagation as MS_*; with AT_RECURSIVE in the upper half for the r-forms; 0 unset. */
static uint64_t root_propagation(const char *name)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} kinds[] = {
		{"shared", SYS_MS_SHARED},
		{"slave", SYS_MS_SLAVE},
		{"private", SYS_MS_PRIVATE},
		{"unbindable", SYS_MS_UNBINDABLE},
	};
	uint64_t recursive = 0;
	unsigned i;

	if (!name)
		return 0;
	if (name[0] == 'r') {
		recursive = (uint64_t)AT_RECURSIVE << 32;
		name++;
	}
	for (i = 0; i < 4; i++)
		if (streq(name, kinds[i].name))
			return kinds[i].flag | recursive;
	return 0;
}

static void compile_root_attach(struct compile *c)
{
	uint64_t p = root_propagation(c->lc->rootfs_propagation) & 0xffffffff;
	struct plan_op *op;

	/* Slave by default, as runc: a mount that the host makes in a volume appears inside, and
	 * nothing from inside reaches the host. */
	op = plan_add(c->b, OP_PROPAGATION, ACTOR_WALKER,
		      c->lc->rootfs_propagation ? "linux.rootfsPropagation" : NULL);
	op->arg[0] = p == SYS_MS_PRIVATE || p == SYS_MS_UNBINDABLE ? SYS_MS_PRIVATE : SYS_MS_SLAVE;
	compile_take_tree(c, "root.path", SLOT_ROOT, c->env->rootfs, true);
	op = plan_add(c->b, OP_ROOT_ATTACH, ACTOR_WALKER, c->overlay_root ? "mounts[0]" : "root.path");
	op->arg[0] = SLOT_ROOT;
	op->arg[2] = c->overlay_root;
	if (c->config->hooks.prestart.n || c->config->hooks.create_runtime.n ||
	    c->config->hooks.create_container.n)
		op->arg[1] = plan_put_string(c->b, c->env->rootfs);
}

static void compile_open_root(struct compile *c)
{
	uint64_t p = root_propagation(c->lc->rootfs_propagation) & 0xffffffff;
	struct plan_op *op = plan_add(c->b, OP_OPEN_ROOT, ACTOR_PARENT, "root.path");

	op->arg[0] = SLOT_ROOT;
	op->arg[1] = plan_put_string(c->b, c->env->rootfs);
	op->arg[3] = c->inside;
	if (c->mount_ns && !c->inside)
		op->arg[2] = p == SYS_MS_PRIVATE || p == SYS_MS_UNBINDABLE ? SYS_MS_PRIVATE
									   : SYS_MS_SLAVE;
}

void compile_open_trees(struct compile *c)
{
	if (c->overlay_root)
		compile_mounts_overlay(c);
	else if (!(c->joined & CLONE_NEWNS))
		compile_open_root(c);
	compile_mounts_parent(c);
	compile_devices_parent(c);
}

void compile_take_tree(struct compile *c, const char *field, unsigned slot, const char *path,
		       bool recursive)
{
	struct plan_op *op;

	if (!c->inside)
		return;
	op = plan_add(c->b, OP_TAKE_TREE, ACTOR_WALKER, field);
	op->arg[0] = slot;
	op->arg[1] = plan_put_string(c->b, path);
	op->arg[2] = recursive;
}

static void compile_create_hooks(struct compile *c)
{
	const struct hooks *h = &c->config->hooks;
	bool parent = h->prestart.n || h->create_runtime.n;

	if (parent) {
		meet_at_mounts(c);
		hooks_compile(c, &h->prestart, "prestart");
		hooks_compile(c, &h->create_runtime, "createRuntime");
		compile_barrier(c, BARRIER_HOOKS);
	}
	hooks_compile(c, &h->create_container, "createContainer");
}

static void compile_pivot(struct compile *c)
{
	struct plan_op *op = plan_add(c->b, OP_ROOT_PIVOT, ACTOR_WALKER, "root.path");

	op->arg[0] = !c->mount_ns ? PIVOT_CHROOT : c->env->no_pivot ? PIVOT_MOVE : PIVOT_ROOT;
}

/* Slave and private the root is already. The others take effect on what the container sees, and
 * last: what is unbindable can't be bound any more to mask it or make it read-only. */
static void compile_root_propagation(struct compile *c)
{
	uint64_t p = root_propagation(c->lc->rootfs_propagation);
	struct plan_op *op;

	if ((p & 0xffffffff) != SYS_MS_SHARED && (p & 0xffffffff) != SYS_MS_UNBINDABLE)
		return;
	op = plan_add(c->b, OP_ROOT_PROPAGATION, ACTOR_WALKER, "linux.rootfsPropagation");
	op->arg[0] = p;
}

const char *compile_indexed(struct compile *c, const char *prefix, const char *list, size_t i)
{
	char number[NUMBER_SIZE];

	number_write(number, (unsigned)i);
	return arena_join(c->env->arena, prefix, list, "[", number, "]", NULL);
}

static void compile_view(struct compile *c)
{
	struct arena *a = c->env->arena;
	struct plan_op *op;
	size_t i;

	for (i = 0; i < c->lc->sysctl.n; i++) {
		const struct string_pair *s = &c->lc->sysctl.v[i];

		op = plan_add(c->b, OP_SYSCTL, ACTOR_WALKER,
			      arena_join(a, "linux.sysctl[\"", s->key, "\"]", NULL));
		op->arg[0] = plan_put_string(c->b,
					     arena_join(a, "sys/", sysctl_path(s->key, a), NULL));
		op->arg[1] = plan_put_string(c->b, s->value);
	}
	compile_terminal(c, c->config->process, "process.", compile_dev_kind(c) != DEV_FOREIGN);
	if (c->mount_ns)
		compile_dev_close(c);
	if (c->config->process)
		compile_string_op(c, OP_MAKE_CWD, "process.cwd", c->config->process->cwd);
	for (i = 0; i < c->lc->readonly_paths.n; i++)
		compile_string_op(c, OP_READONLY, compile_indexed(c, "", "linux.readonlyPaths", i),
			  c->lc->readonly_paths.v[i]);
	for (i = 0; i < c->lc->masked_paths.n; i++)
		compile_string_op(c, OP_MASK, compile_indexed(c, "", "linux.maskedPaths", i),
			  c->lc->masked_paths.v[i]);
	if (c->config->root->readonly)
		plan_add(c->b, OP_ROOT_READONLY, ACTOR_WALKER, "root.readonly");
}

static int compile_all(struct compile *c)
{
	const struct config *cfg = c->config;
	struct plan_op *op;
	int r;

	if (!cfg->process)
		return error_at(c->err, "process", "is required: there is nothing to run");
	compile_namespaces_parse(c);
	op = plan_add(c->b, OP_OPEN_PROC, ACTOR_PARENT, NULL);
	op->arg[0] = SLOT_PROC;
	r = compile_cgroup(c);
	if (r < 0)
		return r;
	compile_mounts_parse(c);
	compile_devices_parse(c);
	if (!c->inside)
		compile_open_trees(c);
	compile_open_namespaces(c);
	compile_time(c);
	compile_clone(c);
	if (!compile_devices_made(c))
		r = compile_device_filter(c);
	if (r < 0)
		return r;
	compile_join(c);
	compile_namespace_state(c);
	if (c->mount_ns) {
		compile_root_attach(c);
		compile_mounts_walker(c);
		compile_devices_walker(c);
	}
	if (compile_devices_made(c))
		r = compile_device_filter(c);
	if (r < 0)
		return r;
	compile_create_hooks(c);
	compile_pivot(c);
	compile_view(c);
	compile_root_propagation(c);
	if (c->no_forks)
		limit_op(c, c->no_forks);
	if (has_cgroup(c))
		compile_barrier(c, BARRIER_CGROUP);
	compile_process(c, cfg->process, "process.");
	if (c->env->kind == PLAN_CREATE) {
		compile_barrier(c, BARRIER_READY);
		compile_barrier(c, BARRIER_START);
		if (c->env->notify_dir)
			compile_barrier(c, BARRIER_NOTIFY);
	}
	hooks_compile(c, &cfg->hooks.start_container, "startContainer");
	compile_process_exec(c, cfg->process, "process.");
	hooks_compile(c, &cfg->hooks.poststart, "poststart");
	hooks_compile(c, &cfg->hooks.poststop, "poststop");
	return 0;
}

int compile_bundle(const struct compile_env *env, const struct config *config,
		   struct plan_builder *b, struct error *err)
{
	struct compile c = {
		.env = env,
		.config = config,
		.lc = config->linux_conf,
		.b = b,
		.err = err,
	};
	int r;

	plan_begin(b, env->kind, "config.json");
	r = compile_all(&c);
	if (r < 0)
		plan_abandon(b);
	return r;
}
