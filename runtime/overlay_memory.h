/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay_memory: an upper directory in memory, which ends with the overlay that is made with it. Asked
 * for by an option that is hoy's own and not overlayfs's: "tmpfsupper", or "tmpfsupper=BYTES" for the most
 * that may be written. "upperdir=DIR" then says what the root directory is like: owner, mode, extended
 * attributes and times are DIR's; nothing is written there.
 */
#ifndef HOY_RUNTIME_OVERLAY_MEMORY_H
#define HOY_RUNTIME_OVERLAY_MEMORY_H

#include "base/arena.h"
#include "runtime/overlay.h"

/*
 * Fills *ret, which is o, or where it asks for memory the same with directories in a tmpfs for upperdir and
 * workdir. *fd: that tmpfs, mounted nowhere, to be closed by the caller when the overlay is mounted; -1:
 * none. Strings belong to the arena. 0 or -errno with err, and nothing is open.
 */
int overlay_memory(const struct overlay *o, struct arena *a, struct overlay *ret, int *fd,
		   struct error *err);

#endif
