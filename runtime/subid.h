/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subid: the ids beside his own that a user may map: /etc/subuid and /etc/subgid (subuid(5)). What hoy reads
 * there is only what it asks newuidmap for, which reads the same files and decides.
 */
#ifndef HOY_RUNTIME_SUBID_H
#define HOY_RUNTIME_SUBID_H

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "spec/config.h"

#define SUBID_RANGES_MAX 64 /* lines of one user; the rest is left out (the kernel maps 340) */

struct subid_ranges {
	size_t n;
	struct subid_range {
		uint32_t first, count; /* first + count - 1 is an id; count isn't 0 */
	} v[SUBID_RANGES_MAX];
};

/* The words under which the user may stand there: digits, and the names that a passwd file gives him. */
void subid_names(const char *passwd, uid_t uid, struct arena *a, struct strings *ret);
/* The ranges of all lines "NAME:FIRST:COUNT" of such a user, in their order. Other lines, and those that say
 * something else, are nobody's. */
void subid_parse(const char *text, const struct strings *names, struct subid_ranges *ret);
/* The arguments of newuidmap or newgidmap behind the pid, to *ret: 0 is the user himself, 1 and on are the
 * ranges, one behind the other. As many ranges as there are numbers for. */
void subid_arguments(uint32_t own, const struct subid_ranges *ranges, struct arena *a,
		     struct strings *ret);

#endif
