/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master comes from the devpts in the container, proven to be one; the slave comes from the
 * master (TIOCGPTPEER), not from a name in the container (security.md, R4). The master goes to the
 * parent as a descriptor; the slave becomes 0, 1 and 2, the controlling terminal of the session, and
 * is bound over /dev/console.
 */
#include "init/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/sys.h"
#include "init/mount.h"
#include "init/resolve.h"

#define DEVPTS_MAGIC 0x1cd1
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

/* Opens the multiplexer of the container's devpts. Descriptor or negative errno. */
static int master_open(struct walker *w)
{
	int fd = resolve_open(w->root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
	struct statfs fs;
	struct stat st;

	if (fd == -ENOENT || fd == -ENOTDIR) {
		walk_detail(w, "a terminal needs a devpts on /dev/pts in mounts", NULL, NULL, NULL);
		return WALK_SAID;
	}
	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != DEVPTS_MAGIC || fstat(fd, &st) < 0 ||
	    st.st_rdev != makedev(5, 2)) {
		close(fd);
		walk_detail(w, "what is mounted on /dev/pts is no devpts", NULL, NULL, NULL);
		return WALK_SAID;
	}
	return fd;
}

static int slave_open(int master, const struct plan_op *op)
{
	struct winsize size = {
		.ws_col = (unsigned short)op->arg[0],
		.ws_row = (unsigned short)op->arg[1],
	};
	int locked = 0, fd;

	if (ioctl(master, TIOCSPTLCK, &locked) < 0)
		return -errno;
	fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Before anybody reads it: the first look must be right. */
	if ((size.ws_col && size.ws_row && ioctl(fd, TIOCSWINSZ, &size) < 0) ||
	    (op->arg[2] && fchown(fd, (uid_t)op->arg[2], (gid_t)-1) < 0)) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static int console_bind(struct walker *w, int slave)
{
	int target = resolve_make(w->root, "/dev/console", MAKE_FILE), mnt, r;

	if (target < 0)
		return target;
	mnt = sys_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	r = mnt < 0 ? -errno : mount_attach(mnt, target);
	if (mnt >= 0)
		close(mnt);
	close(target);
	return r;
}

static int streams_set(int slave)
{
	int fd;

	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	for (fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			return -errno;
	return 0;
}

int op_terminal(struct walker *w, const struct plan_op *op)
{
	int master = master_open(w), slave, r;
	const uint16_t slot = SLOT_TERMINAL;

	if (master < 0)
		return master;
	slave = slave_open(master, op);
	r = slave < 0 ? slave : 0;
	if (r == 0 && op->arg[3])
		r = console_bind(w, slave);
	if (r == 0)
		r = message_send_slots(w->sock, &slot, &master, 1, false);
	if (r == 0)
		r = streams_set(slave);
	close(master);
	if (slave > 2)
		close(slave);
	return r;
}
