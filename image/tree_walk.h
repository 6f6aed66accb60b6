/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_walk: everything below a directory, each directory's names in the order of their bytes, so
 * that the same tree is always seen in the same order. The tree may be hostile, and a container may
 * be changing it meanwhile: every step is one name below an open directory and follows no link, so
 * the walk can't leave the tree, and nothing but directories is ever opened.
 */
#ifndef HOY_IMAGE_TREE_WALK_H
#define HOY_IMAGE_TREE_WALK_H

#include <stdint.h>

#include "base/error.h"

#define TREE_DEPTH_MAX	 1000
#define TREE_ENTRIES_MAX 10000000u

struct tree_entry {
	int dir;	    /* the directory that it is in; the walk's */
	const char *name;   /* in it */
	const char *path;   /* below the top, without a slash in front */
	unsigned char type; /* DT_DIR, DT_REG… of <dirent.h> */
};

/* A directory comes before what is in it. 0: go on; 1: not into this directory; -errno with err ends
 * the walk. */
typedef int tree_visit(void *arg, const struct tree_entry *e, struct error *err);

/* top: stays the caller's, and is not visited itself. 0 or -errno with err, whose field is the path. */
int tree_walk(int top, tree_visit *visit, void *arg, struct error *err);
/* How many names there are below top. 0 or -errno with err. */
int tree_count(int top, uint64_t *ret, struct error *err);

#endif
