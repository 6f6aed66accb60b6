/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve: the one way from a path of the container to a descriptor (security.md, R1).
 *
 * Absolute and relative paths alike begin at the container's root and never leave it: `..` stops
 * there, symlinks are followed inside it, magic links of procfs are not followed. The result is
 * used as a descriptor and nothing else.
 */
#ifndef HOY_INIT_RESOLVE_H
#define HOY_INIT_RESOLVE_H

enum resolve_make {
	MAKE_NONE, /* it must be there */
	MAKE_DIR,  /* make it and its parents as directories, 0755 */
	MAKE_FILE, /* make it an empty file, its parents as directories */
};

/* Opens path below root with flags (O_CLOEXEC is added). Descriptor or negative errno. */
int resolve_open(int root, const char *path, int flags);
/* Opens path with O_PATH, making what is missing. Descriptor or negative errno. */
int resolve_make(int root, const char *path, enum resolve_make make);
/* Splits path: opens its parent directory (made when missing) and points *name at the last
 * component. Descriptor or negative errno; -EINVAL where there is no last component ("/", ".."). */
int resolve_parent(int root, const char *path, char *buf, const char **name);

/* The walk by components that stands in where openat2 can't be had; exposed for its tests. */
int resolve_by_steps(int root, const char *path, int last_flags, enum resolve_make make);

#endif
