/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_box: what the process that unpacks a layer gives up before it reads the first byte of it
 * (security.md, R7 and R15). Afterwards its root directory is the layer's own, nothing else of the
 * host's is reachable, there is no network and no other process to talk to, and of root's
 * capabilities it has those that files need. It is bounded in memory and descriptors.
 */
#ifndef HOY_IMAGE_LAYER_BOX_H
#define HOY_IMAGE_LAYER_BOX_H

#include "base/error.h"

/* dir: the layer's directory. 0 or -errno with err. Before any thread is made. */
int layer_box_enter(int dir, struct error *err);
/* Takes away the system calls that unpacking doesn't use. 0 or -errno with err. */
int layer_box_filter(struct error *err);

#endif
