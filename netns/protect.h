/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect: the firewall (firewall.h) as it follows from what is written down: the networks' files and the
 * attachments in them (attachment.h).
 *
 *	protect_open(&p, data, err)
 *	…			the attachments are written
 *	protect_network, protect_ports, protect_forget
 *	protect_commit(&p, err)
 *	protect_close(&p)	always
 *
 * From protect_open to protect_commit a lock is shared that who builds the tables anew has alone, so that
 * nobody is left out of what is built.
 */
#ifndef HOY_NETNS_PROTECT_H
#define HOY_NETNS_PROTECT_H

#include "netns/attachment.h"
#include "netns/firewall.h"
#include "netns/network.h"

struct protect {
	const char *data;
	int lock;
	struct firewall *firewall;
};

#define PROTECT_INIT {.lock = -1}

/* In the network namespace in which the networks are. 0 or -errno with err. */
int protect_open(struct protect *p, const char *data, struct error *err);
void protect_close(struct protect *p);

/* A network that a container is in. */
void protect_network(struct protect *p, const struct net *n);
/* The container's ports lead to these addresses of its own, as texts. */
void protect_ports(struct protect *p, const struct attachment *at, const struct strings *addresses);
/* It reaches what it is allowed to and nothing else, if there is a limit. To be committed before its
 * interface is there. */
void protect_limits(struct protect *p, const struct attachment *at, const struct strings *addresses);
/* What leads to one that is gone doesn't any more, and its connections are forgotten. */
void protect_forget(struct protect *p, const struct attachment *at, const struct strings *addresses);
/* Another network is gone. */
void protect_network_forget(struct protect *p, const struct net *n);

/* 0 or -errno with err; -EEXIST names the port that another container has. */
int protect_commit(struct protect *p, struct error *err);
/* Where no network is left, nothing of hoy's is left in the firewall either. 0 or -errno with err. */
int protect_end(struct protect *p, struct error *err);
/* Builds the tables anew, of all that is written down and alive. 0 or -errno with err. */
int protect_build(struct protect *p, struct error *err);

#endif
