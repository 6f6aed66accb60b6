/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules. What a packet meets, in this order:
 *
 *	"bridge hoy" prerouting	what a limited container sends or gets passes by the host's IP stack, also
 *				from and to a neighbour on its bridge, and has the container's own address
 *	spoofed			a source whose way back isn't the way it came
 *	prerouting, output	published ports, only where the destination is an address of the host
 *	forward, input		limits, isolation
 *	postrouting		masquerade
 *
 * Policies accept, and what isn't about hoy's bridges meets a look-up or two in each chain. An accept
 * ends this table's chain alone: other tables may still drop.
 */
#include "netns/firewall_rules.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * "ip hoy" and "ip6 hoy" are one text. A word that begins with "$" stands for what differs: the family,
 * the type of its addresses, what is never routed, how a refusal is told; what stands behind $6 is of ip6
 * alone.
 */
static const struct word {
	const char *word, *ip, *ip6;
} words[] = {
	{"$IP", "ip", "ip6"},
	{"$ADDRESS", "ipv4_addr", "ipv6_addr"},
	{"$LOOPBACK", "127.0.0.0/8", "::1"},
	{"$REFUSAL", "icmp admin-prohibited", "icmpv6 admin-prohibited"},
	{"$6", "#", ""},
};

static const char ip_rules[] =
	/* The bridges of all networks; of those without a way out; of those whose containers are apart;
	 * and each paired with itself: a rule can't compare two interfaces. */
	"	set bridges { type ifname; }\n"
	"	set internal { type ifname; }\n"
	"	set isolated { type ifname; }\n"
	"	set within { type ifname . ifname; }\n"
	"	set subnets { type $ADDRESS; flags interval; }\n"
	/* Published ports: of every address of the host; of one. */
	"	map ports { type inet_proto . inet_service : $ADDRESS . inet_service; }\n"
	"	map ports-at { type $ADDRESS . inet_proto . inet_service : $ADDRESS . "
	"inet_service; }\n"
	/* Limited addresses, each with a chain of what is allowed to it. */
	"	map limited { type $ADDRESS : verdict; }\n"

	/* Nobody outside has a container's address; no container has another network's, nor any that
	 * isn't routed to its bridge. The kernel's own check (rp_filter) knows no IPv6, and is the host's
	 * to set. Before conntrack, which need not know of them. */
	"	chain spoofed {\n"
	"		type filter hook prerouting priority raw; policy accept;\n"
	"		$6 ip6 saddr fe80::/10 accept\n"
	"		iifname @bridges fib saddr . iif oif missing drop\n"
	"		$IP saddr @subnets fib saddr . iif oif missing drop\n"
	"	}\n"

	/* Only where the destination is the host's own: what it merely passes on to others stays as it is. */
	"	chain prerouting {\n"
	"		type nat hook prerouting priority dstnat; policy accept;\n"
	"		fib daddr type local jump published\n"
	"	}\n"
	"	chain output {\n"
	"		type nat hook output priority -100; policy accept;\n"
	"		fib daddr type local jump published\n"
	"	}\n"
	/* Loopback is left to the process that relays it. The protocols are the table's only set without
	 * a name, and the first: FIREWALL_RULES_SET. A look-up that finds nothing ends its rule. */
	"	chain published {\n"
	"		$IP daddr $LOOPBACK return\n"
	"		meta l4proto != { tcp, udp, sctp } return\n"
	"		dnat $IP to $IP daddr . meta l4proto . th dport map @ports-at\n"
	"		dnat $IP to meta l4proto . th dport map @ports\n"
	"	}\n"

	/* Containers to the host. Those of an internal network begin nothing with its addresses but the
	 * one on their bridge: the others are a way out. */
	"	chain input {\n"
	"		type filter hook input priority filter; policy accept;\n"
	"		$6 icmpv6 type 135-136 accept\n" /* what IPv6 has instead of ARP */
	"		jump egress\n"
	"		iifname @internal ct state new,invalid,untracked"
	" fib daddr type local fib daddr . iif type != local drop\n"
	"	}\n"

	/* Containers to others, others to containers. Frames within a bridge pass here, too, where
	 * br_netfilter has them do so. */
	"	chain forward {\n"
	"		type filter hook forward priority filter; policy accept;\n"
	"		$6 iifname . oifname @within icmpv6 type 135-136 accept\n"
	"		jump egress\n"
	"		iifname . oifname @within iifname != @isolated accept\n"
	"		iifname @internal drop\n"
	"		oifname @internal drop\n"
	/* It wouldn't be masqueraded, and show the container's address outside. */
	"		iifname @bridges ct state invalid drop\n"
	"		ct state established,related accept\n"
	/* By a published port, from wherever; else nothing comes to a container, not even from another
	 * network of hoy's. */
	"		oifname @bridges ct status dnat accept\n"
	"		oifname @bridges drop\n"
	"	}\n"

	/* What a limited address begins. What answers, or belongs to what was allowed, passes. */
	"	chain egress {\n"
	"		ct state new,invalid,untracked $IP saddr vmap @limited\n"
	"	}\n"
	"	chain refused {\n"
	"		reject with $REFUSAL\n"
	"	}\n"

	"	chain postrouting {\n"
	"		type nat hook postrouting priority srcnat; policy accept;\n"
	/* Hairpin: by a published port back into a network. Of the same bridge the neighbour would answer
	 * directly, and the sender not know by whom it is answered. (A bridge's own frames have no
	 * iifname here.) */
	"		oifname @bridges ct status dnat $IP saddr @subnets masquerade\n"
	/* The host itself: an internal network's containers know no way to its other addresses. */
	"		oifname @internal ct status dnat masquerade\n"
	"		iifname @bridges oifname != @bridges $IP saddr @subnets masquerade\n"
	"	}\n";

/*
 * A limited container and its neighbours: frames between ports of a bridge don't pass by the host's IP
 * stack, where the limits and the knowledge of connections are. So they are addressed to the bridge
 * instead, both ways, and are routed back into it. Address resolution stays between them.
 */
static const char bridge_rules[] =
	/* Ports; their addresses, each with the bridge's MAC; MACs of their containers with the bridge's. */
	"	set limited { type ifname; }\n"
	"	set owned { type ifname . ipv4_addr; }\n"
	"	map owned4 { type ifname . ipv4_addr : ether_addr; }\n"
	"	map owned6 { type ifname . ipv6_addr : ether_addr; }\n"
	"	map behind { type ether_addr : ether_addr; }\n"

	"	chain prerouting {\n"
	"		type filter hook prerouting priority dstnat; policy accept;\n"
	"		iifname @limited goto from\n"
	"		icmpv6 type 135-136 accept\n"
	"		ether type { ip, ip6 } ether daddr set ether daddr map @behind"
	" meta pkttype set host\n"
	"	}\n"
	/* All else is dropped: other sources, other protocols, VLANs, router advertisements. */
	"	chain from {\n"
	"		arp saddr ip 0.0.0.0 accept\n" /* asks whether an address is free */
	"		iifname . arp saddr ip @owned accept\n"
	"		icmpv6 type 135-136 accept\n"
	"		ether daddr set iifname . ip saddr map @owned4 meta pkttype set host "
	"accept\n"
	"		ether daddr set iifname . ip6 saddr map @owned6 meta pkttype set host "
	"accept\n"
	"		drop\n"
	"	}\n";

/* FNV-1a. */
static uint32_t hash_add(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619;
	return hash;
}

const char *firewall_version(char buf[FIREWALL_VERSION_MAX])
{
	uint32_t hash = hash_add(hash_add(2166136261, ip_rules), bridge_rules);
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		hash = hash_add(hash_add(hash, words[i].ip), words[i].ip6);
	snprintf(buf, FIREWALL_VERSION_MAX, "rules-%08x", hash);
	return buf;
}

const char *firewall_chain(const struct ip *a, char buf[FIREWALL_CHAIN_MAX])
{
	char text[IP_TEXT_MAX], *c;

	snprintf(buf, FIREWALL_CHAIN_MAX, "limit-%s", ip_text(a, false, text));
	/* A chain's name has no colon. */
	for (c = buf; *c; c++)
		*c = *c == ':' ? '_' : *c;
	return buf;
}

/* rules, with words as the family has them. */
static void rules_write(const char *family, const char *rules, struct text *out)
{
	const struct word *w, *end = words + sizeof(words) / sizeof(*words);

	while (*rules) {
		for (w = words; w < end && !starts_with(rules, w->word);)
			w++;
		if (w < end) {
			text_add(out, streq(family, "ip") ? w->ip : w->ip6);
			rules += strlen(w->word);
		} else {
			size_t n = 1 + strcspn(rules + 1, "$");

			text_add_bytes(out, rules, n);
			rules += n;
		}
	}
}

/* A table is made, so that there is one to be removed, and made again. */
static void table_write(const char *family, const char *rules, struct text *out)
{
	char version[FIREWALL_VERSION_MAX];

	text_addf(out, "table %s hoy\ndelete table %s hoy\n", family, family);
	text_addf(out, "table %s hoy {\n\tset %s { type ifname; }\n", family,
		  firewall_version(version));
	rules_write(family, rules, out);
	text_add(out, "}\n");
}

void firewall_rules_write(bool bridge, struct text *out)
{
	table_write("ip", ip_rules, out);
	table_write("ip6", ip_rules, out);
	if (bridge)
		table_write("bridge", bridge_rules, out);
}
