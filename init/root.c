/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages of the root, and what holds in each:
 *
 *   propagation	in the new mount namespace, a copy of the runtime's: nothing that happens
 *			below may reach the runtime's mounts, so all is made slave (or private).
 *   attach		the detached tree that the parent cloned is put over "/". It is not reached
 *			by its path, which may lie in a directory that the container's user can't
 *			search, or be exchanged meanwhile. (With hooks of create it is put over
 *			its path after all: they mount things there.) Until the pivot, "/" of
 *			this process is still the runtime's root; the container's is w->root.
 *   mounts, devices	below w->root only (resolve.c).
 *   pivot		from here "/" is the container's; the runtime's root is gone.
 *   masks, read-only	after the pivot (security.md, R2), of what the container will really see.
 */
#include "init/root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/sys.h"
#include "init/mount.h"
#include "init/resolve.h"

int umount2(const char *target, int flags); /* <sys/mount.h> clashes with <linux/mount.h> */

int op_propagation(struct walker *w, const struct plan_op *op)
{
	(void)w;
	return sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, 0, 0, op->arg[0]) < 0 ? -errno : 0;
}

static int tree_clone(int fd, unsigned recursive)
{
	return sys_open_tree(fd, "",
			     AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
}

/*
 * In a user namespace the trees are cloned here, from this namespace's copy of the runtime's mounts:
 * the kernel has locked in it what a less privileged owner must not change (read-only, nosuid, nodev,
 * what lies below), and a clone keeps the locks. One made by the parent would have none.
 */
int op_take_tree(struct walker *w, const struct plan_op *op)
{
	int tree = walk_slot(w, op->arg[0]), fd;

	fd = tree_clone(tree, op->arg[2] ? AT_RECURSIVE : 0);
	if (fd < 0 && errno != EINVAL)
		return -errno;
	if (fd < 0 && !op->arg[2]) {
		fd = tree_clone(tree, AT_RECURSIVE);
		if (fd >= 0) {
			close(fd);
			walk_detail(w, "a user namespace can't leave out what is mounted below it: rbind",
				    NULL, NULL, NULL);
			return WALK_SAID;
		}
	}
	/* What can't be cloned here is no path of this namespace, but a detached tree already. */
	if (fd >= 0) {
		close(tree);
		w->slots[op->arg[0]] = fd + 1;
	}
	return 0;
}

/* Look-ups begin at "/" from here on. */
static int root_reopen(struct walker *w)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	w->root = fd;
	return 0;
}

int op_root_attach(struct walker *w, const struct plan_op *op)
{
	const char *path = walk_string(w, op->arg[1]);
	int fd, at, r = 0;
	struct stat a, b;

	/* In a mount namespace that was joined it is a directory there, like any other; and in the
	 * runtime's own, for exec. */
	if (op->arg[0] == SLOT_NONE) {
		if (w->root < 0) {
			r = root_reopen(w);
			if (r < 0)
				return r;
		}
		fd = resolve_open(w->root, path, O_PATH | O_DIRECTORY);
		w->root = fd;
		return fd < 0 ? fd : 0;
	}
	fd = walk_slot(w, op->arg[0]);

	/* A path is named where hooks of create will look for the root file system at it. One that
	 * the container's user can't reach, they will not find in here either. */
	at = open(path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 && path && errno == EACCES) {
		path = NULL;
		at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (at < 0)
		return -errno;
	if (path && !op->arg[2] && (fstat(at, &a) < 0 || fstat(fd, &b) < 0 || a.st_dev != b.st_dev ||
		     a.st_ino != b.st_ino)) {
		walk_detail(w, path, " is not the directory any more that it was", NULL, NULL);
		r = WALK_SAID;
	}
	if (r == 0 && sys_move_mount(fd, "", at, "",
				     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		r = -errno;
	close(at);
	w->root = fd;
	w->root_at_path = path != NULL;
	return r;
}

/* Without pivot_root the root file system must lie over "/": where it does not, whoever joins the
 * mount namespace later, as exec does, has the runtime's root. */
static int root_over_old(struct walker *w)
{
	int old, r;

	if (!w->root_at_path)
		return 0;
	old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return -errno;
	r = mount_attach(w->root, old);
	close(old);
	return r;
}

int op_root_pivot(struct walker *w, const struct plan_op *op)
{
	int fd = w->root < 0 ? walk_slot(w, SLOT_ROOT) : w->root;
	int r = op->arg[0] == PIVOT_MOVE ? root_over_old(w) : 0;

	if (r < 0)
		return r;
	if (fchdir(fd) < 0)
		return -errno;
	if (op->arg[0] == PIVOT_ROOT) {
		/* The old root lands on top of the new one at "." and is taken off from there. */
		if (sys_pivot_root(".", ".") < 0 || umount2(".", SYS_MNT_DETACH) < 0)
			return -errno;
		if (chdir("/") < 0)
			return -errno;
	} else if (chroot(".") < 0 || chdir("/") < 0) {
		return -errno;
	}
	return root_reopen(w);
}

int op_root_propagation(struct walker *w, const struct plan_op *op)
{
	unsigned flags = AT_EMPTY_PATH | (unsigned)(op->arg[0] >> 32);

	return sys_mount_setattr(w->root, "", flags, 0, 0, op->arg[0] & 0xffffffff) < 0 ? -errno
											: 0;
}

/*
 * The source of file masks: whatever the container has at /dev/null, itself no link, and proven to
 * be the null device by its numbers. From here on it is this inode that is bound, whatever happens
 * to the name (CVE-2025-31133).
 */
static int null_open(struct walker *w)
{
	struct stat st;
	int fd;

	if (w->null >= 0)
		return 0;
	fd = resolve_open(w->root, "/dev/null", O_PATH | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(1, 3)) {
		w->null = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	walk_detail(w, "/dev/null of the container is not the null device", NULL, NULL, NULL);
	return WALK_SAID;
}

/* All masked directories share one tmpfs, read-only and empty. */
static int mask_directory(struct walker *w, int target)
{
	int mnt, r;

	if (w->mask_dir < 0) {
		mnt = mount_tmpfs("755", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
						 MOUNT_ATTR_NOEXEC);
		if (mnt < 0)
			return mnt;
		r = mount_attach(mnt, target);
		w->mask_dir = mnt;
		return r;
	}
	mnt = sys_open_tree(w->mask_dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mnt < 0)
		return -errno;
	r = mount_attach(mnt, target);
	close(mnt);
	return r;
}

static int mask_file(struct walker *w, int target)
{
	int mnt, r = null_open(w);

	if (r < 0)
		return r;
	mnt = sys_open_tree(w->null, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mnt < 0)
		return -errno;
	r = mount_attach(mnt, target);
	close(mnt);
	return r;
}

/* What is not there needs no mask: kernels differ in what /proc has. */
static bool absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

int op_mask(struct walker *w, const struct plan_op *op)
{
	int target = resolve_open(w->root, walk_string(w, op->arg[0]), O_PATH), r;
	struct stat st;

	if (target < 0)
		return absent(target) ? 0 : target;
	if (fstat(target, &st) < 0)
		r = -errno;
	else
		r = S_ISDIR(st.st_mode) ? mask_directory(w, target) : mask_file(w, target);
	close(target);
	return r;
}

int op_readonly(struct walker *w, const struct plan_op *op)
{
	int target = resolve_open(w->root, walk_string(w, op->arg[0]), O_PATH), mnt, r = 0;

	if (target < 0)
		return absent(target) ? 0 : target;
	mnt = sys_open_tree(target, "",
			    AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mnt < 0) {
		r = -errno;
		close(target);
		return r;
	}
	if (sys_mount_setattr(mnt, "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0) < 0)
		r = -errno;
	if (r == 0)
		r = mount_attach(mnt, target);
	close(mnt);
	close(target);
	return r;
}

int op_root_readonly(struct walker *w, const struct plan_op *op)
{
	(void)op;
	return sys_mount_setattr(w->root, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0) < 0 ? -errno
											  : 0;
}
