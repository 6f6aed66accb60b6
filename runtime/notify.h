/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: what a container tells the service manager that has started hoy (sd_notify(3)). The
 * manager would not know a sender in the container's cgroup, and its pids mean nothing there: hoy
 * receives the messages and passes on those lines that concern nobody but the service itself.
 *
 * The container sees a directory of its state at /run/notify, read-only, because `start` makes the
 * socket in it anew: the one that `create` made would have nobody who reads. As runc.
 */
#ifndef HOY_RUNTIME_NOTIFY_H
#define HOY_RUNTIME_NOTIFY_H

#include <stdbool.h>

#include "base/warn.h"
#include "runtime/record.h"

#define NOTIFY_DIR	 "notify" /* in the container's state directory */
#define NOTIFY_MOUNT	 "/run/notify"
#define NOTIFY_CONTAINER NOTIFY_MOUNT "/notify.sock" /* the container's NOTIFY_SOCKET */

struct notify {
	int manager; /* connected to the service manager's socket */
	int socket;  /* where the container's messages come in */
};

#define NOTIFY_NONE {-1, -1}

/* Connects to the manager; socket: hoy's own NOTIFY_SOCKET, or NULL. A manager that can't be had
 * is a warning, and the container runs without: then ret is as NOTIFY_NONE. */
void notify_connect(const char *socket, struct warnings *warn, struct notify *ret);
/* Makes the directory that the container will see. 0 or negative errno. */
int notify_make_dir(const struct record *rec, struct error *err);
/* Makes the socket in it, for a container whose state has that directory. 0 or negative errno. */
int notify_listen(struct notify *n, const struct record *rec, struct error *err);
/* Passes on what has come, without waiting for more. pid: of the container's first process, to be
 * named as the service's main process together with READY=1; 0: that is hoy. True when the
 * container has said READY=1. */
bool notify_relay(const struct notify *n, int pid);
/* Passes on until the container is ready or has ended, and waits until the manager has seen it: it
 * looks up who has sent a message. */
void notify_wait(const struct notify *n, int pidfd, int pid);
void notify_close(struct notify *n);

#endif
