/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_cache: compiled filters by the text of their profile, below the state directory.
 *
 * Compiling takes libseccomp ten milliseconds and more, and a machine uses few profiles: a second
 * start with one reads a file. ROOT/.seccomp~cache/KEY holds the whole text that the program was made
 * from (the profile in one form, the versions of hoy and libseccomp, the architecture) and the program.
 * The whole text is compared; the key, 64 bits of it, only picks the file. A file that is torn,
 * changed or another profile's counts as none and is replaced. "~" keeps the directory from being
 * a container's (container_id_check).
 */
#ifndef HOY_RUNTIME_SECCOMP_CACHE_H
#define HOY_RUNTIME_SECCOMP_CACHE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "runtime/seccomp.h"
#include "spec/config.h"

#define SECCOMP_CACHE_DIR     ".seccomp~cache"
#define SECCOMP_CACHE_ENTRIES 64 /* the oldest ones beyond go */

/* The text that stands for the filter: equal texts, equal filters. Not terminated by anything. */
void seccomp_cache_text(const struct seccomp *s, struct text *out);
/* Its key. */
uint64_t seccomp_cache_key(const struct text *t);

/* The filter from the cache of the state directory `root`; what ret points to belongs to the arena.
 * 0, or -ENOENT when there is none that is good. */
int seccomp_cache_get(const char *root, const struct seccomp *s, struct arena *a,
		      struct seccomp_filter *ret);

/* Puts it there; root: the open state directory. 0 or negative errno, which harms nobody. */
int seccomp_cache_put(int root, const struct seccomp *s, const struct seccomp_filter *f);

#endif
