/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: each entry of config.json becomes one operation of the walker; a bind also one of the
 * parent, which clones the source. Options add up in listed order (spec/names.h).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "runtime/compile.h"
#include "runtime/notify.h"
#include "spec/names.h"

enum mount_kind { MOUNT_NEW, MOUNT_BIND, MOUNT_CHANGE, MOUNT_ROOT };

struct mount_plan {
	enum mount_kind kind;
	const char *field, *type, *source, *destination;
	unsigned slot;
	bool recursive_bind, tmpcopyup, foreign_dev, own_dev;
	uint64_t set, clear, rset, rclear, propagation;
	struct strings data;	/* for fsconfig */
	uint32_t *data_indexes; /* their places in options */
};

#define RECURSIVE ((uint64_t)AT_RECURSIVE << 32)

/* File systems of the kernel that have one superblock per namespace: read-only is a matter of the
 * mount. Setting it on the superblock would make that of others read-only, or fail. */
static bool pseudo(const char *type)
{
	static const char *const types[] = {"proc",    "sysfs",	  "cgroup2", "tmpfs",  "devpts",
					    "mqueue",  "ramfs",	  "bpf",     "tracefs", "debugfs",
					    "devtmpfs", "overlay", "securityfs"};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (streq(type, types[i]))
			return true;
	return false;
}

static void attr_add(uint64_t *set, uint64_t *clear, const struct mount_option *o)
{
	*set = (*set & ~o->clear) | o->set;
	*clear |= o->clear;
}

/* One option of mounts[i] into m. */
static void option_add(struct mount_plan *m, const char *text, size_t index)
{
	const struct mount_option *o = mount_option_find(text);

	if (!o || o->kind == MOUNT_OPTION_SB) {
		m->data.v[m->data.n] = o ? o->name : text;
		m->data_indexes[m->data.n++] = (uint32_t)index;
		return;
	}
	switch (o->kind) {
	case MOUNT_OPTION_ATTR:
		if (o->recursive)
			attr_add(&m->rset, &m->rclear, o);
		else
			attr_add(&m->set, &m->clear, o);
		break;
	case MOUNT_OPTION_PROPAGATION:
		m->propagation = o->propagation | (o->recursive ? RECURSIVE : 0);
		break;
	case MOUNT_OPTION_BIND:
		if (m->kind == MOUNT_NEW)
			m->kind = MOUNT_BIND;
		m->recursive_bind |= o->recursive;
		break;
	case MOUNT_OPTION_REMOUNT:
		m->kind = MOUNT_CHANGE;
		break;
	case MOUNT_OPTION_TMPCOPYUP:
		m->tmpcopyup = true;
		break;
	default:
		break;
	}
}

/* Adds "ro" to the options of a file system whose superblock must know it (a block device). */
static void superblock_ro(struct mount_plan *m)
{
	if (!(m->set & MOUNT_ATTR_RDONLY) || pseudo(m->type))
		return;
	m->data.v[m->data.n] = "ro";
	m->data_indexes[m->data.n++] = UINT32_MAX;
}

/* What rules.c has let through: a source, and no options but those that say nothing about a bind
 * ("sync" is a flag of the file system that is there already). */
static void bind_parse(struct compile *c, struct mount_plan *m, const struct mount *mt)
{
	m->data.n = 0;
	m->source = mt->source[0] == '/'
			    ? mt->source
			    : arena_join(c->env->arena, c->env->bundle, "/", mt->source, NULL);
}

static void new_parse(struct mount_plan *m, const struct mount *mt)
{
	m->source = mt->source;
	/* The mount is made whole: what is asked for recursively concerns this one. */
	m->set = (m->set & ~m->rclear) | m->rset;
	superblock_ro(m);
}

/* cgroup: version 2 whatever the type says. Without a cgroup namespace the container sees the
 * hierarchy as it is, by a bind: mounting it from the initial namespace waits for milliseconds. */
static void cgroup_mount(struct compile *c, struct mount_plan *m)
{
	m->type = "cgroup2";
	m->data.n = 0;
	if ((c->namespaces | c->joined) & CLONE_NEWCGROUP)
		return;
	m->kind = MOUNT_BIND;
	m->source = c->env->cgroup_mount;
	m->recursive_bind = false;
}

static void mount_parse(struct compile *c, size_t i, struct mount_plan *m)
{
	const struct mount *mt = &c->config->mounts.v[i];
	struct arena *a = c->env->arena;
	size_t k;

	m->field = compile_indexed(c, "", "mounts", i);
	m->type = mt->type;
	m->destination = compile_clean_path(a, mt->destination);
	m->data.v = arena_alloc(a, (mt->options.n + 2) * sizeof(*m->data.v));
	m->data_indexes = arena_alloc(a, (mt->options.n + 2) * sizeof(*m->data_indexes));
	for (k = 0; k < mt->options.n; k++)
		option_add(m, mt->options.v[k], k);
	if (m->kind == MOUNT_NEW && mt->type &&
	    (streq(mt->type, "cgroup") || streq(mt->type, "cgroup2"))) {
		cgroup_mount(c, m);
	} else if (m->kind == MOUNT_BIND) {
		bind_parse(c, m, mt);
	} else if (m->kind == MOUNT_NEW) {
		new_parse(m, mt);
	}
	if (m->kind == MOUNT_BIND)
		m->slot = plan_slot_new(c->b);
	if (m->kind != MOUNT_CHANGE && streq(m->destination, "/dev")) {
		m->own_dev = m->kind == MOUNT_NEW && streq(m->type, "tmpfs");
		m->foreign_dev = !m->own_dev;
	}
}

/* Behind those of the bundle, one of which may be on /run. */
static void notify_mount(struct compile *c, struct mount_plan *m)
{
	*m = (struct mount_plan){
		.kind = MOUNT_BIND,
		.field = "NOTIFY_SOCKET",
		.source = c->env->notify_dir,
		.destination = NOTIFY_MOUNT,
		.slot = plan_slot_new(c->b),
		.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
}

void compile_mounts_parse(struct compile *c)
{
	size_t i;

	c->mounts = arena_alloc(c->env->arena,
				(c->config->mounts.n + 1) * sizeof(struct mount_plan));
	c->mounts_n = c->config->mounts.n;
	for (i = 0; i < c->mounts_n; i++)
		mount_parse(c, i, &c->mounts[i]);
	if (c->mounts_n && c->mounts[0].kind == MOUNT_NEW && streq(c->mounts[0].type, "overlay") &&
	    streq(c->mounts[0].destination, "/")) {
		c->mounts[0].kind = MOUNT_ROOT;
		c->overlay_root = true;
	}
	if (c->env->notify_dir)
		notify_mount(c, &c->mounts[c->mounts_n++]);
}

/* The last mount on /dev counts. */
static struct mount_plan *dev_mount(const struct compile *c)
{
	size_t i = c->mounts_n;

	while (i-- > 0)
		if (c->mounts[i].own_dev || c->mounts[i].foreign_dev)
			return &c->mounts[i];
	return NULL;
}

enum dev_kind compile_dev_kind(const struct compile *c)
{
	const struct mount_plan *m = dev_mount(c);

	return !m ? DEV_ROOTFS : m->own_dev ? DEV_OWN : DEV_FOREIGN;
}

bool compile_in_own_dev(const struct compile *c, const char *path)
{
	const struct mount_plan *dev = dev_mount(c), *m;

	if (!dev || !dev->own_dev || !starts_with(path, "/dev/") || strstr(path, "/../"))
		return false;
	for (m = dev + 1; m < c->mounts + c->mounts_n; m++) {
		size_t n = strlen(m->destination);

		if (m->kind != MOUNT_CHANGE && strncmp(path, m->destination, n) == 0 &&
		    path[n] == '/')
			return false;
	}
	return true;
}

void compile_mounts_overlay(struct compile *c)
{
	const struct mount_plan *m = &c->mounts[0];
	struct plan_op *op = plan_add(c->b, OP_OPEN_OVERLAY, ACTOR_PARENT, m->field);

	op->arg[0] = SLOT_ROOT;
	op->arg[1] = compile_vector(c->b, &m->data);
	op->arg[2] = m->set;
	op->arg[3] = plan_put_string(c->b, c->env->rootfs);
}

void compile_mounts_parent(struct compile *c)
{
	size_t i;

	for (i = 0; i < c->mounts_n; i++) {
		const struct mount_plan *m = &c->mounts[i];
		struct plan_op *op;

		if (m->kind != MOUNT_BIND)
			continue;
		op = plan_add(c->b, OP_OPEN_SOURCE, ACTOR_PARENT, m->field);
		op->arg[0] = m->slot;
		op->arg[1] = plan_put_string(c->b, m->source);
		op->arg[2] = m->recursive_bind;
		/* The clone is a peer of the source. It stays one only where the container's mounts
		 * are meant to reach the host; else it is a slave from the first moment. */
		op->arg[3] = (m->propagation & SYS_MS_SHARED) || c->inside ? 0 : SYS_MS_SLAVE;
		op->arg[4] = c->inside;
	}
}

static void new_add(struct compile *c, const struct mount_plan *m)
{
	struct plan_op *op = plan_add(c->b, OP_MOUNT_NEW, ACTOR_WALKER, m->field);
	uint64_t set = m->set;

	op->arg[0] = plan_put_string(c->b, m->type);
	op->arg[1] = plan_put_string(c->b, m->source);
	op->arg[2] = plan_put_string(c->b, m->destination);
	op->arg[3] = compile_vector(c->b, &m->data);
	op->arg[4] = plan_put_blob(c->b, m->data_indexes, m->data.n * sizeof(uint32_t));
	op->arg[6] = m->propagation;
	if (m->tmpcopyup)
		op->arg[7] |= MOUNT_FLAG_COPYUP;
	if (m == dev_mount(c) && m->own_dev) {
		/* Nodes and mount points must be made first; compile_dev_close makes it so afterwards. */
		op->arg[7] |= MOUNT_FLAG_DEV;
		set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	} else if (m->tmpcopyup && (set & MOUNT_ATTR_RDONLY)) {
		op->arg[7] |= MOUNT_FLAG_RO_LATER;
		set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	op->arg[5] = set;
}

static void bind_add(struct compile *c, const struct mount_plan *m)
{
	struct plan_op *op;

	compile_take_tree(c, m->field, m->slot, m->source, m->recursive_bind);
	op = plan_add(c->b, OP_MOUNT_BIND, ACTOR_WALKER, m->field);
	op->arg[0] = m->slot;
	op->arg[1] = plan_put_string(c->b, m->destination);
	op->arg[2] = m->set;
	op->arg[3] = m->clear & ~m->set;
	op->arg[4] = m->rset;
	op->arg[5] = m->rclear & ~m->rset;
	/* The kernel wants the whole group of access time flags cleared when one is set. */
	if ((m->set | m->clear) & MOUNT_ATTR__ATIME)
		op->arg[3] |= MOUNT_ATTR__ATIME;
	if ((m->rset | m->rclear) & MOUNT_ATTR__ATIME)
		op->arg[5] |= MOUNT_ATTR__ATIME;
	op->arg[6] = m->propagation;
	if (streq(m->destination, "/proc"))
		op->arg[7] |= MOUNT_FLAG_PROC;
}

static void change_add(struct compile *c, const struct mount_plan *m)
{
	struct plan_op *op = plan_add(c->b, OP_MOUNT_CHANGE, ACTOR_WALKER, m->field);

	op->arg[0] = plan_put_string(c->b, m->destination);
	op->arg[1] = compile_vector(c->b, &m->data);
	op->arg[2] = plan_put_blob(c->b, m->data_indexes, m->data.n * sizeof(uint32_t));
	op->arg[3] = m->set | m->rset;
	op->arg[4] = (m->clear | m->rclear) & ~op->arg[3];
	if ((m->set | m->clear) & MOUNT_ATTR__ATIME)
		op->arg[4] |= MOUNT_ATTR__ATIME;
	op->arg[5] = m->propagation;
}

void compile_mounts_walker(struct compile *c)
{
	size_t i;

	for (i = 0; i < c->mounts_n; i++) {
		const struct mount_plan *m = &c->mounts[i];

		if (m->kind == MOUNT_NEW)
			new_add(c, m);
		else if (m->kind == MOUNT_BIND)
			bind_add(c, m);
		else if (m->kind == MOUNT_CHANGE)
			change_add(c, m);
	}
}

void compile_dev_close(struct compile *c)
{
	const struct mount_plan *m = dev_mount(c);
	const struct strings none = {0};
	struct plan_op *op;

	if (!m || !m->own_dev || !(m->set & MOUNT_ATTR_RDONLY))
		return;
	op = plan_add(c->b, OP_MOUNT_CHANGE, ACTOR_WALKER, m->field);
	op->arg[0] = plan_put_string(c->b, m->destination);
	op->arg[1] = compile_vector(c->b, &none);
	op->arg[2] = plan_put_blob(c->b, "", 0);
	op->arg[3] = MOUNT_ATTR_RDONLY;
}
