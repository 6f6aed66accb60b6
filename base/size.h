/* SPDX-License-Identifier: Apache-2.0 */
/* size: amounts of memory as people write them. */
#ifndef HOY_BASE_SIZE_H
#define HOY_BASE_SIZE_H

#include <stdint.h>

/* "64m", "1g", "1GiB", "4096b", "-1": units are powers of 1024, as docker's. *ret in bytes. 0 or
 * -EINVAL. */
int size_parse(const char *text, int64_t *ret);

#endif
