/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams: a container's standard streams at its monitor's end. What it writes goes to the log and to
 * those who are attached, in the order in which it is read; what these send goes to it.
 *
 * Memory is fixed. While an attached client is behind (clients.h), nothing is read; else whatever comes is.
 *
 * Calling sequence, once for each of its lives: streams_make, the start, streams_take_terminal if it has one,
 * streams_poll and streams_serve as often as there is something, streams_drain.
 */
#ifndef HOY_ENGINE_STREAMS_H
#define HOY_ENGINE_STREAMS_H

#include <poll.h>

#include "engine/clients.h"
#include "engine/cri_log.h"
#include "engine/input.h"

struct streams {
	int out[CRI_STREAMS]; /* what it writes; of a terminal the first, and it is the master */
	int in; /* what it reads without a terminal, open for who attaches; -1: nothing */
	bool terminal;
	struct clients *clients;
	struct cri_log log;
	struct input input;
	char packet[CLIENT_PACKET_MAX];
};

#define STREAMS_INIT                      \
	{                                 \
		.out = {-1, -1}, .in = -1 \
	}
#define STREAMS_POLLS (CRI_STREAMS + 1)

/* The container's ends, close-on-exec and the caller's, into ret: pipes, or null where it has a
 * terminal, as it has for its input unless open. 0 or negative errno; then there is none. */
int streams_make(struct streams *s, bool terminal, bool open, int null, int ret[3]);
/* The master, which is ours then. */
void streams_take_terminal(struct streams *s, int master);
/* For poll(2): fills STREAMS_POLLS entries; streams_serve takes them back. Sees first to what
 * clients_serve has heard. */
void streams_poll(struct streams *s, struct pollfd *fds);
void streams_serve(struct streams *s, const struct pollfd *fds);
/* The process has ended: the rest of what was written before, and no more. Another process may hold the
 * stream and go on writing: nobody waits for that one. Closes them. */
void streams_drain(struct streams *s);
void streams_close(struct streams *s);

#endif
