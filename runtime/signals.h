/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals: what reaches hoy while a container runs in the foreground goes on to the container.
 */
#ifndef HOY_RUNTIME_SIGNALS_H
#define HOY_RUNTIME_SIGNALS_H

#include "base/error.h"
#include "runtime/notify.h"
#include "runtime/oom.h"

/* Blocks every signal that is forwarded and makes it readable: all but SIGCHLD, SIGURG (Go's
 * runtimes send it to themselves) and those that can't be blocked. Call it before the clone: a
 * signal that comes meanwhile waits. Descriptor or negative errno. */
int signals_catch(struct error *err);
/* Waits for the end of the child, forwarding signals to it and its notifications to the service
 * manager; oom is kept up to date. Returns its exit status, 128 + signal when it was killed, or a negative
 * errno. Reaps it. */
int signals_wait(int signal_fd, int pidfd, const struct notify *n, struct oom_watch *oom,
		 struct error *err);

#endif
