/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parent: hoy's side of a walk: its own operations of the plan, the clone, the messages.
 *
 * Calling sequence: parent_begin runs everything up to the clone and hands the walker its
 * descriptors; parent_follow does what else waits for nobody (then there is time for other work,
 * while the walker is at its own); parent_continue goes on to the end that the plan's kind has
 * (READY for create, a successful execve else); parent_kill and parent_remove_cgroup take back what
 * was made; parent_close frees the descriptors and leaves the container alone.
 */
#ifndef HOY_RUNTIME_PARENT_H
#define HOY_RUNTIME_PARENT_H

#include "base/arena.h"
#include "base/error.h"
#include "cgroups/cgroup.h"
#include "cgroups/scope.h"
#include "plan/builder.h"
#include "runtime/child.h"
#include "runtime/join.h"

struct parent {
	const struct plan *plan;
	const char *state_root, *id; /* for the cgroup's owner attribute */
	unsigned preserve_fds;
	struct cgroup_root cgroups;  /* fd -1: none (--cgroup-manager disabled) */
	const struct scope *scope;   /* with the systemd manager; else NULL */
	struct arena *arena;
	int root_mount; /* an overlay to use instead of making one; 0: none */

	int *slots; /* by number, in the arena; -1 where there is none */
	const char *cgroup_path; /* once made; NULL before */
	unsigned cgroup_made;	 /* directories */
	struct scope_made placed; /* until the clone: the scope's placeholder */
	int cgroup_fd;
	int64_t first_pid; /* exec: where the cgroup takes no process, that of this one will do; 0 */
	struct join join; /* namespaces that the child is born in; exec adds that of a pidfd */
	bool own_pid_ns;     /* of the child */
	struct child child;
	int sock;
	int console;  /* connected --console-socket, to which a terminal goes; -1 */
	int pidfd_to; /* connected --pidfd-socket; -1 */
	int terminal; /* the master otherwise; -1 */
	unsigned at; /* the operation that comes next */
};

/* Sets everything to nothing; then fill the first block. slot_n: of the plan. */
void parent_init(struct parent *p, const struct plan *plan, struct arena *a);
/* Connects to the sockets that the options name, NULL: none; before anything is made, so that a wrong
 * path leaves nothing to undo. 0 or negative errno. */
int parent_connect(struct parent *p, const char *console_socket, const char *pidfd_socket,
		   struct error *err);
int parent_begin(struct parent *p, struct error *err);
int parent_follow(struct parent *p, struct error *err);
int parent_continue(struct parent *p, struct error *err);
/* Takes the place of begin for `start`: the walker waits at the other end of sock (consumed). */
int parent_resume(struct parent *p, int sock, struct error *err);
/* Sends the child's pidfd to --pidfd-socket, if there is one. 0 or negative errno. */
int parent_send_pidfd(struct parent *p, struct error *err);
/* Kills and reaps the child, if there is one. */
void parent_kill(struct parent *p);
/* Kills what is left in the cgroup that begin has made and removes it. 0 or negative errno. */
int parent_remove_cgroup(struct parent *p, struct error *err);
void parent_close(struct parent *p);

#endif
