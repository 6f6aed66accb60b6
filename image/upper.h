/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upper: the directory that a container of an image writes in, and what it lies above. In containers/ID/
 * of the store are
 *
 *	stack	the name of the stack of layers that its root is made of (collect.h)
 *	upper	what it has written
 *	memory	in place of that: what it writes is in memory, and its root directory begins like this one
 */
#ifndef HOY_IMAGE_UPPER_H
#define HOY_IMAGE_UPPER_H

#include "base/text.h"
#include "image/store.h"

#define UPPER_DIR	 "upper"
#define UPPER_MEMORY_DIR "memory"

/* Opens it and adds the stack's name to *stack. s: open; id: the container's, without a slash. Descriptor,
 * or -errno with err: there is none, or it is in memory, where nobody but the container sees it. */
int upper_open(const struct store *s, const char *id, struct text *stack, struct error *err);

#endif
