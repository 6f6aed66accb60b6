/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create: networks come into being: what nobody has said about one is chosen, once, and stands in its file.
 */
#ifndef HOY_NETNS_CREATE_H
#define HOY_NETNS_CREATE_H

#include "netns/tool_verbs.h"

/* The network of this name. The default one is made when it isn't there. 0 or -errno with err. */
int create_or_load(struct net_job *j, const char *name, struct net *ret, struct error *err);

#endif
