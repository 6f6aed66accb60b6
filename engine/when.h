/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when: points in time, as documents, people and logs write them. All in UTC.
 */
#ifndef HOY_ENGINE_WHEN_H
#define HOY_ENGINE_WHEN_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"

#define WHEN_STAMP_SIZE 36 /* "2026-03-01T12:00:00.123456789Z" and the NUL, with room for any year */

/* RFC 3339 with nanoseconds. */
void when_stamp(const struct timespec *t, char buf[WHEN_STAMP_SIZE]);
/* RFC 3339, with any fraction and any offset: 0 and *ret, or -EINVAL. */
int when_parse_stamp(const char *s, size_t n, struct timespec *ret);
/* What --since and --until take: RFC 3339, of which the end may be left out ("2026-03-01T12:00"); seconds
 * since 1970 with any fraction; or how long before now, as "1h30m", "90s", "500ms". 0 and *ret, or
 * -EINVAL. */
int when_parse(const char *s, const struct timespec *now, struct timespec *ret);
/* Below 0, 0 or above: a is before, at or behind b. */
int when_compare(const struct timespec *a, const struct timespec *b);
/* So many seconds in one word of a person: "3 minutes", "About an hour". */
const char *when_span(int64_t seconds, struct arena *a);

#endif
