/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bridge: the interface that a network is on its host: there while it is needed, with the gateways' addresses.
 */
#ifndef HOY_NETNS_BRIDGE_H
#define HOY_NETNS_BRIDGE_H

#include "base/warn.h"
#include "netns/link.h"
#include "netns/network.h"

/* Makes it unless it is there, and has the host forward packets for it where it should. host: a socket of the
 * namespace that this process is in. 0 or -errno with err. */
int bridge_ensure(struct netlink *host, const struct net *net, struct link *ret,
		  struct warnings *warn, struct error *err);

/* The same, and its addresses again, should they be gone. Ports that it had have to be attached anew. */
int bridge_restore(struct netlink *host, const struct net *net, struct link *ret,
		   struct warnings *warn, struct error *err);

#endif
