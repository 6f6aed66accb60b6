/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor: the process that stays with a container which nobody waits for.
 *
 *	hoy run -d ──fork, exec──► hoy monitor ID ──clone──► the container's process
 *	    │ waits for "started"       │ reads what it writes, waits for its end,
 *	    ◄───────────────────────────┘ starts it again; answers at DATA/containers/ID/socket
 *
 * It is hoy once more, executed anew, so that nothing of what made the container stays in its memory. It
 * has a session of its own, no terminal, / as its directory, and of descriptors the container's streams,
 * its directory, and those of its clients.
 *
 * In the container's directory, which it has locked (flock(2), shared) as long as it lives:
 *
 *	monitor		a file that the monitor has locked (fcntl(2)) as long as it lives: whoever asks
 *			for the lock learns its pid
 *	socket		for those who wait for its end or attach (clients.h)
 *	stopped		is there when the container was stopped by hand
 *	exit		how it ended (outcome.h)
 *	log, log.N	what it wrote (cri_log.h)
 *	ports		which ports of the host are its (publish.h), if it publishes some
 *
 * Signals: USR1 has it look whether `stopped` is there. TERM, INT, HUP and QUIT, which come when the
 * machine goes down, go on to the container as its stop signal, and it is not started again. If the monitor
 * is killed, the container lives on, but what it writes has no reader any more (EPIPE, SIGPIPE), and
 * how it ends nobody learns; `hoy stop` ends it, `hoy start` brings a new monitor.
 */
#ifndef HOY_ENGINE_MONITOR_H
#define HOY_ENGINE_MONITOR_H

#include "runtime/container.h"

#define MONITOR_ROOTLESS "inside" /* its option */
#define MONITOR_VERB   "monitor"
#define MONITOR_LOCK   "monitor"
#define MONITOR_SOCKET "socket"
#define MONITOR_MARK   "stopped"

/* Starts a monitor, which starts the container; returns once that runs. client: a socket whose other
 * end is attached from before the start (clients.h), the caller's to close; -1: none. 0 or negative
 * errno with err, as container_run_detached has it; the container is then as it was. */
int monitor_start(const struct runtime *rt, const char *id, int client, struct error *err);
/* What the monitor itself does, to the end. report: where it tells how the first start went, closed then.
 * client: as above, its own. 0 or negative errno, which has been told. */
int monitor_run(const struct runtime *rt, const char *id, int report, int client);
/* dir: a container's directory. The monitor's pidfd; -ESRCH: there is none. */
int monitor_find(int dir);
/* Its pid, to be shown; 0: there is none. */
pid_t monitor_pid(int dir);

/* What goes through the pipe, once; behind it, to its end, the text of warnings. */
struct monitor_report {
	int32_t result; /* 0 or negative errno */
	int32_t version;
	struct error error;
};
#define MONITOR_REPORT_VERSION 1

#endif
