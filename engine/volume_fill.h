/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_fill: a new volume gets what the root file system has where it is first mounted: the files with
 * all that they have, and the directory's owner and mode. What is copied is an image's, and hostile: its
 * path is resolved in the root and nowhere else, and the tree is read as tree_copy reads.
 *
 * The file `fill` says that a volume waits for its first use. The copy is made beside the volume's
 * directory and takes its place by rename; then `fill` goes. So nobody ever sees half of it, and whoever
 * is killed leaves a volume that still waits. That nobody has it mounted meanwhile follows from this:
 * whoever mounts it has seen the file go first. Therefore the first use settles it, also one that copies
 * nothing, because the root has no such directory or because of nocopy.
 */
#ifndef HOY_ENGINE_VOLUME_FILL_H
#define HOY_ENGINE_VOLUME_FILL_H

#include <stdbool.h>

#include "base/error.h"

/* volume: DATA/volumes/NAME. Whether it waits. */
bool volume_is_new(int volume);
/* Its first use without a copy. 0 or negative errno with err. */
int volume_settle(int volume, struct error *err);
/* Its first use. volume: held exclusively. root: of the container, as it will see it. path: where it is to
 * be mounted, of an image perhaps. durable: it is on the disk when this returns. 0 or negative errno with
 * err; the volume then waits as before. */
int volume_fill(int volume, int root, const char *path, bool durable, struct error *err);

#endif
