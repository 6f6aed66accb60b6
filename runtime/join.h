/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join: namespaces that are there already (linux.namespaces[].path), and the new time namespace.
 *
 * What a child must have at birth its parent has first: hoy enters network, ipc and uts namespaces
 * itself, sets the pid and time namespaces of its children, clones, and is back in its own before
 * anything else happens. Calling sequence: join_add and join_time, join_enter, the clone, join_leave
 * (also when the clone failed); join_close.
 *
 * A user namespace is different: nobody comes back from one. There an intermediate child does all
 * the joining (runtime/child.c), from the same list.
 */
#ifndef HOY_RUNTIME_JOIN_H
#define HOY_RUNTIME_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define JOIN_MAX 8

struct join {
	struct join_one {
		uint64_t flag; /* CLONE_NEW* */
		int fd;	       /* the namespace */
		int own;       /* hoy's own, while it is away; -1 */
	} v[JOIN_MAX];
	unsigned n;
	bool last; /* hoy clones nothing afterwards, so its children's pid namespace may stay set */
	int own_time; /* hoy's own time namespace, once its children have another; -1 */
};

#define JOIN_INIT {.own_time = -1}

/* Opens the namespace at path and proves its type. needed_by: the field that would change this
 * namespace and must not change hoy's own; NULL. Descriptor or negative errno with words. */
int join_open(const char *path, const char *type, uint64_t flag, const char *needed_by,
	      struct error *err);
/* Takes the descriptor over. */
void join_add(struct join *j, uint64_t flag, int fd);
void join_close(struct join *j);
/* A new time namespace for the children; offsets: lines for timens_offsets(5), may be "". */
int join_time(struct join *j, const char *offsets, struct error *err);

/* Is a user namespace among them? Its descriptor, or -1. */
int join_user(const struct join *j);
/* Enters those that a parent enters. 0 or negative errno. */
int join_enter(struct join *j, struct error *err);
/* Back. 0 or negative errno: then hoy is in a namespace that is not its own and must end. */
int join_leave(struct join *j, struct error *err);
/* In the intermediate child: enters all that must hold at the next clone, the user namespace last,
 * so that the others are joined with the runtime's privilege. 0 or negative errno; *what names it. */
int join_all(const struct join *j, const char **what);

#endif
