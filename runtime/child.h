/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child: from clone3 to the walker's first instruction.
 */
#ifndef HOY_RUNTIME_CHILD_H
#define HOY_RUNTIME_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "runtime/join.h"

struct child_spec {
	uint64_t namespaces; /* CLONE_NEW* */
	int cgroup;	     /* directory to be born in; -1: the parent's */
	int init;	     /* the walker's program (init_program) */
	int sock;	     /* the child's end; close-on-exec like all others */
	int parent_sock;     /* the other end */
	unsigned preserve_fds;
	bool joins;	     /* will join a pid namespace where others live: not traceable, ever */
	bool copied;	     /* has to outlive hoy's pause: a copy of its memory, not the same */
	bool waits;	     /* for BARRIER_MAPS, before it is the walker */
	char *const *env;    /* the walker's, for hooks that are given none */
	const struct join *via; /* a user namespace is joined: an intermediate child does it all */
};

struct child {
	pid_t pid;
	int pidfd;
};

/* The walker as a descriptor that can be executed: a sealed memfd, or where that is refused the
 * installed copy as a read-only mount of its own. Descriptor or negative errno. */
int init_program(struct error *err);

/* Clones and executes. 0 and *ret, or negative errno (the hint says what the errno means). What
 * goes wrong in the child comes over the socket as FAILED with operation number 0. */
int child_clone(const struct child_spec *spec, struct child *ret, struct error *err);

#endif
