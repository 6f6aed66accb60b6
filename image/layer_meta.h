/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_meta: owner, mode, extended attributes and times of what was just made, in this order:
 * changing the owner takes away set-user-ID bits and capabilities.
 *
 * Attributes that would steer overlayfs or belong to the host's policy (trusted.overlay.*,
 * user.overlay.*, security.selinux, …) are left out.
 */
#ifndef HOY_IMAGE_LAYER_META_H
#define HOY_IMAGE_LAYER_META_H

#include "image/layer_write.h"

bool layer_xattr_left_out(const char *name);

/* Of a file or directory. The times of a directory come later (layer_tree_directory). */
int layer_meta_fd(struct layer_writer *w, int fd, const struct layer_entry *e, struct error *err);
/* Of what can't be opened. */
int layer_meta_at(struct layer_writer *w, const struct layer_place *at, const struct layer_entry *e,
		  struct error *err);

#endif
