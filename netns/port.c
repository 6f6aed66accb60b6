/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/port.h"

#include <netinet/in.h>

#include "base/text.h"

static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};

static const struct field port_fields[] = {
	FIELD_STRING(struct net_port, protocol, "protocol", .flags = FIELD_REQUIRED,
		     .values = protocols),
	FIELD_STRING(struct net_port, host, "host"),
	FIELD_U32(struct net_port, port, "port", .max = 65535),
	FIELD_U32(struct net_port, count, "count", .flags = FIELD_REQUIRED, .min = 1,
		  .max = NET_PORTS_MAX),
	FIELD_U32(struct net_port, to, "to", .flags = FIELD_REQUIRED, .min = 1, .max = 65535),
};
const struct table net_port_table = TABLE(port_fields);

int net_port_protocol(const struct net_port *p)
{
	if (streq(p->protocol, "udp"))
		return IPPROTO_UDP;
	return streq(p->protocol, "sctp") ? IPPROTO_SCTP : IPPROTO_TCP;
}

size_t net_port_addresses(const struct net_port *p, struct ip ret[2])
{
	if (p->host)
		return ip_parse(p->host, false, ret) == 0;
	ret[0] = (struct ip){.family = AF_INET};
	ret[1] = (struct ip){.family = AF_INET6};
	return 2;
}

bool net_port_is_loopback(const struct ip *host)
{
	static const struct ip one = {.family = AF_INET6, .bytes = {[IP_BYTES_MAX - 1] = 1}};

	return host->family == AF_INET ? host->bytes[0] == 127 : ip_compare(host, &one) == 0;
}

static bool is_every(const struct ip *a)
{
	const struct ip every = {.family = a->family};

	return ip_compare(a, &every) == 0;
}

bool net_port_collides(const struct net_port *a, const struct net_port *b)
{
	struct ip x[2], y[2];
	size_t n = net_port_addresses(a, x), m = net_port_addresses(b, y), i, k;

	if (!streq(a->protocol, b->protocol) || !a->port || !b->port ||
	    a->port + a->count <= b->port || b->port + b->count <= a->port)
		return false;
	for (i = 0; i < n; i++)
		for (k = 0; k < m; k++)
			if (x[i].family == y[k].family &&
			    (is_every(&x[i]) || is_every(&y[k]) || ip_compare(&x[i], &y[k]) == 0))
				return true;
	return false;
}
