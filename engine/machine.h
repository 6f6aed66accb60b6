/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine: what the configuration of a container takes from the machine it is made on. All else
 * that configure.h does depends on its arguments alone, which is how its tests run.
 */
#ifndef HOY_ENGINE_MACHINE_H
#define HOY_ENGINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct machine {
	uint64_t caps;	  /* a bit for each capability that can be given */
	bool pids;	  /* cgroups can count processes */
	bool swap;	  /* and the kernel can swap */
	bool rootless;	  /* it is in a user's own namespace: what is the host's isn't mounted anew */
	uint32_t gids;	  /* so many groups are there, from 0 on; 1: no setgroups(2) either. 0: all */
	const char *arch; /* as Go calls it: "amd64" */
	const char
		*native; /* the same for libseccomp: "SCMP_ARCH_X86_64"; NULL: hoy doesn't know */
	unsigned kernel[2]; /* its version's first two numbers */
};

/* What can't be found out is 0: nothing of this is an error. The strings are static. */
void machine_look(bool rootless, struct machine *ret);

#endif
