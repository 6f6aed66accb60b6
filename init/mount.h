/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount: file systems and binds below the container's root, by the new mount API: a mount is
 * complete (options, attributes, propagation, content) before it is attached to a descriptor.
 */
#ifndef HOY_INIT_MOUNT_H
#define HOY_INIT_MOUNT_H

#include "init/walk.h"

/* Attaches the mount fd to the open destination. 0 or negative errno. */
int mount_attach(int mount, int destination);
/* A tmpfs of our own, detached; attrs as of fsmount(2). Descriptor or negative errno. */
int mount_tmpfs(const char *mode, unsigned attrs);

/* Operations; see plan/format.h for their arguments. */
int op_mount_new(struct walker *w, const struct plan_op *op);
int op_mount_bind(struct walker *w, const struct plan_op *op);
int op_mount_change(struct walker *w, const struct plan_op *op);

#endif
