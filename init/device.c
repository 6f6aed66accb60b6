/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes are made in a tmpfs of our own, never through a directory of the image (security.md, R4).
 *
 *   own /dev	the bundle mounts a fresh tmpfs on /dev: nodes are made in it, by the descriptor of
 *		that mount, without following a link or crossing into another mount.
 *   staged	anywhere else: the node is made in a tmpfs that lies over the container's root while
 *		OP_DEV_STAGE .. OP_DEV_UNSTAGE, cloned as a mount of its own, and bound over the path
 *		in the root file system, which is resolved like any mount destination. (Look-ups from
 *		w->root begin below the stage and don't see it.)
 *   bound	in a user namespace nodes can't be made: the parent has opened the runtime's device,
 *		and the walker binds that over the path.
 */
#include "init/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/number.h"
#include "base/sys.h"
#include "init/mount.h"
#include "init/resolve.h"

int umount2(const char *target, int flags); /* <sys/mount.h> clashes with <linux/mount.h> */

#define OWN_RESOLVE (RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS)

/* Puts a tmpfs over the root, in which nodes may exist (no MOUNT_ATTR_NODEV). */
int op_dev_stage(struct walker *w, const struct plan_op *op)
{
	int mnt = mount_tmpfs("700", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), r;

	(void)op;
	if (mnt < 0)
		return mnt;
	r = mount_attach(mnt, w->root);
	if (r < 0) {
		close(mnt);
		return r;
	}
	w->stage = mnt;
	return 0;
}

int op_dev_unstage(struct walker *w, const struct plan_op *op)
{
	(void)op;
	if (fchdir(w->stage) < 0 || umount2(".", SYS_MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	close(w->stage);
	w->stage = -1;
	return 0;
}

/* The directory in our own /dev in which path ("/dev/net/tun") lies, made when missing. *name is
 * its last component. Descriptor or negative errno; -EXDEV when it is not in this mount. */
static int own_parent(struct walker *w, const char *path, char *buf, const char **name)
{
	const char *rest = path + strlen("/dev/");
	char *slash;
	int fd;

	if (strlen(rest) >= WALK_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(buf, rest, strlen(rest) + 1);
	slash = strrchr(buf, '/');
	*name = slash ? slash + 1 : buf;
	if (!(*name)[0] || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
		return -EINVAL;
	if (!slash)
		return fcntl(w->dev, F_DUPFD_CLOEXEC, 0);
	for (char *p = buf; (p = strchr(p, '/')) && p <= slash; *p++ = '/') {
		*p = 0;
		fd = sys_openat2(w->dev, buf, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, OWN_RESOLVE);
		if (fd >= 0)
			close(fd);
		else if (errno != ENOENT || mkdirat(w->dev, buf, 0755) < 0)
			return -errno;
	}
	*slash = 0;
	fd = sys_openat2(w->dev, buf, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, OWN_RESOLVE);
	return fd < 0 ? -errno : fd;
}

struct node {
	mode_t mode; /* with its type */
	dev_t dev;
	uid_t uid;
	gid_t gid;
};

static struct node node_of(const struct plan_op *op)
{
	return (struct node){
		.mode = (mode_t)op->arg[1],
		.dev = makedev((unsigned)op->arg[2], (unsigned)op->arg[3]),
		.uid = (uid_t)op->arg[4],
		.gid = (gid_t)op->arg[5],
	};
}

/* Is what lies there the device that was asked for? 1 yes, 0 nothing there, or negative errno. */
static int node_matches(struct walker *w, int dir, const char *name, mode_t type, dev_t dev)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if ((st.st_mode & S_IFMT) == type && (type == S_IFIFO || st.st_rdev == dev))
		return 1;
	walk_detail(w, "there is another file already", NULL, NULL, NULL);
	return WALK_SAID;
}

static int node_make(int dir, const char *name, const struct node *n)
{
	mode_t old = umask(0);
	int r = mknodat(dir, name, n->mode, n->dev);

	if (r == 0 && (n->uid || n->gid))
		r = fchownat(dir, name, n->uid, n->gid, AT_SYMLINK_NOFOLLOW);
	r = r < 0 ? -errno : 0;
	umask(old);
	return r;
}

static int node_in_own_dev(struct walker *w, const char *path, const struct node *n)
{
	const char *name;
	int dir = own_parent(w, path, w->path, &name), r;

	if (dir < 0)
		return dir;
	r = node_make(dir, name, n);
	if (r == -EEXIST)
		r = node_matches(w, dir, name, n->mode & S_IFMT, n->dev);
	close(dir);
	return r > 0 ? 0 : r;
}

/* Binds the mount over path, which is made as an empty file when it is missing. */
static int node_attach(struct walker *w, const char *path, int mnt, mode_t type, dev_t dev)
{
	int target = resolve_make(w->root, path, MAKE_FILE), r;
	struct stat st;

	if (target < 0)
		return target;
	if (fstat(target, &st) < 0) {
		r = -errno;
	} else if ((st.st_mode & S_IFMT) == type && (type == S_IFIFO || st.st_rdev == dev)) {
		/* The image has the right node: ours, of which nobody else holds a name, covers it. */
		r = mount_attach(mnt, target);
	} else if (S_ISREG(st.st_mode) && st.st_size == 0) {
		r = mount_attach(mnt, target);
	} else {
		walk_detail(w, "there is another file already", NULL, NULL, NULL);
		r = WALK_SAID;
	}
	close(target);
	return r;
}

/* Each node keeps a name of its own in the stage: the kernel can't bind again what has none, and
 * the container's /dev/null is bound once more for every file that is masked. */
static int node_staged(struct walker *w, const char *path, const struct node *n)
{
	char name[NUMBER_SIZE];
	int mnt, r;

	number_write(name, ++w->staged);
	r = node_make(w->stage, name, n);
	if (r < 0)
		return r;
	mnt = sys_open_tree(w->stage, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (mnt < 0)
		return -errno;
	r = node_attach(w, path, mnt, n->mode & S_IFMT, n->dev);
	close(mnt);
	return r;
}

int op_device_node(struct walker *w, const struct plan_op *op)
{
	const char *path = walk_string(w, op->arg[0]);
	struct node n = node_of(op);

	if (op->arg[6])
		return node_in_own_dev(w, path, &n);
	return node_staged(w, path, &n);
}

int op_device_bind(struct walker *w, const struct plan_op *op)
{
	return node_attach(w, walk_string(w, op->arg[1]), walk_slot(w, op->arg[0]),
			   (mode_t)op->arg[2] & S_IFMT,
			   makedev((unsigned)op->arg[3], (unsigned)op->arg[4]));
}

/* A link of /dev; one that the image or a mount has already made is theirs. */
int op_dev_link(struct walker *w, const struct plan_op *op)
{
	const char *path = walk_string(w, op->arg[0]), *name;
	int dir, r = 0;

	dir = op->arg[2] ? own_parent(w, path, w->path, &name)
			 : resolve_parent(w->root, path, w->path, &name);
	if (dir < 0)
		return dir;
	if (symlinkat(walk_string(w, op->arg[1]), dir, name) < 0 && errno != EEXIST)
		r = -errno;
	close(dir);
	return r;
}
