/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change: what --change says about an image's configuration, in the words that people know from
 * Dockerfiles:
 *
 *	CMD, ENTRYPOINT		["program", "argument"], or a line for /bin/sh -c
 *	ENV, LABEL		NAME=VALUE..., with quotes where a value has blanks; ENV NAME VALUE
 *	EXPOSE			PORT[/PROTOCOL]...
 *	STOPSIGNAL, USER	one word
 *	VOLUME			PATH..., or ["PATH"]
 *	WORKDIR			a path, of which a relative one goes on from what was said before
 */
#ifndef HOY_IMAGE_CHANGE_H
#define HOY_IMAGE_CHANGE_H

#include "base/arena.h"
#include "base/error.h"
#include "spec/image.h"

/* Applies all in their order; an entry point without a command leaves none, because the old one was
 * for another program. What config points to afterwards is the arena's and its own. 0 or -EINVAL
 * with words, and then config is half changed. */
int changes_apply(const struct strings *changes, struct image_execution *config, struct arena *a,
		  struct error *err);

#endif
