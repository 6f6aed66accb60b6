/* SPDX-License-Identifier: Apache-2.0 */
/*
 * several: verbs that do the same to each of their arguments.
 */
#ifndef HOY_CMD_SEVERAL_H
#define HOY_CMD_SEVERAL_H

#include "cmd/verb.h"

/* Does it to each, also behind one that failed. The last failure is the command's error, those before
 * become warnings. 0 or negative errno. */
int several(const struct call *c,
	    int (*one)(const struct call *c, const char *arg, struct error *err), struct error *err);

#endif
