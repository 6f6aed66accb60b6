/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootless: which verbs work in a user namespace when hoy isn't root (engine/rootless.h): the functions for
 * struct verb's `rootless`.
 */
#ifndef HOY_CMD_ROOTLESS_H
#define HOY_CMD_ROOTLESS_H

#include "cmd/verb.h"

/* It always does: layers, volumes and files of containers have many owners. */
bool rootless_always(const struct call *c, const char **id);
/* It does when it is about a container that `hoy run` has made; with no argument, when there is one. A
 * bundle's containers stay where they are: their namespaces are the bundle's business. */
bool rootless_containers(const struct call *c, const char **id);

#endif
