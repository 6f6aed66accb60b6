/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal: what happens to the master of a container's terminal: it goes to an engine through
 * --console-socket, or is joined to the caller's own terminal while hoy waits.
 */
#ifndef HOY_RUNTIME_TERMINAL_H
#define HOY_RUNTIME_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

#include "base/error.h"
#include "runtime/notify.h"
#include "runtime/oom.h"

/* A terminal without --console-socket needs somebody who waits, and the reverse (as runc). */
int terminal_check(bool terminal, const char *console_socket, bool detached, struct error *err);
/* Size of the caller's terminal (standard input, else output), in characters; 0 without one. */
void terminal_size(unsigned *width, unsigned *height);

/* The caller's terminal as it was. */
struct terminal_modes {
	bool raw; /* it isn't so now */
	struct termios saved;
};

/* Makes the caller's terminal (standard input) raw: what is typed goes on byte by byte, as it is. Does
 * nothing without one, and in a job in the background, which leaves the terminal to the shell. */
void terminal_make_raw(struct terminal_modes *ret);
void terminal_restore(struct terminal_modes *m);

/* Copies between the caller's streams and the master until the child has ended and all that it has
 * written is out; forwards signals (SIGWINCH becomes the new size) and notifications. The caller's
 * terminal is raw meanwhile, and as it was afterwards. Returns as signals_wait. */
int terminal_wait(int master, int signal_fd, int pidfd, const struct notify *n,
		  struct oom_watch *oom, struct error *err);

#endif
