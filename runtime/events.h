/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: what a container uses and what befalls it, once or until it ends.
 */
#ifndef HOY_RUNTIME_EVENTS_H
#define HOY_RUNTIME_EVENTS_H

#include "cgroups/stats.h"
#include "runtime/container.h"

/* One network interface of the container, the loopback left out. */
struct interface_stats {
	const char *name;
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

struct container_stats {
	struct stats cgroup;
	size_t interfaces_n;
	struct interface_stats *interfaces;
};

/* Once. Strings and lists belong to the arena. 0 or negative errno. */
int container_stats(const struct runtime *rt, const char *id, struct arena *a,
		    struct container_stats *ret, struct error *err);

struct watcher {
	/* What is used now; then again after each interval. Not 0: ends the watch, which returns it. */
	int (*stats)(const struct container_stats *s, void *arg, struct error *err);
	/* The kernel has killed a process for the container's memory limit. */
	int (*oom)(void *arg, struct error *err);
	void *arg;
};

/* Until the container has ended. interval in milliseconds. 0 or negative errno. */
int container_watch(const struct runtime *rt, const char *id, int interval, const struct watcher *w,
		    struct error *err);

#endif
