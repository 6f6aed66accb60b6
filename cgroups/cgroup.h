/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup: a container's directory in the cgroup v2 hierarchy. Here hoy makes it itself (cgroupfs
 * manager); scope.h has systemd make it.
 *
 * cgroup_root_open() finds the cgroup2 mount: /sys/fs/cgroup, or /sys/fs/cgroup/unified on a hybrid
 * machine, or whatever /proc/self/mountinfo names; it is the container's own view in a cgroup
 * namespace. Paths are relative to that mount and begin with a slash ("/hoy-web").
 *
 * Every cgroup that hoy makes carries the extended attribute CGROUP_OWNER_XATTR with the text
 * "ROOT ID", by which it can be found when the state record is lost (security.md, R16).
 */
#ifndef HOY_CGROUPS_CGROUP_H
#define HOY_CGROUPS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define CGROUP_OWNER_XATTR	"trusted.hoy.owner"
#define CGROUP_OWNER_XATTR_USER "user.hoy.owner" /* where trusted.* is not permitted (rootless) */
/* On ancestors that hoy has made: only these are removed with the last container in them. One that
 * was there before is somebody's, with limits perhaps (a pod's). */
#define CGROUP_MADE_XATTR      "trusted.hoy.made"
#define CGROUP_MADE_XATTR_USER "user.hoy.made"

struct cgroup_root {
	int fd;		  /* O_PATH directory of the cgroup2 mount */
	const char *path; /* where it is mounted; belongs to the arena given to cgroup_root_open */
	bool hybrid;	  /* cgroup v1 hierarchies with controllers are mounted beside it */
};

/* Finds and opens the cgroup2 mount. 0 or negative errno (ENODEV: there is none; the hint says
 * what to do). The caller closes root->fd. */
int cgroup_root_open(struct cgroup_root *root, struct arena *a, struct error *err);

/* Where the v1 hierarchy of a controller is mounted, added to ret. -ENOENT: nowhere. */
int cgroup_v1_mount(const char *controller, struct text *ret);

/* Resolves linux.cgroupsPath for the cgroupfs manager: NULL gives "/hoy-ID"; absolute paths are
 * relative to the mount; a relative one is put below "/" too; ".." , empty components and control
 * characters are refused (CVE-2022-0492 class); `slice:prefix:name` is refused with a hint, for it
 * belongs to the systemd manager. Pure. 0 and *ret in the arena, or -EINVAL. */
int cgroup_path_resolve(const char *cgroups_path, const char *id, struct arena *a, const char **ret,
			struct error *err);

/* Makes the cgroup `path` and its missing ancestors, enables `controllers` (a space separated list
 * such as "cpu memory pids"; may be empty) in every ancestor's cgroup.subtree_control where they
 * are not yet enabled, and writes the owner attribute "state_root id". An existing cgroup must be
 * empty (EBUSY) and not frozen. A controller that is not there is an error that says whether it is
 * bound to cgroup v1 and where. On failure what was made is removed again. 0 or negative errno.
 *
 * ret_fd: O_RDONLY|O_DIRECTORY descriptor of the cgroup (good for CLONE_INTO_CGROUP).
 *
 * ret_made: how many directories were made, the leaf included (for undo). */
int cgroup_create(const struct cgroup_root *root, const char *path, const char *controllers,
		  const char *state_root, const char *id, int *ret_fd, unsigned *ret_made,
		  struct error *err);

/* Writes the owner attribute. 0 or negative errno. */
int cgroup_own(int fd, const char *path, const char *state_root, const char *id, struct error *err);

/* Enables controllers for an existing cgroup, as cgroup_create does. 0 or negative errno. */
int cgroup_enable(const struct cgroup_root *root, const char *path, int cgroup_fd,
		  const char *controllers, struct error *err);

/* A new cgroup in a threaded part of the hierarchy can hold nothing ("domain invalid") before it is threaded
 * too, as those above it (admin-guide/cgroup-v2, Threads). -EINVAL when it isn't one, or negative errno. */
int cgroup_become_threaded(const struct cgroup_root *root, const char *path);

/* Hands the cgroup to a container that makes cgroups of its own below (admin-guide/cgroup-v2,
 * Delegation): every controller that can be is enabled for it, and the directory and the files that the
 * kernel names for this belong to uid and gid, those of the container's root. 0 or negative errno. */
int cgroup_delegate(const struct cgroup_root *root, const char *path, int cgroup_fd, uid_t uid,
		    gid_t gid, struct error *err);

/* Where a process is, as this process sees the hierarchy; in the arena. NULL when that can't be said. */
const char *cgroup_path_of(pid_t pid, struct arena *a);

/* Opens an existing cgroup. -ENOENT without a text when it is not there. */
int cgroup_open(const struct cgroup_root *root, const char *path, int *ret_fd);

/* Reads a small control file in one go, NUL-terminated. Its length, or negative errno (-EFBIG:
 * buf is too small). */
int cgroup_read(int cgroup_fd, const char *file, char *buf, size_t size);

/* Reads a control file that holds one number; "max" is CGROUP_UNLIMITED. 0 or negative errno. */
#define CGROUP_UNLIMITED UINT64_MAX
int cgroup_number(int cgroup_fd, const char *file, uint64_t *ret);

/* Writes one control file of the cgroup. The error's step names file and value, a hint is given
 * where the errno misleads. A file that is missing is no error where that means the same (a
 * kernel without swap accounting, and memory.swap.max 0 or max). 0 or negative errno. */
int cgroup_write(int cgroup_fd, const char *file, const char *value, struct error *err);

/* Writes one pair of limits.h. 0 or negative errno with file and value in the step. */
struct limit;
int limit_write(int cgroup_fd, const struct limit *l, struct error *err);

/* Kills everything in the cgroup and below: cgroup.kill (5.14), else thaw and SIGKILL to all until
 * none is left. Does not wait. 0 or negative errno. */
int cgroup_kill(int cgroup_fd, struct error *err);
/* The second way of cgroup_kill on its own; it waits up to two seconds. */
int cgroup_kill_by_signal(int cgroup_fd, struct error *err);
/* True when cgroup.events says populated 1 / frozen 1. Negative errno on failure. */
int cgroup_populated(int cgroup_fd);
int cgroup_frozen(int cgroup_fd);
/* Sends signal sig to every process in the cgroup and below. 0 or negative errno. */
int cgroup_signal(int cgroup_fd, int sig, struct error *err);

struct cgroup_pids {
	size_t n;
	pid_t *v; /* ordered */
};
/* The processes in the cgroup and below, as our pid namespace knows them. 0 or negative errno. */
int cgroup_pids(int cgroup_fd, struct arena *a, struct cgroup_pids *ret, struct error *err);
/* Freezes or thaws the cgroup and waits up to timeout_ms for the kernel to say that it is done; a
 * cgroup that does not freeze in time is thawed again. 0 or negative errno (-ETIMEDOUT). */
int cgroup_freeze(int cgroup_fd, bool freeze, int timeout_ms, struct error *err);

/* Removes the cgroup with all cgroups below it, which must hold no process; waits up to
 * timeout_ms for exiting ones (through cgroup.events, no busy loop). After the leaf, `ancestors`
 * parents are removed as far as they are hoy's (CGROUP_MADE_XATTR) and empty (they are shared:
 * ENOTEMPTY and EBUSY are fine).
 * 0, also when it is not there, or negative errno (EBUSY names the pids that are left). */
int cgroup_remove(const struct cgroup_root *root, const char *path, unsigned ancestors,
		  int timeout_ms, struct error *err);

/* Finds the cgroup whose owner attribute is "state_root id", anywhere below the mount; without
 * one, an empty cgroup without any owner at the path that cgroup_path_resolve gives by default.
 * 0 and *ret (arena), or -ENOENT. */
int cgroup_find(const struct cgroup_root *root, const char *state_root, const char *id,
		struct arena *a, const char **ret);

/* memory.events' oom_kill count and memory.max / memory.peak, for wording an OOM kill. Absent
 * files leave the values at 0. */
struct cgroup_oom {
	unsigned long long kills, max, peak; /* max: 0 when unlimited or unknown; bytes */
};
void cgroup_oom_read(int cgroup_fd, struct cgroup_oom *ret);

#endif
