/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootless: images, and containers made from them, for a user who isn't root. What needs root's
 * privilege, or touches files of other owners, hoy does in a user namespace (runtime/userns.h), into
 * which it moves itself before it begins. There it is root, and all else is done as root does it: layers
 * are unpacked with their owners, overlayfs is mounted (with `userxattr`), containers run in that same
 * namespace, confined as root's.
 */
#ifndef HOY_ENGINE_ROOTLESS_H
#define HOY_ENGINE_ROOTLESS_H

#include <stdbool.h>

#include "runtime/container.h"

/* Whether this process was started by somebody who isn't root. No system call. */
bool rootless_is_user(void);

/*
 * Moves this process into the user's namespace, as long as there is one thread. id: of the container,
 * made by `hoy run`, that it is about; NULL: no certain one. Sets rt->rootless, and rt->manager where
 * the user has no part of the cgroups and has asked for none (rt->manager is MANAGER_CGROUPFS and choice
 * is true). 0 or negative errno with err; after a failure the process has to end.
 */
int rootless_enter(struct runtime *rt, const char *id, bool choice, struct error *err);

#endif
