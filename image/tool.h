/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool: has hoy-image do something: the program in libexec that has the libraries for registries,
 * archives and digests, which starting a container doesn't need.
 */
#ifndef HOY_IMAGE_TOOL_H
#define HOY_IMAGE_TOOL_H

#include "image/request.h"

/* Runs it to its end. It has this process's standard streams. 0 or -errno with err. */
int tool_run(const struct request *request, struct warnings *warn, struct error *err);

#endif
