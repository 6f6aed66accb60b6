/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_pack: the upper directory of an overlay as a layer's tar file: the other way round of
 * layer_write.h. A device 0:0 becomes ".wh.NAME", a directory that is opaque has ".wh..wh..opq" in
 * it, and overlayfs's own attributes are left out.
 *
 * The same content gives the same bytes: sorted by name, numbers instead of users' names, times of
 * the content alone, pax headers only where a plain one can't say it (fractions of a second, long
 * names, extended attributes, holes).
 *
 * A container has written the tree, and may be writing to it: it is read by single names below open
 * directories, and nothing is opened but directories and ordinary files, by an inode that was looked
 * at before. For hoy-image alone.
 */
#ifndef HOY_IMAGE_LAYER_PACK_H
#define HOY_IMAGE_LAYER_PACK_H

#include <time.h>

#include "base/warn.h"
#include "base/error.h"

/* Where the tar file goes, piece by piece. 0 or -errno with err. */
typedef int pack_sink(void *to, const void *p, size_t n, struct error *err);

/* upper: the directory. *newest: the latest time of change in it, a sensible one. 0 or -errno with
 * err, whose field is the path. */
int layer_pack(int upper, pack_sink *sink, void *to, time_t *newest, struct warnings *warn,
	       struct error *err);
/* What is in a directory, and not itself, as a tar file like any other: names that mean something in a
 * layer are names. */
int tree_pack(int dir, pack_sink *sink, void *to, struct warnings *warn, struct error *err);

#endif
