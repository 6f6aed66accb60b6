/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage: where a container's own files go, above its image's: on the disk beside its config.json, or
 * into memory; and how much of that it may have.
 */
#ifndef HOY_ENGINE_STORAGE_H
#define HOY_ENGINE_STORAGE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/run_options.h"
#include "spec/config.h"

struct storage {
	bool memory;
	uint64_t size; /* bytes; 0: no limit of its own */
};

/* Reads --writable-tmpfs and --storage-opt. 0, or -EINVAL with err. */
int storage_of_options(const struct run_options *opt, struct storage *ret, struct error *err);
/* Adds what an overlay in memory needs (runtime/overlay_memory.h). like: a directory that the root is to
 * look like. */
void storage_memory_options(const struct storage *s, const char *like, struct arena *a,
			    struct strings *to);

#endif
