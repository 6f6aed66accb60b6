/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/use.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct field use_fields[] = {
	FIELD_STRING(struct net_use, network, "network", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct net_use, interface, "interface"),
	FIELD_STRING(struct net_use, ip, "ip"),
	FIELD_STRING(struct net_use, ip6, "ip6"),
	FIELD_STRING(struct net_use, mac, "mac"),
	FIELD_STRINGS(struct net_use, aliases, "aliases"),
};
static const struct table use_table = TABLE(use_fields);

static const struct field wants_fields[] = {
	FIELD_LIST(struct net_wants, networks, "networks", use_table),
	FIELD_LIST(struct net_wants, ports, "ports", net_port_table),
	FIELD_STRING(struct net_wants, join, "join"),
	FIELD_STRINGS(struct net_wants, allow, "allow"),
	FIELD_STRINGS(struct net_wants, hosts, "hosts"),
	FIELD_STRINGS(struct net_wants, dns, "dns"),
	FIELD_STRINGS(struct net_wants, dns_search, "dnsSearch"),
	FIELD_STRINGS(struct net_wants, dns_options, "dnsOptions"),
	FIELD_BOOL(struct net_wants, no_hosts, "noHosts"),
};
const struct table net_wants_table = TABLE(wants_fields);

int mac_parse(const char *text, uint8_t ret[6])
{
	size_t i;

	if (strlen(text) != 17)
		return -EINVAL;
	for (i = 0; i < 6; i++) {
		const char *p = text + 3 * i;
		unsigned byte;

		if (!isxdigit((unsigned char)p[0]) || !isxdigit((unsigned char)p[1]) ||
		    (i < 5 && p[2] != ':' && p[2] != '-') || sscanf(p, "%2x", &byte) != 1)
			return -EINVAL;
		ret[i] = (uint8_t)byte;
	}
	return ret[0] & 1 ? -EINVAL : 0;
}

bool interface_name_ok(const char *name)
{
	const char *p;

	if (!*name || strlen(name) >= IF_NAMESIZE || streq(name, ".") || streq(name, ".."))
		return false;
	for (p = name; *p; p++)
		if (*p == '/' || *p == ':' || (unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}
