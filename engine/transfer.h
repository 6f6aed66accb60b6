/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer: a file or directory from a container to the host, the other way, or between containers,
 * with what `docker cp` makes of names:
 *
 *	the source is a directory, and the destination
 *	  isn't there		it is made, with what is in the source
 *	  is a directory	the source is made in it, or merged; "SRC/.": what is in it
 *	  is something else	an error
 *	the source is anything else, and the destination
 *	  isn't there		it is made; an error where DEST ends with a slash
 *	  is a directory	it is made in that
 *	  is something else	that is replaced
 *
 * The directory that the destination lies in must be there.
 */
#ifndef HOY_ENGINE_TRANSFER_H
#define HOY_ENGINE_TRANSFER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/warn.h"
#include "engine/files.h"

struct transfer_end {
	const struct files *files; /* NULL: the host's */
	const char *path; /* in a container from its root, with or without a slash in front */
};

struct transfer_policy {
	bool archive; /* owners and privilege go along; else they become those of the container's user 0,
			 or of who runs hoy */
	bool follow; /* a source that is a symbolic link is what it leads to */
	struct warnings *warn;
};

/* 0 or -errno with err. What was copied by then stays. */
int transfer(const struct transfer_end *from, const struct transfer_end *to,
	     const struct transfer_policy *p, struct error *err);

#endif
