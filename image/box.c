/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages, each with what the one before it has left:
 *
 *   namespaces	of its own: mounts, network, IPC, host name. All of root's capabilities in them.
 *   root	the directory is mounted over "/", without devices, programs and set-user-ID bits,
 *		and becomes the root; the host's tree is unmounted.
 *   privilege	capabilities, for good: the bounding set too, and no_new_privs.
 *   limits	memory, descriptors, no core file: what it holds may be anybody's.
 *   filter	the last, when there is nothing to do any more but to unpack.
 */
#include "image/box.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"

#ifdef __has_feature /* clang's way */
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

int umount2(const char *target, int flags); /* <sys/mount.h> clashes with <linux/mount.h> */

/* Bytes of addresses; zstd's largest window is an eighth. */
#define MEMORY_MAX	(UINT64_C(1) << 30)
#define HELPER "hoy-unpack"
#define DESCRIPTORS_MAX 256

/* trusted.* attributes and whiteouts need CAP_SYS_ADMIN and CAP_MKNOD. */
static const unsigned kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER,   CAP_FSETID,
				CAP_MKNOD, CAP_SETFCAP,	     CAP_SYS_ADMIN};

/* ---- The parent ------------------------------------------------------------------------------- */

/* A copy that lies above those numbers: one descriptor must not be overwritten by the next. */
static int above(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, BOX_FDS);
}

static int spawn(const char *mode, const char *argument, const int fds[BOX_FDS], pid_t *ret)
{
	char name[] = HELPER, path[PATH_MAX],
	     *argv[] = {name, strdupa(mode), argument ? strdupa(argument) : NULL, NULL},
	     *none[] = {NULL};
	posix_spawn_file_actions_t files;
	int r = posix_spawn_file_actions_init(&files), i;

	if (r)
		return -r;
	for (i = 0; !r && i < BOX_FDS; i++)
		if (fds[i] >= 0)
			r = posix_spawn_file_actions_adddup2(&files, fds[i], i);
	if (!r)
		r = posix_spawn(ret, process_helper(HELPER, path), &files, NULL, argv, none);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

int box_spawn(const char *mode, const char *argument, const struct box_fds *fds, pid_t *ret)
{
	_cleanup_fd_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC), input = above(fds->input),
			 output = -1, dir = -1, report = above(fds->report);

	output = above(fds->output >= 0 ? fds->output : null);
	dir = fds->dir >= 0 ? above(fds->dir) : -1;
	if (input < 0 || output < 0 || report < 0 || (fds->dir >= 0 && dir < 0))
		return -errno;
	return spawn(mode, argument,
		     (const int[BOX_FDS]){[BOX_INPUT] = input,
					  [BOX_OUTPUT] = output,
					  [2] = -1,
					  [BOX_DIR] = dir,
					  [BOX_REPORT] = report},
		     ret);
}

/* ---- The process ------------------------------------------------------------------------------ */

static int root_enter(int tree, struct error *err)
{
	_cleanup_fd_ int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (top < 0)
		return error_set(err, errno, "open the root directory");
	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, 0, 0, SYS_MS_PRIVATE) < 0 ||
	    sys_mount_setattr(tree, "", AT_EMPTY_PATH,
			      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0,
			      SYS_MS_PRIVATE) < 0)
		return error_set(err, errno, "set up the mount of its directory");
	if (sys_move_mount(tree, "", top, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
		    0 ||
	    fchdir(tree) < 0 || sys_pivot_root(".", ".") < 0 || umount2(".", SYS_MNT_DETACH) < 0 ||
	    chdir("/") < 0)
		return error_set(err, errno, "make its directory the root");
	return 0;
}

static int privilege_drop(bool files, struct error *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}, {0}};
	uint64_t keep = 0;
	unsigned i;

	for (i = 0; files && i < sizeof(kept) / sizeof(*kept); i++)
		keep |= UINT64_C(1) << kept[i];
	for (i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return error_set(err, errno, "drop capability %u", i);
	data[0].effective = data[0].permitted = (uint32_t)keep;
	data[1].effective = data[1].permitted = (uint32_t)(keep >> 32);
	if (syscall(SYS_capset, &head, data) < 0)
		return error_set(err, errno, "drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, errno, "give up new privileges");
	return 0;
}

static int limit_set(int what, uint64_t limit, struct error *err)
{
	struct rlimit l;

	if (getrlimit((__rlimit_resource_t)what, &l) == 0 && l.rlim_max > limit)
		l.rlim_max = limit;
	l.rlim_cur = l.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &l) < 0
		       ? error_set(err, errno, "set its limits")
		       : 0;
}

/* A directory can be cloned only where it is mounted: in the namespace that is to be left. */
static int tree_open(int dir)
{
	_cleanup_fd_ int fs = -1;

	if (dir >= 0)
		return sys_open_tree(dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
}

int box_enter(int dir, bool files, struct error *err)
{
	_cleanup_fd_ int tree = tree_open(dir);
	int r;

	if (tree < 0)
		return error_set(err, errno, "open its directory");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return error_set(err, errno, "unshare namespaces");
	r = root_enter(tree, err);
	if (r == 0)
		r = privilege_drop(files, err);
	if (r == 0)
		r = limit_set(RLIMIT_CORE, 0, err);
	if (r == 0)
		r = limit_set(RLIMIT_NOFILE, DESCRIPTORS_MAX, err);
#ifndef __SANITIZE_ADDRESS__ /* whose shadow takes terabytes of addresses */
	if (r == 0)
		r = limit_set(RLIMIT_AS, MEMORY_MAX, err);
#endif
	return r;
}

#ifdef __SANITIZE_ADDRESS__
/* Its library has system calls of its own. */
int box_filter(struct error *err)
{
	(void)err;
	return 0;
}
#else
/* Files, memory, threads and their end. */
static const int calls[] = {
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	SCMP_SYS(close),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fchdir),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(fchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(fcntl),
	SCMP_SYS(fsetxattr),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(ftruncate),
	SCMP_SYS(futex),
	SCMP_SYS(getdents64),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(linkat),
	SCMP_SYS(lseek),
	SCMP_SYS(lsetxattr),
	SCMP_SYS(madvise),
	SCMP_SYS(mkdirat),
	SCMP_SYS(mknodat),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(newfstatat),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
	SCMP_SYS(pread64),
	SCMP_SYS(prlimit64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(read),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(statx),
	SCMP_SYS(symlinkat),
	SCMP_SYS(sysinfo),
	SCMP_SYS(tgkill),
	SCMP_SYS(unlinkat),
	SCMP_SYS(utimensat),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

int box_filter(struct error *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	size_t i;
	int r = ctx ? 0 : -ENOMEM;

	for (i = 0; r == 0 && i < sizeof(calls) / sizeof(*calls); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	if (r == 0)
		r = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return r < 0 ? error_set(err, -r, "filter system calls") : 0;
}
#endif
