/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats: what a cgroup has used, as its files say at one moment (admin-guide/cgroup-v2). A controller
 * that the cgroup doesn't have is not there; nothing of this is an error. A limit may be CGROUP_UNLIMITED.
 */
#ifndef HOY_CGROUPS_STATS_H
#define HOY_CGROUPS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "cgroups/cgroup.h"

/* How long processes waited: shares of the time in percent, and microseconds in all. */
struct stats_psi_line {
	double avg10, avg60, avg300;
	uint64_t total;
};

struct stats_psi {
	bool there;
	struct stats_psi_line some, full;
};

struct stats_pair {
	const char *key;
	uint64_t value;
};

struct stats_device {
	unsigned major, minor;
	uint64_t read_bytes, write_bytes, discard_bytes, reads, writes, discards;
};

struct stats_hugepages {
	const char *size; /* "2MB" */
	uint64_t current, max, failed;
};

struct stats {
	struct stats_cpu {
		bool there;
		uint64_t usage, user, system;	       /* microseconds */
		uint64_t periods, throttled;	       /* numbers of periods */
		uint64_t throttled_time;	       /* microseconds */
		uint64_t quota, period;		       /* microseconds; 0 without the file */
		uint64_t weight;		       /* 0: idle, or without the controller */
		struct stats_psi psi;
	} cpu;
	struct stats_memory {
		bool there;
		uint64_t current, max, peak, swap, swap_max; /* bytes */
		uint64_t reserved;			     /* memory.min or memory.low, the larger */
		uint64_t reclaimed;			     /* bytes that the kernel has taken back so far */
		uint64_t failed;			     /* how often it ran into max */
		uint64_t oom_kills;
		size_t n;
		struct stats_pair *raw; /* memory.stat */
		struct stats_psi psi;
	} memory;
	struct {
		bool there;
		uint64_t current, max;
	} pids;
	struct {
		size_t n;
		struct stats_device *v;
		struct stats_psi psi;
	} io;
	struct {
		size_t n;
		struct stats_hugepages *v;
	} hugepages;
};

/* One pressure file; dir may be AT_FDCWD. */
void stats_psi_read(int dir, const char *file, struct stats_psi *ret);
/* Strings and lists belong to the arena. */
void stats_read(int cgroup_fd, struct arena *a, struct stats *ret);

#endif
