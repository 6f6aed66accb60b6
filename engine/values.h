/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values: the words behind options as numbers, sizes and pairs, and their errors: all name the
 * option, say what it takes and show what it got.
 *
 *	--memory: must be a size like 64M, got "x"
 *
 * All return 0 and write *ret, or -EINVAL with err; *ret is then untouched. What they write belongs
 * to the arena. text NULL (the option was not given): 0, and *ret is untouched.
 */
#ifndef HOY_ENGINE_VALUES_H
#define HOY_ENGINE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/config.h"

/* "OPTION: must be NEEDS, got "TEXT"". Returns -EINVAL. */
int value_wrong(const char *option, const char *needs, const char *text, struct error *err);

/* A size in bytes, above 0. unlimited: -1 is allowed too. */
int value_size(const char *option, const char *text, bool unlimited, struct arena *a, int64_t **ret,
	       struct error *err);
int value_u64(const char *option, const char *text, uint64_t min, uint64_t max, struct arena *a,
	      uint64_t **ret, struct error *err);
int value_i64(const char *option, const char *text, int64_t min, int64_t max, struct arena *a,
	      int64_t **ret, struct error *err);
/* "0.5", "2": millionths. At most nine digits before the point and six behind it. */
int value_decimal(const char *option, const char *text, uint64_t *ret, struct error *err);
/* "KEY=VALUE" in two. */
int value_pair(const char *option, const char *text, struct arena *a, struct string_pair *ret,
	       struct error *err);
/* Splits at every separator; empty parts stay. The list ends with NULL. */
struct strings value_split(const char *text, char separator, struct arena *a);

/* The value of key in map, or NULL. */
const char *map_find(const struct string_map *map, const char *key);
/* Sets it, in its old place if it has one. map must be one that LIST_ADD may grow. */
void map_set(struct string_map *map, struct string_pair pair, struct arena *a);

/* A copy, for documents that have been read are constant, with key set; value NULL: without key. */
struct string_map map_with(const struct string_map *map, const char *key, const char *value,
			   struct arena *a);

#endif
