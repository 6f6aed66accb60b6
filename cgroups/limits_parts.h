/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits_parts: what the files of limits.h have in common; for nobody else.
 */
#ifndef HOY_CGROUPS_LIMITS_PARTS_H
#define HOY_CGROUPS_LIMITS_PARTS_H

#include <stdbool.h>

#include "base/text.h"
#include "cgroups/limits.h"

struct limits_builder {
	struct arena *a;
	struct limits out;
	size_t room;
	struct text controllers;
};

/* Adds a pair; the strings stay the caller's or the arena's. Returned for what else there is to say. */
struct limit *limit_add(struct limits_builder *b, const char *file, const char *value,
			const char *field);
/* Adds a controller to the list, once. */
void limits_need(struct limits_builder *b, const char *controller, size_t len);

/* limits_devices.c: block devices, huge pages, RDMA. */
void limits_block_io(struct limits_builder *b, const struct block_io *io);
void limits_hugepages(struct limits_builder *b, const struct resources *res);
void limits_rdma(struct limits_builder *b, const struct resources *res);

#endif
