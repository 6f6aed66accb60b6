/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list: arrays that grow in an arena, one entry at a time.
 *
 * A list is a struct {size_t n; T *v;}, as the documents have them (spec/config.h). The array
 * doubles whenever its entries have reached a power of two; what lay in the old one stays in the
 * arena. Behind the last entry there is always one of zeros: lists of strings end with NULL.
 */
#ifndef HOY_BASE_LIST_H
#define HOY_BASE_LIST_H

#include <stddef.h>

#include "base/arena.h"

/* The array v of n entries of `size` bytes, or a larger copy with room for one more and the zeros.
 */
void *list_grow(struct arena *a, void *v, size_t n, size_t size);

/* Appends the value to *list. */
#define LIST_ADD(a, list, value)                                                      \
	do {                                                                          \
		(list)->v = list_grow((a), (list)->v, (list)->n, sizeof(*(list)->v)); \
		(list)->v[(list)->n++] = (value);                                     \
	} while (0)

/* The values of an option that may be given again and again. */
struct option_list {
	const char *const *v; /* NULL-terminated; NULL as long as n is 0 */
	size_t n;
};

void option_list_add(struct option_list *list, const char *value, struct arena *a);

#endif
