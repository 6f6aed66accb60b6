/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trees: what the parent opens of the runtime's file systems for the walker: the root file system,
 * the sources of binds, devices. Detached clones, or in a user namespace descriptors in the child's
 * own mount namespace, of which the walker makes the clones (init/root.c, op_take_tree).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/sys.h"
#include "runtime/overlay.h"
#include "runtime/parent_parts.h"

#define STR(i) plan_string(p->plan->buf, op->arg[i])

static int tree_clone(const char *path, bool recursive, uint64_t propagation)
{
	unsigned flags = recursive ? AT_RECURSIVE : 0;
	int fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags), r;

	if (fd < 0)
		return -errno;
	/* Before anything is mounted below it: the clone is a peer of what it was cloned from. */
	if (propagation &&
	    sys_mount_setattr(fd, "", AT_EMPTY_PATH | flags, 0, 0, propagation) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/*
 * Opens a path as the child in the new mount namespace would, but with hoy's right to search it.
 * What a magic link leads to has no path there (/proc/1/ns/net): a detached clone has to do.
 */
static int inside_open(struct parent *p, const char *path)
{
	_cleanup_fd_ int root = -1;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%d/root", (int)p->child.pid);
	root = openat(p->slots[SLOT_PROC], name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = sys_openat2(root, path, O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT);
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return tree_clone(path, false, 0);
	return fd < 0 ? -errno : fd;
}

static int tree_error(int r, struct error *err)
{
	if (r == -EPERM)
		error_hint(err, "hoy needs to be root for this");
	else if (r == -EINVAL)
		error_hint(err, "it may be an unbindable mount");
	return error_set(err, -r, "%s", "");
}

int trees_open_root(struct parent *p, const struct plan_op *op, struct error *err)
{
	struct stat st;
	int fd;

	if (stat(STR(1), &st) < 0)
		return error_set(err, errno, "%s", "");
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ENOTDIR, "%s", "");
	if (op->arg[3]) {
		fd = inside_open(p, STR(1));
	} else if (op->arg[2]) {
		fd = tree_clone(STR(1), true, op->arg[2]);
	} else {
		fd = open(STR(1), O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	if (fd < 0)
		return tree_error(fd, err);
	p->slots[op->arg[0]] = fd;
	return 0;
}

int trees_open_overlay(struct parent *p, const struct plan_op *op, struct error *err)
{
	const void *plan = p->plan->buf;
	struct overlay o = {
		.field = plan_string(plan, op->field),
		.n = plan_vector_count(plan, op->arg[1]),
		.attributes = (unsigned)op->arg[2],
		.scratch = STR(3),
	};
	const char **options = arena_alloc(p->arena, (o.n + 1) * sizeof(*options));
	size_t i;
	int fd;

	for (i = 0; i < o.n; i++)
		options[i] = plan_vector_string(plan, op->arg[1], i);
	o.options = options;
	if (p->root_mount) {
		fd = fcntl(p->root_mount, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return error_set(err, errno, "%s", "");
	} else {
		fd = overlay_mount(&o, err);
	}
	if (fd < 0)
		return fd;
	p->slots[op->arg[0]] = fd;
	return 0;
}

int trees_open_source(struct parent *p, const struct plan_op *op, struct error *err)
{
	int fd = op->arg[4] ? inside_open(p, STR(1))
			    : tree_clone(STR(1), op->arg[2] != 0, op->arg[3]);

	if (fd < 0)
		return tree_error(fd, err);
	p->slots[op->arg[0]] = fd;
	return 0;
}

/* A device of the runtime's, proven to be the one that was asked for before it is given away. */
int trees_open_device(struct parent *p, const struct plan_op *op, struct error *err)
{
	int fd = op->arg[5] ? inside_open(p, STR(1)) : tree_clone(STR(1), false, SYS_MS_PRIVATE);
	struct stat st;

	if (fd < 0)
		return tree_error(fd, err);
	if (fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != op->arg[2] ||
	    st.st_rdev != makedev((unsigned)op->arg[3], (unsigned)op->arg[4])) {
		close(fd);
		return error_say(err, EINVAL, "the runtime's file of this name is another one");
	}
	p->slots[op->arg[0]] = fd;
	return 0;
}
#undef STR
