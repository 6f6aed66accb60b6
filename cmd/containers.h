/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers: `hoy ps` without an ID: the containers, for people.
 */
#ifndef HOY_CMD_CONTAINERS_H
#define HOY_CMD_CONTAINERS_H

#include "base/list.h"
#include "cmd/verb.h"

struct containers_query {
	bool json, all, quiet, whole; /* whole: nothing is cut */
	struct option_list filters;
};

/* Prints them. 0 or negative errno with err. */
int containers_print(const struct runtime *rt, const struct containers_query *q, struct error *err);

#endif
