/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: a person, or a script, at the streams of a container that a monitor sees to (monitor.h): the
 * client's side of clients.h. What the container writes from now on comes to standard output and
 * standard error; what stands at standard input goes to it, if it was made with --interactive.
 *
 * Where the container has a terminal the caller's becomes raw meanwhile, its size is that of the container's,
 * and the keys (keys.h) are looked for in what is typed; a signal that would end a program ends this one, and
 * the container goes on. Without a terminal signals go on to the container, unless no_signals.
 */
#ifndef HOY_ENGINE_ATTACH_H
#define HOY_ENGINE_ATTACH_H

#include "runtime/container.h"

struct attach_options {
	const char *keys; /* that leave it; NULL: the default */
	bool no_input;	  /* standard input is not for the container */
	bool no_signals;  /* neither are signals: they are for who is attached */
};

/* *status of one that was left by keys, or because nobody reads standard output any more. */
#define ATTACH_LEFT -1

/* Until the container has ended, or was left. *status: how it ended, as container_run has it;
 * ATTACH_LEFT; or 128 and the number of the signal that ended the attachment. 0 or negative errno with
 * err. */
int engine_attach(const struct runtime *rt, const char *id, const struct attach_options *opt,
		  int *status, struct error *err);
/* The same with engine_start before, so that nothing of what it writes is missed. *started: it has,
 * whatever went wrong then. */
int engine_start_attached(const struct runtime *rt, const char *id,
			  const struct attach_options *opt, bool *started, int *status,
			  struct error *err);

/* Says why nobody can attach to a container that has no monitor. Returns a negative errno. */
int attach_impossible(const struct runtime *rt, const char *id, struct error *err);

#endif
