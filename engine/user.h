/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user: who a container's process is, from "USER[:GROUP]" (image-spec config.md, User).
 *
 * Digits are a number, 0 to 4294967294, whatever the files say; anything else is a name, looked up
 * in the root file system's own /etc/passwd and /etc/group, never in the host's:
 *
 *	"", NULL	0:0, and no file is read
 *	USER		a name: uid, gid and the groups that list it; a number: the gid of the line
 *			with that uid, else 0, and no further groups
 *	USER:GROUP	just these: no further groups
 *
 * The primary group is among the additional ones always, so that a process that drops its gid by
 * setgid(2) keeps what the group denies to it.
 *
 * The files are the image's and hostile: they are resolved inside the root, opened only where they
 * are regular, read up to USER_FILE_MAX bytes, and a line that can't be understood fails the look-up
 * if it is the one that was looked for, and else is passed over.
 */
#ifndef HOY_ENGINE_USER_H
#define HOY_ENGINE_USER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/list.h"
#include "spec/config.h"

#define USER_FILE_MAX	(1u << 20)
#define USER_GROUPS_MAX 1024 /* additional groups; the kernel takes 65536 */
#define USER_ID_MAX	4294967294u

/*
 * root: a descriptor of the root file system's directory (O_PATH will do). groups: --group-add,
 * names or numbers. What *ret points to belongs to the arena; umask and username are left as they
 * are. 0 or negative errno with err, whose field is for the caller to add. -ENOENT: there is no
 * such user or group.
 */
int user_resolve(int root, const char *user, const struct option_list *groups, struct arena *a,
		 struct user *ret, struct error *err);

#endif
