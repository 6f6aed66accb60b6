/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allow: what a container may reach that may not reach everything (--net-allow):
 *
 *	10.0.0.0/8			every address of it, by whatever protocol
 *	1.1.1.1:53/udp			one port
 *	[fd00::/8]:8000-8080		some, of tcp and udp
 *	none				nothing by itself: others in the list may allow
 */
#ifndef HOY_NETNS_ALLOW_H
#define HOY_NETNS_ALLOW_H

#include "netns/ip.h"

#define ALLOW_NONE "none"

struct net_allow {
	struct ip to;	      /* a subnet */
	uint8_t proto;	      /* IPPROTO_…; 0: any, with ports: tcp and udp */
	uint16_t first, last; /* ports; 0, 0: any */
};

/* 1; 0: it is "none"; or -EINVAL. */
int allow_parse(const char *text, struct net_allow *ret);

#endif
