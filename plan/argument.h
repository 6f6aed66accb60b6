/* SPDX-License-Identifier: Apache-2.0 */
/*
 * argument: what the arguments of operations are called, for those who show a plan. Beside the
 * table of format.c and not in it: the walker needs no names.
 */
#ifndef HOY_PLAN_ARGUMENT_H
#define HOY_PLAN_ARGUMENT_H

#include <stddef.h>

/* The name of argument i of the operation and its length; NULL where it has none of that number. code
 * must be below OP_COUNT. */
const char *argument_name(unsigned code, unsigned i, size_t *len);

#endif
