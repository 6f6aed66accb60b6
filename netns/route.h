/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: addresses of interfaces and routes over them (rtnetlink(7), RTM_NEWADDR, RTM_NEWROUTE). Requests of a
 * batch, as in link.h.
 */
#ifndef HOY_NETNS_ROUTE_H
#define HOY_NETNS_ROUTE_H

#include "netns/ip.h"
#include "netns/netlink.h"

/* a with the prefix length of its subnet; with the route to it, and usable at once (an IPv6 address isn't
 * asked for on the link before). */
void address_add(struct netlink *n, int index, const struct ip *a);
/* The default route by this gateway, unless there is one. */
void route_add_default(struct netlink *n, int index, const struct ip *gateway);
/* To a subnet, by a gateway or (NULL) directly. */
void route_add(struct netlink *n, int index, const struct ip *to, const struct ip *gateway);
/* The subnets that are routed somewhere, but for the default route. 0 or -errno with err; each's own negative
 * value ends it. */
typedef int route_each(void *arg, const struct ip *to);
int route_list(struct netlink *n, int family, route_each *each, void *arg, struct error *err);

#endif
