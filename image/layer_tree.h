/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_tree: names in the directory that a layer is unpacked to. What a tar file says are paths,
 * which may be hostile: each is brought into one form, its directory is opened by openat2(2) within
 * the layer's root, and nothing else is ever done by a path of more than one component.
 *
 * Directories that an entry lies in but that the layer has no entry for are made on the way
 * (implied); what they look like in the image says the layer below, so they are reported
 * (layer_finish.h).
 */
#ifndef HOY_IMAGE_LAYER_TREE_H
#define HOY_IMAGE_LAYER_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"

struct layer_tree;

struct layer_place {
	int dir;	  /* the tree's own, until its next call */
	const char *name; /* in it, one component; "." for the root itself */
	const char *path; /* the whole in its one form, without a slash in front; "" for the root */
};

/* root: descriptor of the directory; stays the caller's. */
struct layer_tree *layer_tree_new(int root);
void layer_tree_free(struct layer_tree *t);

/* Where path is to be made: its directory exists behind it. 0 or -errno with err. */
int layer_tree_place(struct layer_tree *t, const char *path, struct layer_place *ret,
		     struct error *err);
/* Where path is: its directory is there, or -ENOENT. dir is the caller's to close. */
int layer_tree_find(struct layer_tree *t, const char *path, int *dir, char name[NAME_MAX + 1],
		    struct error *err);
/* Takes away what lies at a place, a whole tree if need be. 0 or -errno with err. */
int layer_tree_clear(struct layer_tree *t, const struct layer_place *at, struct error *err);
/* A directory has its entry: it is implied no more, and gets these times when all is made. */
void layer_tree_directory(struct layer_tree *t, const char *path, const struct timespec times[2]);
/* All is made. Appends the implied directories to out, each with a NUL behind it; *n counts them.
 */
int layer_tree_end(struct layer_tree *t, struct text *out, size_t *n, struct error *err);

#endif
