/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what hoy asks hoy-net to do, as JSON (base/helper.h), and the result that it answers with.
 * Names of what it has made or removed it writes to the standard output that it shares with hoy.
 *
 *	attach		a container to networks: with a descriptor given, that is its network namespace; else
 *			hoy-net makes one and hands it over
 *	detach		the same container, from all of its networks or from those that are named
 *	create, rm, prune
 */
#ifndef HOY_NETNS_REQUEST_H
#define HOY_NETNS_REQUEST_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "netns/network.h"
#include "netns/use.h"

#define NET_REQUEST_MAX (1u << 20) /* bytes */

struct net_request {
	const char *verb;
	const char *data;	 /* data directory, absolute */
	const char *root;	 /* state directory of the container */
	const char *id, *name;	 /* the container, and its name if it has one */
	const char *hostname;	 /* of the same; NULL: not its own */
	const char *hosts;	 /* its /etc/hosts, absolute (hosts.h) */
	struct net_wants wants;	 /* of the container */
	struct net *network;	 /* to be created; of its subnets as much as is known */
	struct strings networks; /* names: rm */
	bool ipv6;		 /* create: with a subnet of that too */
	bool exist_ok;		 /* create, rm: no error */
	bool force;		 /* rm: with containers in it */
};

/* What became of one of the uses. */
struct net_joined {
	const char *network, *interface, *host_interface, *mac;
	struct strings addresses; /* "10.90.0.2/24" */
	struct strings gateways;  /* addresses */
	uint32_t mtu;
};

struct net_result {
	struct {
		size_t n;
		struct net_joined *v;
	} joined;
};

extern const struct table net_result_table;

void net_request_write(const struct net_request *r, struct text *out);
/* What points to it is the arena's. 0 or -errno with err. */
int net_request_read(const struct text *from, struct arena *a, struct net_request *ret,
		     struct error *err);

#endif
