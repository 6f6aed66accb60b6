/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host: what the machine has and uses, beside which the figures of containers mean something
 * (proc(5): stat, meminfo, pressure). What a kernel doesn't say is 0; nothing of this is an error.
 */
#ifndef HOY_CGROUPS_HOST_H
#define HOY_CGROUPS_HOST_H

#include <stdint.h>

#include "cgroups/stats.h"

struct host {
	unsigned cpus;			   /* online */
	uint64_t busy, total;		   /* of all CPUs since the start, in clock ticks */
	uint64_t memory, available;	   /* bytes */
	uint64_t swap, swap_free;	   /* bytes */
	struct stats_psi cpu, mem, io; /* pressure */
};

void host_read(struct host *ret);

#endif
