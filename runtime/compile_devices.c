/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices and the links of /dev (config-linux.md, Devices and Default Devices). Where /dev is a
 * mount that brings its own nodes (a bind of the host's), nothing is added to it but what
 * linux.devices lists.
 */
#include <sys/stat.h>

#include "runtime/compile.h"

struct device_plan {
	const char *field, *path;
	uint32_t mode, uid, gid; /* mode with its type */
	unsigned major, minor;
	unsigned slot; /* in a user namespace: the runtime's device */
	bool own_dev;
};

static const struct {
	const char *path;
	unsigned major, minor;
} defaults[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

#define DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))

static bool listed(const struct compile *c, const char *path)
{
	size_t i;

	for (i = 0; i < c->lc->devices.n; i++)
		if (streq(compile_clean_path(c->env->arena, c->lc->devices.v[i].path), path))
			return true;
	return false;
}

static void place(struct compile *c, struct device_plan *d)
{
	d->own_dev = compile_in_own_dev(c, d->path);
	/* A FIFO is no device: it can be made in any user namespace. */
	if ((c->user_ns || c->env->rootless) && !S_ISFIFO(d->mode))
		d->slot = plan_slot_new(c->b);
}

void compile_devices_parse(struct compile *c)
{
	size_t i, n = c->lc->devices.n;
	struct device_plan *d;

	c->devices = arena_alloc(c->env->arena, (n + DEFAULTS) * sizeof(*c->devices));
	if (!c->mount_ns)
		return;
	for (i = 0; i < DEFAULTS && compile_dev_kind(c) != DEV_FOREIGN; i++) {
		if (listed(c, defaults[i].path))
			continue;
		d = &c->devices[c->devices_n++];
		*d = (struct device_plan){
			.path = defaults[i].path,
			.mode = S_IFCHR | 0666,
			.major = defaults[i].major,
			.minor = defaults[i].minor,
		};
		place(c, d);
	}
	for (i = 0; i < n; i++) {
		const struct device *dev = &c->lc->devices.v[i];

		d = &c->devices[c->devices_n++];
		*d = (struct device_plan){
			.field = compile_indexed(c, "", "linux.devices", i),
			.path = compile_clean_path(c->env->arena, dev->path),
			.mode = (dev->type[0] == 'b'   ? S_IFBLK
				 : dev->type[0] == 'p' ? S_IFIFO
						       : S_IFCHR) |
				(dev->file_mode ? *dev->file_mode & 07777 : 0666),
			.uid = dev->uid ? *dev->uid : 0,
			.gid = dev->gid ? *dev->gid : 0,
			.major = dev->major ? (unsigned)*dev->major : 0,
			.minor = dev->minor ? (unsigned)*dev->minor : 0,
		};
		place(c, d);
	}
}

void compile_devices_parent(struct compile *c)
{
	size_t i;

	for (i = 0; i < c->devices_n; i++) {
		const struct device_plan *d = &c->devices[i];
		struct plan_op *op;

		if (!d->slot)
			continue;
		op = plan_add(c->b, OP_OPEN_DEVICE, ACTOR_PARENT, d->field);
		op->arg[0] = d->slot;
		op->arg[1] = plan_put_string(c->b, d->path);
		op->arg[2] = d->mode & S_IFMT;
		op->arg[3] = d->major;
		op->arg[4] = d->minor;
		op->arg[5] = c->inside;
	}
}

bool compile_devices_made(const struct compile *c)
{
	size_t i;

	/* Those without a field are the default ones, which every filter allows. */
	for (i = 0; i < c->devices_n; i++)
		if (c->devices[i].field && !c->devices[i].slot && !S_ISFIFO(c->devices[i].mode))
			return true;
	return false;
}

static void device_add(struct compile *c, const struct device_plan *d)
{
	struct plan_op *op;

	if (d->slot) {
		compile_take_tree(c, d->field, d->slot, d->path, false);
		op = plan_add(c->b, OP_DEVICE_BIND, ACTOR_WALKER, d->field);
		op->arg[0] = d->slot;
		op->arg[1] = plan_put_string(c->b, d->path);
		op->arg[2] = d->mode & S_IFMT;
		op->arg[3] = d->major;
		op->arg[4] = d->minor;
		return;
	}
	op = plan_add(c->b, OP_DEVICE_NODE, ACTOR_WALKER, d->field);
	op->arg[0] = plan_put_string(c->b, d->path);
	op->arg[1] = d->mode;
	op->arg[2] = d->major;
	op->arg[3] = d->minor;
	op->arg[4] = d->uid;
	op->arg[5] = d->gid;
	op->arg[6] = d->own_dev;
}

static bool is_masked(const struct compile *c, const char *path)
{
	const struct strings *masks = &c->lc->masked_paths;
	size_t i;

	for (i = 0; i < masks->n; i++)
		if (streq(masks->v[i], path))
			return true;
	return false;
}

static void links_add(struct compile *c)
{
	static const struct {
		const char *path, *target;
	} links[] = {
		{"/dev/fd", "/proc/self/fd"},	     {"/dev/stdin", "/proc/self/fd/0"},
		{"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"},
		{"/dev/ptmx", "pts/ptmx"},	     {"/dev/core", "/proc/kcore"},
	};
	size_t i;

	if (compile_dev_kind(c) == DEV_FOREIGN)
		return;
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct plan_op *op;

		/* A link to what is masked, /dev/core, is of no use, and memory of the container's. */
		if (is_masked(c, links[i].target))
			continue;
		op = plan_add(c->b, OP_DEV_LINK, ACTOR_WALKER, NULL);
		op->arg[0] = plan_put_string(c->b, links[i].path);
		op->arg[1] = plan_put_string(c->b, links[i].target);
		op->arg[2] = compile_in_own_dev(c, links[i].path);
	}
}

void compile_devices_walker(struct compile *c)
{
	bool stage = false;
	size_t i;

	for (i = 0; i < c->devices_n; i++)
		stage |= !c->devices[i].own_dev && !c->devices[i].slot;
	if (stage)
		plan_add(c->b, OP_DEV_STAGE, ACTOR_WALKER, NULL);
	for (i = 0; i < c->devices_n; i++)
		device_add(c, &c->devices[i]);
	if (stage)
		plan_add(c->b, OP_DEV_UNSTAGE, ACTOR_WALKER, NULL);
	links_add(c);
}
