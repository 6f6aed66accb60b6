/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: linux.resources as an ordered list of (file, value) pairs of cgroup v2. Pure: nothing is
 * read or written; the pairs become operations of the plan.
 *
 * Source: config-linux.md (Memory, CPU, PIDs, Block IO, Huge page limits, RDMA, Unified) and the kernel's
 * admin-guide/cgroup-v2.
 */
#ifndef HOY_CGROUPS_LIMITS_H
#define HOY_CGROUPS_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/config.h"

struct limit {
	const char *file;  /* "memory.max" */
	const char *value; /* "67108864", "max", "20000 100000" */
	const char *field; /* "linux.resources.memory.limit" */
	const char *other_file, *other_value; /* where the kernel doesn't have the first; or NULL */
	bool optional; /* a kernel without this file does without */
};

struct limits {
	size_t n;
	struct limit *v;
	const char *controllers; /* those that the files belong to: "cpu memory pids"; may be "" */
};

/* res may be NULL (no limits); it has passed rules_apply_resources (spec/rules.h). Values that contradict
 * each other are errors at their field.
 * 0 and *ret in the arena, or -EINVAL with err. */
int limits_compile(const struct resources *res, struct arena *a, struct limits *ret,
		   struct error *err);

/* blockIO.weight (10 to 1000) to io.weight (1 to 10000), linear. */
unsigned long long limits_io_weight(unsigned long long weight);
/* CPU shares (2 to 262144) to cpu.weight (1 to 10000), the formula of crun 1.23 and runc 1.3.2:
 * quadratic in the logarithm, so that 1024 shares are weight 100. 0 gives 0 (unset). */
unsigned long long limits_weight_from_shares(unsigned long long shares);

#endif
