/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts: the /etc/hosts of containers, by which those of a network find each other. Each container has a file of
 * its own, which is mounted into it, so it is changed in place:
 *
 *	10.90.0.5	web www # hoy sea 3f…
 *
 * A line that hoy has added ends with a comment of the network and the container that it is about, by which it
 * is found when that leaves. What the container writes itself stays. Who comes or goes holds a lock until all
 * know it, so that nobody learns of one who has just gone.
 */
#ifndef HOY_NETNS_HOSTS_H
#define HOY_NETNS_HOSTS_H

#include "netns/attachment.h"
#include "netns/use.h"

/* The host as a container sees it, in --add-host. */
#define HOSTS_GATEWAY "host-gateway"

/* What `wants` say of the host, whose address is this, into the file. */
void hosts_host(const char *file, const char *gateway, const struct net_wants *wants);
/* at, whose addresses are taken, is one of the network of this directory from now on: it knows the others that
 * are there, and they know it. Those that are gone are forgotten. What can't be written is left. */
void hosts_join(int dir, const char *network, const struct attachment *at, struct arena *a);
/* attachment_drop, and the others don't know it any more, nor it them. */
void hosts_leave(int dir, const char *network, const char *id);

/* The lines of one container, appended to out. */
void hosts_line(const char *network, const struct attachment *at, const struct strings *addresses,
		struct text *out);
/* text without the lines about this container (id NULL: about any) of this network, appended to out. */
void hosts_without(const char *text, const char *network, const char *id, struct text *out);

#endif
