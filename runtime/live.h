/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live: what a recorded container really is now, and what is held of it.
 *
 * The record says what was; the kernel says what is. Whoever asks for both gets the process and the
 * cgroup that the answer was read from, so that nothing is looked up twice, nor changes in between.
 */
#ifndef HOY_RUNTIME_LIVE_H
#define HOY_RUNTIME_LIVE_H

#include "base/error.h"
#include "runtime/record.h"

struct live {
	const char *status; /* "creating", "created", "running", "paused" or "stopped" */
	int pidfd;	    /* its first process, proven to be the recorded one; -1: there is none */
	int cgroup;	    /* of that process; -1: it has none of its own, or it can't be opened */
};

#define LIVE_INIT {"stopped", -1, -1}

/* Fills *ret, which is closed by live_close. */
void live_look(const struct record *rec, const struct state *s, struct live *ret);
void live_close(struct live *live);
/* Takes the cgroup out of live, or opens the one that the record names (which must be there) to say
 * why it can't be had. Descriptor or negative errno with words. */
int live_take_cgroup(struct live *live, const struct state *s, struct error *err);
/* Opens the cgroup that a process is in. Descriptor or negative errno. */
int live_cgroup_of(int64_t pid);
/* r is what came of an operation on the cgroup. Where it says that there is none any more, the container
 * has ended meanwhile, though its process may not look dead yet: then that becomes the error. */
int live_ended(const struct live *live, const char *id, int r, struct error *err);

#endif
