/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory that lives until one moment. Documents and plans are built in one and freed whole.
 *
 * Nothing here fails: memory that can't be had ends the program (arena.c says why that is safe).
 */
#ifndef HOY_BASE_ARENA_H
#define HOY_BASE_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_block *head;
};

#define ARENA_INIT {0}

/* size bytes, zeroed, aligned for any type; they belong to the arena. */
void *arena_alloc(struct arena *a, size_t size);
/* Copies; the result belongs to the arena. arena_memdup adds a NUL behind the bytes. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_memdup(struct arena *a, const void *p, size_t len);
/* Joins its strings, of which NULL is the last. What stands on the way to exec does without printf, whose
 * first use costs ten microseconds of pages. */
char *arena_join(struct arena *a, const char *first, ...) __attribute__((sentinel));
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);

/* Usage: _cleanup_(arena_free) struct arena a = ARENA_INIT; */

#endif
