/* SPDX-License-Identifier: Apache-2.0 */
/*
 * use: how a container uses a network: what it asks for, as it stands in requests, in the annotations of its
 * config.json, and in the record of what it has (attachment.h).
 */
#ifndef HOY_NETNS_USE_H
#define HOY_NETNS_USE_H

#include <stdint.h>

#include "netns/port.h"
#include "spec/config.h"
#include "spec/table.h"

struct net_use {
	const char *network;
	const char *interface; /* in the container; NULL: eth0 for its first network, and so on */
	const char *ip, *ip6;  /* NULL: any that is free */
	const char *mac;       /* NULL: made of the address */
	struct strings aliases;
};

struct net_uses {
	size_t n;
	struct net_use *v;
};

/* All that a container wants of networks. */
struct net_wants {
	struct net_uses networks;
	struct net_ports ports; /* that it publishes */
	const char *join; /* instead: the network namespace of this container, by name or ID */
	struct strings allow; /* all that it may reach (allow.h); none: everything */
	/* Names (engine/names.h). */
	struct strings hosts;			     /* "ADDRESS NAME", more for /etc/hosts */
	struct strings dns, dns_search, dns_options; /* instead of the host's */
	bool no_hosts;				     /* none of these files is hoy's */
};

extern const struct table net_wants_table;

/* "02:68:0a:5a:00:02" into six bytes: none that belongs to a group. 0 or -EINVAL. */
int mac_parse(const char *text, uint8_t ret[6]);
/* A name that an interface can have. */
bool interface_name_ok(const char *name);

#endif
