/* SPDX-License-Identifier: Apache-2.0 */
/*
 * box: what a process gives up before it reads the first byte of an archive (security.md, R7 and R15).
 * Afterwards its root directory is the one that it works in, nothing else of the host's is reachable,
 * there is no network and no other process to talk to, and of root's capabilities it has those that files
 * need, or none. It is bounded in memory and descriptors.
 *
 * Such a process is hoy-unpack (box_spawn), a program of its own, so that nothing of its parent (credentials,
 * connections, the store) is in its memory. It calls box_enter, opens what it needs, calls box_filter, and
 * begins.
 */
#ifndef HOY_IMAGE_BOX_H
#define HOY_IMAGE_BOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* The descriptors of a process in a box; its standard error is its parent's. */
enum box_fd { BOX_INPUT = 0, BOX_OUTPUT = 1, BOX_DIR = 3, BOX_REPORT = 4, BOX_FDS };

struct box_fds {
	int input;
	int output; /* -1: nowhere */
	int dir;    /* -1: none */
	int report;
};

/* Executes "hoy-unpack MODE [ARGUMENT]". The caller keeps its descriptors. 0 or a plain negative errno. */
int box_spawn(const char *mode, const char *argument, const struct box_fds *fds, pid_t *ret);

/* dir: the root directory to be; -1: an empty one. files: it makes files there. 0 or -errno with err. Before
 * any thread is made. */
int box_enter(int dir, bool files, struct error *err);
/* Takes away the system calls that unpacking doesn't use. 0 or -errno with err. */
int box_filter(struct error *err);

#endif
