/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conntrack: the connections that the kernel remembers.
 */
#ifndef HOY_NETNS_CONNTRACK_H
#define HOY_NETNS_CONNTRACK_H

#include "base/error.h"
#include "netns/ip.h"

/* Forgets all that an address has begun, and all that was sent on to it. Where a published port goes to
 * another container, what still comes from the same sender would go to the old one; and who gets the
 * address next would be let through by what its last owner was allowed. To be called when its ports are
 * removed, and before it is given away again. The kernel looks through its whole table, twice (12 ms for
 * 262,144 buckets). 0 or -errno with err. */
int conntrack_forget(const struct ip *address, struct error *err);

#endif
