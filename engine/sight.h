/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sight: a container's record and what is behind it now.
 */
#ifndef HOY_ENGINE_SIGHT_H
#define HOY_ENGINE_SIGHT_H

#include "runtime/container.h"
#include "runtime/live.h"

struct sight {
	struct arena arena;
	struct record record;
	const struct state *state;
	struct live live;
};

/* Fills *s, to be closed by sight_close also after a failure. 0; -ENOENT: there is no record; or another
 * negative errno. err may be NULL. */
int sight_open(struct sight *s, const struct runtime *rt, const char *id, struct error *err);
void sight_close(struct sight *s);

#endif
