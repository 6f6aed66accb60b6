/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members: who is in a network, as it is written down and alive.
 */
#ifndef HOY_NETNS_MEMBERS_H
#define HOY_NETNS_MEMBERS_H

#include "netns/network.h"

/* Fills n->containers. Whoever has ended without a word has nothing any more. */
void members_read(const char *data, struct net *n, struct arena *a);
/* The member with this ID; NULL: it isn't in there. */
const struct network_member *members_find(const struct net *n, const char *id);

#endif
