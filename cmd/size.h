/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size: amounts of memory and time as people write them.
 */
#ifndef HOY_CMD_SIZE_H
#define HOY_CMD_SIZE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/size.h"

/* "512B", "63.9MiB", "1.0GiB". */
const char *size_text(uint64_t bytes, struct arena *a);
/* The value of --interval: "500ms", "5s", "2m", "1h", or seconds; above 0. *ret in milliseconds. 0 or -EINVAL
 * with words. */
int interval_parse(const char *text, int *ret, struct error *err);

#endif
