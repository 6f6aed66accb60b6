/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: the walker's state, and the walk itself.
 *
 * One process, one walk, one exit: the state is one struct that every operation gets. Operations
 * return 0 or a negative errno and may put words into `detail` (walk_detail), which the parent
 * shows behind its own description of the operation. When detail says it all, they return
 * WALK_SAID.
 */
#ifndef HOY_INIT_WALK_H
#define HOY_INIT_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/format.h"
#include "plan/message.h"

#define WALK_SAID	(-4096) /* failed, and detail says it all; no errno is this large */
#define WALK_PATH_MAX	4096

struct walker {
	int sock;	    /* to the parent; later to `hoy start` */
	void *plan;	    /* private mapping */
	int root;	    /* root of the container: O_PATH */
	bool root_at_path;  /* it is mounted at its path, not over "/" */
	int dev;	    /* our own mount on /dev, -1 without one */
	int stage;	    /* tmpfs over the root in which nodes are made, -1 */
	unsigned staged;    /* nodes made in it */
	int null;	    /* the container's verified /dev/null, opened at need */
	int mask_dir;	    /* the read-only tmpfs that covers masked directories */
	bool cwd_later;	    /* the working directory is open to the user only */
	char **envp;	    /* of the process, relocated; NULL before the first need */
	char detail[MESSAGE_TEXT_MAX];
	int slots[SLOT_MAX]; /* walk_slot; behind what every walk touches, to be few pages */
	/* WALK_PATH_MAX bytes on the stack, whose pages are there: what OP_LOOKUP has found, and before it
	 * for any operation to work in. A buffer of its own would be another page of the container's. */
	char *path;
};

/* Prepares w, which is all zero as static storage is: most of it are pages that no walk touches. */
void walker_init(struct walker *w, int sock);
/* Receives the descriptors and maps the plan. 0 or negative errno. */
int walker_receive(struct walker *w);
/* Walks to the end, which is execve. Returns only after a failure, which has been sent. */
int walker_walk(struct walker *w);

/* Ends the process. A filter that forbids even this can't keep it from an illegal instruction. */
void walker_end(void) __attribute__((noreturn));

/* Sets detail: up to four pieces, put together; NULL ends them early. */
void walk_detail(struct walker *w, const char *a, const char *b, const char *c, const char *d);

static inline const char *walk_string(const struct walker *w, uint64_t offset)
{
	return plan_string(w->plan, offset);
}

/* The descriptor in a slot; -1: none has come. */
static inline int walk_slot(const struct walker *w, uint64_t slot)
{
	return w->slots[slot] - 1;
}

#endif
