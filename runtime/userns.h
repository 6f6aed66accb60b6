/* SPDX-License-Identifier: Apache-2.0 */
/*
 * userns: a user namespace in which a user who isn't root is: this process moves into one, with a mount
 * namespace of its own, and goes on there as user 0 with all capabilities over what is in it.
 *
 * Both are to be called while there is one thread, and before anything is done that needs the privilege.
 */
#ifndef HOY_RUNTIME_USERNS_H
#define HOY_RUNTIME_USERNS_H

#include "base/error.h"

/*
 * A new one. 0 in it is the caller; 1 and on are the ids that /etc/subuid and /etc/subgid give him,
 * written by newuidmap and newgidmap (package uidmap), which are set-user-ID and are executed from fixed
 * paths without any environment. Where a file has no line for him or a program isn't there, 0 is all
 * that there is. Where the programs are there and fail, so does this: what has been written with one map
 * looks strange with another.
 *
 * 0 or negative errno with err; after a failure the process is good for nothing but to end.
 */
int userns_make(struct error *err);

/* Into that of the process, and a new mount namespace. 0; a negative errno without words: nothing has
 * changed; or one with words, and the process has to end. */
int userns_join(int pidfd, struct error *err);

#endif
