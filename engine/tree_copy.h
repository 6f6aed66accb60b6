/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_copy: a tree with everything that a layer can have: owners, modes, extended attributes,
 * times, holes, hard links, devices. What is copied is an image's, and hostile: it is read by
 * directory descriptors and single names (image/tree_walk.h), and written below a directory that
 * nobody else writes to, by paths in which no link is followed.
 */
#ifndef HOY_ENGINE_TREE_COPY_H
#define HOY_ENGINE_TREE_COPY_H

#include "base/error.h"

/* from: a directory, perhaps of a detached mount; to: an empty one. The two directories themselves
 * are the caller's business. 0 or -errno with err. */
int tree_copy(int from, int to, struct error *err);
/* Owner, mode, extended attributes and times of one directory. 0 or -errno. */
int directory_copy_attributes(int from, int to);

#endif
