/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attachment: what a container has of a network. Beside the leases of its addresses (lease.h) lies a file
 *
 *	DATA/leases/NETWORK/ID.json
 *		{"id": "3f…", "root": "/run/hoy", "name": "web", "boot": "…", "pid": 71, "start": 8123,
 *		 "interface": "eth0", "hostInterface": "hv0c4e…", "mac": "02:68:…", "aliases": ["www"]}
 *
 * which is written before the first lease is taken and removed behind the last: whoever is killed in between
 * leaves an owner that can be asked for. It is alive as long as its interface on this side is there, which the
 * kernel removes with the container's network namespace; before there is one, as long as the process that
 * attaches. Nothing of all this survives a boot.
 */
#ifndef HOY_NETNS_ATTACHMENT_H
#define HOY_NETNS_ATTACHMENT_H

#include <net/if.h>

#include "base/arena.h"
#include "base/error.h"
#include "netns/lease.h"
#include "netns/port.h"
#include "spec/config.h"

#define LEASES_DIR "leases"

struct attachment {
	const char *id, *root, *name, *boot;
	int64_t pid;	/* of the process that attached it: hoy */
	uint64_t start; /* when that began: process_start_time */
	const char *interface, *host_interface;
	const char *hosts; /* its file (hosts.h), absolute; NULL: none */
	const char *mac; /* NULL: as ip_mac makes it of the first of its addresses */
	struct strings aliases;
	struct net_ports ports; /* that lead to it */
	struct strings allow;	/* all that it may reach (allow.h); none: everything */
	const char *bridge_mac; /* where that is so */
};

struct attachments {
	size_t n;
	struct attachment *v; /* by ID */
};

/* The directory of a network's leases and attachments; made if it isn't there. A descriptor, or -errno with err. */
int attachment_open(const char *data, const char *network, struct error *err);
/* Removes the directory of a network, with whatever is in it. */
void attachment_remove_directory(const char *data, const char *network);
/* Interface on this side: a function of the container and the network. */
void attachment_interface(const char *id, const char *network, char buf[IF_NAMESIZE]);
/* Whose process attaches: this one's parent, which has executed hoy-net. */
void attachment_by_parent(struct attachment *at, struct arena *a);

/* The addresses of id, as text, those of IPv4 first. */
void attachment_addresses(int dir, const char *id, struct arena *a, struct strings *ret);

int attachment_write(int dir, const struct attachment *at, struct error *err);
/* -ENOENT without words: there is none. What can't be read is as if it weren't there. */
int attachment_read(int dir, const char *id, struct arena *a, struct attachment *ret);
bool attachment_has(int dir, const char *id);
void attachment_remove(int dir, const char *id);
void attachment_list(int dir, struct arena *a, struct attachments *ret);

/* This process is in the network namespace with its interface on this side. */
bool attachment_alive(const struct attachment *at);
/* All that it has is given back: addresses, then the file. */
void attachment_drop(int dir, const char *id);

/* For struct lease_pool; arg: the descriptor of the directory, an int. */
lease_alive attachment_owner_alive;

#endif
