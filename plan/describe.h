/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe: an operation in words, as `hoy plan` lists it and as an error names it:
 * "mount tmpfs on /run".
 */
#ifndef HOY_PLAN_DESCRIBE_H
#define HOY_PLAN_DESCRIBE_H

#include "base/text.h"
#include "plan/format.h"

/* Appends the words for operation op of the plan (checked, not relocated). */
void plan_describe(const void *plan, const struct plan_op *op, struct text *out);
/* "parent", "walker", "both". */
const char *plan_actor_name(unsigned actor);
/* "maps", "mounts", "hooks", "ready", "start". */
const char *plan_barrier_name(unsigned barrier);
/* CLONE_NEW* flags as "mount, pid"; MS_* propagation as "rslave". */
void plan_namespaces_text(uint64_t flags, struct text *out);
void plan_propagation_text(uint64_t propagation, struct text *out);

#endif
