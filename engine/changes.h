/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changes: what a container has changed in its image's files: its upper directory beside the layers
 * below, as `docker diff` says it: "A /path" for what is new, C for what was there before, D for
 * what is gone.
 */
#ifndef HOY_ENGINE_CHANGES_H
#define HOY_ENGINE_CHANGES_H

#include "runtime/container.h"

/* Appends a line for each. id: the container's. 0 or -errno with err. */
int changes_list(const struct runtime *rt, const char *id, struct text *out, struct error *err);

#endif
