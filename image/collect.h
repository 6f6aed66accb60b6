/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collect: takes away what no image and no container of the store names, and what dead processes
 * have left. Under the exclusive lock: nobody else is at work. In an order that a crash may
 * interrupt anywhere: first stacks, which promise that layers are there; a layer gets another name
 * before it is taken apart.
 */
#ifndef HOY_IMAGE_COLLECT_H
#define HOY_IMAGE_COLLECT_H

#include "image/store.h"

/* The file in containers/ID/ that holds the name of the stack that its root is made of. */
#define CONTAINERS	"containers"
#define CONTAINER_STACK "stack"

struct collected {
	uint64_t bytes; /* of blobs and of the files in layers, about */
	unsigned blobs, layers;
};

/* s: open with STORE_EXCLUSIVE or STORE_EXCLUSIVE_NOW. 0 or -errno with err. */
int collect(const struct store *s, struct collected *ret, struct error *err);

/* Behind a failure: takes away what it has made and nothing names, if nobody else is at work. */
void collect_failed(const char *path);

/* Calls f with the stack of each container, until it returns something else than 0, which is
 * returned. */
int collect_containers(const struct store *s,
		       int (*f)(void *arg, const char *id, const char *stack), void *arg,
		       struct error *err);

#endif
