/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/quota.h"

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/quota.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443 /* on every architecture */
#endif
#define XFS_MAGIC 0x58465342
#define ZFS_MAGIC 0x2fc12fc1
#define KIB	  1024

static int quotactl_fd(int fd, unsigned command, uint32_t id, void *to)
{
	return syscall(SYS_quotactl_fd, fd, QCMD(command, PRJQUOTA), id, to) < 0 ? -errno : 0;
}

/* ---- Whether there are any ------------------------------------------------------------------- */

struct file_system {
	uint64_t magic;
	const char *name;
	const char *hint; /* NULL: it has no such quotas */
};

static const struct file_system file_systems[] = {
	{EXT4_SUPER_MAGIC, "ext4",
	 "unmounted, \"tune2fs -O project,quota\" prepares it; then it is mounted with the option "
	 "prjquota"},
	{XFS_MAGIC, "xfs", "it has them when it is mounted with the option pquota, from the start"},
	{F2FS_SUPER_MAGIC, "f2fs",
	 "made with \"mkfs.f2fs -O extra_attr,project_quota,quota\" and mounted with prjquota"},
	{BTRFS_SUPER_MAGIC, "btrfs", NULL},
	{OVERLAYFS_SUPER_MAGIC, "overlay", NULL},
	{TMPFS_MAGIC, "tmpfs", NULL},
	{ZFS_MAGIC, "zfs", NULL},
};

static int quota_missing(int fd, struct error *err)
{
	struct file_system other = {0}, *fs = &other;
	struct statfs st;
	char name[32];
	size_t i;

	if (fstatfs(fd, &st) < 0)
		return error_set(err, errno, "look at the file system");
	snprintf(name, sizeof(name), "of type 0x%llx", (unsigned long long)st.f_type);
	other.name = name;
	for (i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (file_systems[i].magic == (uint64_t)st.f_type)
			other = file_systems[i];
	if (fs->hint)
		error_hint(err, "%s; or with --writable-tmpfs the size is one of memory", fs->hint);
	else
		error_hint(err,
			   "ext4 and XFS have them; or with --writable-tmpfs the size is one of "
			   "memory");
	return error_say(err, EOPNOTSUPP, "its file system (%s) has no project quotas%s", fs->name,
			 fs->hint ? " that are switched on" : "");
}

int quota_check(int fd, struct error *err)
{
	struct fs_quota_statv state = {.qs_version = FS_QSTATV_VERSION1};
	int r = quotactl_fd(fd, Q_XGETQSTATV, 0, &state);

	if (r == 0 && (state.qs_flags & FS_QUOTA_PDQ_ENFD))
		return 0;
	if (r == -EPERM || r == -EACCES)
		return error_set(err, -r, "ask the file system for its quotas");
	return quota_missing(fd, err);
}

/* ---- A project's ----------------------------------------------------------------------------- */

int quota_used(int fd, uint32_t project)
{
	struct if_dqblk q = {0};
	int r = quotactl_fd(fd, Q_GETQUOTA, project, &q);

	/* XFS has no record of a project that nobody has used. */
	if (r < 0)
		return r == -ENOENT || r == -ESRCH ? 0 : r;
	return q.dqb_curspace || q.dqb_curinodes || q.dqb_bhardlimit || q.dqb_bsoftlimit ||
	       q.dqb_ihardlimit || q.dqb_isoftlimit;
}

int quota_limit(int fd, uint32_t project, uint64_t bytes)
{
	uint64_t blocks = bytes / KIB + (bytes % KIB != 0);
	struct if_dqblk q = {
		.dqb_bhardlimit = blocks,
		.dqb_bsoftlimit = blocks,
		.dqb_valid = QIF_BLIMITS,
	};

	_Static_assert(QIF_DQBLKSIZE == KIB, "limits are counted in KiB");
	return quotactl_fd(fd, Q_SETQUOTA, project, &q);
}

int quota_assign(int directory, uint32_t project)
{
	struct fsxattr x;

	if (ioctl(directory, FS_IOC_FSGETXATTR, &x) < 0)
		return -errno;
	x.fsx_projid = project;
	x.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	return ioctl(directory, FS_IOC_FSSETXATTR, &x) < 0 ? -errno : 0;
}
