/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_write: makes the entries of a layer on disk, in the form that overlayfs wants (image-spec,
 * layer.md; Documentation/filesystems/overlayfs.rst): a whiteout ".wh.NAME" becomes a character
 * device 0:0 of that name, ".wh..wh..opq" an attribute of its directory. Whiteouts concern the
 * layers below: what the layer itself has under the name stays, in whichever order the two come.
 *
 * Every operation is by the descriptor of a directory and one name in it, or by the descriptor of
 * the file itself; none follows a link. To be called in a process whose root directory is the
 * layer's (box.h), which is also why it may use the working directory.
 */
#ifndef HOY_IMAGE_LAYER_WRITE_H
#define HOY_IMAGE_LAYER_WRITE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/warn.h"
#include "image/layer_entry.h"
#include "image/layer_tree.h"

/* Where content comes from: the next piece of the entry's file, at *offset of it (what is left out
 * is a hole). Its length, 0 at the end, or -errno with err. */
typedef ssize_t layer_content(void *arg, const void **piece, int64_t *offset, struct error *err);

struct layer_writer {
	struct layer_tree *tree;
	bool user_xattrs; /* mark in user.overlay.* instead of trusted.overlay.*: without privilege
			   */
	bool plain; /* no layer, but a tar file like any other: names that mean something in a layer
		       are names */
	layer_content *content;
	void *content_arg;
	struct warnings *warn;
	uint64_t bytes, entries; /* made so far */
	unsigned xattrs_lost;	 /* the file system took none */
	bool has_root;		 /* there was an entry for the root directory */
};

/* 0 or -errno with err, to which the caller adds the path. */
int layer_write(struct layer_writer *w, const struct layer_entry *e, struct error *err);

#endif
