/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builder: writes a plan. Calling sequence: plan_begin, then plan_add with arguments made by
 * plan_put_*, plan_finish; plan_drop frees the lot. Nothing here fails but plan_finish
 * (a plan larger than PLAN_SIZE_MAX).
 */
#ifndef HOY_PLAN_BUILDER_H
#define HOY_PLAN_BUILDER_H

#include "base/text.h"
#include "plan/format.h"

struct plan_builder {
	struct text data; /* the header's place and the data */
	struct text ops;
	unsigned count;
	unsigned slots;
	uint32_t doc;
	uint16_t kind;
};

/* A finished plan in memory; free with plan_drop. */
struct plan {
	void *buf;
	size_t size;
};

#define PLAN_INIT {0}

void plan_begin(struct plan_builder *b, enum plan_kind kind, const char *doc);
/* Appends an operation; field may be NULL. Its arguments are zero; fill op->arg[] at once, the
 * pointer is good until the next plan_add. */
struct plan_op *plan_add(struct plan_builder *b, enum plan_opcode code, enum plan_actor actor,
			 const char *field);
/* The next free slot number. */
unsigned plan_slot_new(struct plan_builder *b);

/* Each copies its argument to the data and returns the offset. NULL gives 0. */
uint64_t plan_put_string(struct plan_builder *b, const char *s);
/* v: n strings. A vector with n == 0 is still a vector. */
uint64_t plan_put_vector(struct plan_builder *b, const char *const *v, size_t n);
uint64_t plan_put_blob(struct plan_builder *b, const void *p, size_t len);

/* Puts it together and checks it. Frees the builder, also on failure. 0 or -E2BIG. */
int plan_finish(struct plan_builder *b, struct plan *ret);
void plan_abandon(struct plan_builder *b);
void plan_drop(struct plan *p);

/* Copies an operation of the plan `from` with its arguments and field into b; slots keep their
 * numbers. Used to derive an exec plan from a container's own. */
struct plan_op *plan_copy_op(struct plan_builder *b, const void *from, const struct plan_op *op);

#endif
