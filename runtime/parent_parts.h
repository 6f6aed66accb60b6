/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parent_parts: what the files of the parent (parent.c, parent_cgroup.c, trees.c, dialogue.c) have in
 * common; for nobody else. All return 0 or a negative errno with err filled.
 */
#ifndef HOY_RUNTIME_PARENT_PARTS_H
#define HOY_RUNTIME_PARENT_PARTS_H

#include "plan/message.h"
#include "runtime/parent.h"

/* Gives an error the place that it happened at: document, field, and the operation in words. */
void parent_locate(struct parent *p, const struct plan_op *op, struct error *err);

/* parent_cgroup.c: operations. */
int parent_cgroup_make(struct parent *p, const struct plan_op *op, struct error *err);
int parent_scope_make(struct parent *p, const struct plan_op *op, struct error *err);
int parent_cgroup_set(struct parent *p, const struct plan_op *op, struct error *err);
int parent_device_filter(struct parent *p, const struct plan_op *op, struct error *err);
/* exec: takes the cgroup of the container's first process for its own. False when there is none. */
bool parent_cgroup_of_first(struct parent *p);

/* trees.c: each fills the slot that its operation names. */
int trees_open_root(struct parent *p, const struct plan_op *op, struct error *err);
int trees_open_overlay(struct parent *p, const struct plan_op *op, struct error *err);
int trees_open_source(struct parent *p, const struct plan_op *op, struct error *err);
int trees_open_device(struct parent *p, const struct plan_op *op, struct error *err);

/* dialogue.c. Sends all slots that are filled, and closes them. Plain negative
 * errno (-EPIPE: the child is gone). */
int parent_slots_send(struct parent *p);
/* Waits for one message of this type and number; what the walker says of a failure becomes err. */
int parent_expect(struct parent *p, enum message_type type, unsigned number, struct error *err);
/* Waits for EXEC and for the end of file behind it: execve has worked. */
int parent_expect_exec(struct parent *p, unsigned number, struct error *err);
/* Meets the walker at a barrier, or opens the one that it waits at. */
int parent_barrier(struct parent *p, const struct plan_op *op, struct error *err);
/* The intermediate child has cloned the walker, which is a child of ours: p->child becomes that. */
int parent_follow_via(struct parent *p, struct error *err);

#endif
