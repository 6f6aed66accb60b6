/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall: NAT, published ports, isolation and limits of egress, by nf_tables (nft(8)), in tables of
 * hoy's own: "ip hoy" and "ip6 hoy", and "bridge hoy" as long as a container is limited. firewall_rules.c
 * has their rules and says what they are for. Rules never change: networks, ports and containers are
 * elements of sets and maps (a limited one is a chain, too). What a container's start or end changes is
 * one transaction:
 *
 *	firewall_open(&f, err)
 *	firewall_add_port(f, &port) …
 *	r = firewall_commit(f, err)
 *	if (r == -ENOENT)	nobody has built the tables, or they were removed, or are another hoy's
 *		r = firewall_build(&all, err)	with all that should be there, this container's too
 *	firewall_close(f)		always
 *
 * Whoever builds replaces what others have added since they were listed. So write down first what should be
 * there, then commit, both under a shared lock; and list all and build under an exclusive one.
 *
 * Adding what is there, and removing what isn't, is no error: a command that was killed can be given again.
 *
 * What these tables can't do: let through what others drop. Where another table's forward chain drops by
 * default (Docker's, firewalld's), the user has to accept hoy's bridges there.
 *
 * What they can't do either: with br_netfilter's bridge-nf-call-iptables = 1 a container reaches a
 * published port of its own only where its port on the bridge is in hairpin mode.
 *
 * All happens in the network namespace in which the firewall was opened, or of the calling thread. IP
 * forwarding is switched on by the caller. Linux 5.15.
 */
#ifndef HOY_NETNS_FIREWALL_H
#define HOY_NETNS_FIREWALL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "netns/ip.h"
#include "netns/link.h"

struct firewall_net {
	const char *interface; /* the bridge */
	size_t n;
	struct ip subnets[2];
	bool internal; /* no way out, nor in */
	bool isolated; /* its containers reach each other by published ports only */
};

/* One port. A range is as many of them; 4,096 are one transaction still. A port of 127.0.0.0/8 or ::1 is left
 * out: what arrives there a process relays, and no rule ever routes it. */
struct firewall_port {
	uint8_t proto;	/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	struct ip host; /* without its prefix; all zero: every address of the host's */
	uint16_t port;
	struct ip to; /* of host's family; the container */
	uint16_t to_port;
};

/* A container that reaches only what it is allowed to: other hosts, other networks, its neighbours on the
 * bridge and the host itself. It may always answer. It sends nothing from addresses that aren't its own.
 * For IPv6 that it has none is said by not giving one: none is let through. */
struct firewall_limit {
	const char *interface; /* of its port on the bridge */
	uint8_t mac[MAC_SIZE]; /* its own, by which neighbours address it */
	uint8_t bridge[MAC_SIZE];
	size_t n;
	struct ip addresses[2];
};

struct firewall_allow {
	struct ip from; /* the container */
	struct ip to;	/* a subnet, as it is addressed, not as a published port translates it */
	uint8_t proto;	/* IPPROTO_…; 0: any */
	uint16_t first, last; /* ports; 0, 0: any */
};

/* Everything that should be there. */
struct firewall_all {
	struct {
		size_t n;
		struct firewall_net *v;
	} nets;
	struct {
		size_t n;
		struct firewall_port *v;
	} ports;
	struct {
		size_t n;
		struct firewall_limit *v;
	} limits;
	struct {
		size_t n;
		struct firewall_allow *v;
	} allows;
};

struct firewall;

/* 0 or -errno with err. NULL is closed too. Closing it behind a removal waits until the kernel has done
 * away with what was removed (5 to 15 ms on 6.18): do so last. */
int firewall_open(struct firewall **ret, struct error *err);
void firewall_close(struct firewall *f);

/* What is to be committed, in its order. */
void firewall_add_net(struct firewall *f, const struct firewall_net *n);
void firewall_remove_net(struct firewall *f, const struct firewall_net *n);
void firewall_add_port(struct firewall *f, const struct firewall_port *p);
/* Where the port is another's meanwhile, it stays. */
void firewall_remove_port(struct firewall *f, const struct firewall_port *p);
/* Instead of what was allowed to these addresses before; at first nothing is. To be committed before the
 * container can send: its interface isn't up yet. */
void firewall_limit(struct firewall *f, const struct firewall_limit *l);
void firewall_add_allow(struct firewall *f, const struct firewall_allow *a);
/* With all that is allowed to them. */
void firewall_remove_limit(struct firewall *f, const struct firewall_limit *l);

/* All of it, or nothing. 0; -ENOENT without words: build; -EEXIST: a port goes to another container
 * already, which err names; or another -errno with err. */
int firewall_commit(struct firewall *f, struct error *err);

/* Makes the tables anew, with everything, in one transaction: nothing is ever open or shut in between. 0;
 * -EEXIST: two want one port, which err names; or another -errno with err. */
int firewall_build(const struct firewall_all *all, struct error *err);
/* Removes all tables. */
int firewall_remove(struct error *err);
/* As nft(8) lists them; nothing where there are none. */
int firewall_show(struct text *out, struct error *err);

#endif
