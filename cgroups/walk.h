/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: steps through the cgroup hierarchy, down a path or over everything below a cgroup. Used
 * inside cgroups/ only.
 *
 * A container may own its cgroup and nest as deeply as it likes, so nothing here recurses, holds a
 * descriptor per level or builds a path for the kernel.
 */
#ifndef HOY_CGROUPS_WALK_H
#define HOY_CGROUPS_WALK_H

#include <stddef.h>
#include <sys/types.h>

#define CGROUP_NAME_SIZE 256 /* NAME_MAX and the NUL */

/* Takes the next component off *path. 1 and name, 0 at the end, -EINVAL for an empty component,
 * "." and "..", -ENAMETOOLONG. */
int path_next(const char **path, char name[CGROUP_NAME_SIZE]);
/* How many components the path has; negative errno as path_next. */
int path_depth(const char *path);
/* Opens the directory `depth` components down the path, O_PATH where that will do (flags). */
int path_open(int root_fd, const char *path, int depth, int flags, int *ret_fd);

struct visitor {
	/* On entering a cgroup, the top one included. path: relative to the top, "" or "/a/b".
	 * Non-zero ends the walk and is returned. May be NULL. */
	int (*enter)(int cgroup_fd, const char *path, void *arg);
	/* On leaving one, after all below it; not for the top. May be NULL. */
	int (*leave)(int parent_fd, const char *name, void *arg);
};

/* Visits the cgroup and all below it; those that vanish meanwhile are passed over. top_fd may be
 * O_PATH. 0, what a visitor returned, or negative errno. */
int cgroup_walk(int top_fd, const struct visitor *v, void *arg);

/* Calls use() for each process of this cgroup alone, until it returns other than 0; in a threaded cgroup
 * once for each of its threads. pid 0: one that our pid namespace does not see. 0, what use() returned, or
 * negative errno. */
int procs_each(int cgroup_fd, int (*use)(pid_t pid, void *arg), void *arg);

#endif
