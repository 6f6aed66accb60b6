/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attributes: owner, mode, extended attributes and times of one file, from one to another. Both are
 * descriptors of the files themselves, which O_PATH will do for: what stands at their names
 * meanwhile, and whether that is a link, is of no concern.
 */
#ifndef HOY_BASE_ATTRIBUTES_H
#define HOY_BASE_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct attributes_policy {
	/* All but overlayfs's own: owner, the bits for set-user-ID and such, every extended attribute.
	 * Else the owner is this one, and what gives privilege stays behind: of the extended attributes
	 * the user's go along. */
	bool archive;
	uid_t uid;
	gid_t gid;
};

/* st: of from. 0 or -errno. */
int attributes_copy(int from, int to, const struct stat *st, const struct attributes_policy *p);
/* All of it, of a file that nobody changes meanwhile. 0 or -errno. */
int attributes_copy_all(int from, int to);
/* The times alone, which writing to a directory changes. 0 or -errno. */
int attributes_copy_times(int to, const struct stat *st);

#endif
