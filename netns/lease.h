/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease: which container has which address of a network. Each is a symbolic link in the network's directory,
 * whose name is the address and whose text is the owner: made by symlinkat(2), so that of a hundred who want
 * the same address one gets it, without a lock. The directory lies with the state, below /run: after the
 * machine's start there are none.
 *
 * An owner that is gone is found out by whoever runs into its lease: `alive` says so. Taking over its lease is
 * by rename of a link that the new owner has made, under a lock of the directory, so that nobody takes what
 * another has just taken.
 */
#ifndef HOY_NETNS_LEASE_H
#define HOY_NETNS_LEASE_H

#include <stdbool.h>

#include "base/error.h"
#include "netns/ip.h"

#define LEASE_OWNER_MAX 255

/* Whether an owner is there still. */
typedef bool lease_alive(void *arg, const char *owner);

struct lease_pool {
	int dir;	       /* of the network */
	struct ip first, last; /* what may be given away; both with the prefix of the subnet */
	struct ip gateway;     /* never given away; family 0: there is none */
	lease_alive *alive;
	void *arg;
};

/* An address for owner: the one it has already, or a free one; where the search begins follows from the
 * owner, so that it mostly gets the same again. 0; -ENOSPC: all are taken; or another -errno, with err. */
int lease_take(const struct lease_pool *p, const char *owner, struct ip *ret, struct error *err);
/* This one. 0; -EADDRINUSE with words that name who has it; or another -errno with err. */
int lease_take_this(const struct lease_pool *p, const char *owner, const struct ip *a,
		    struct error *err);
/* Gives back all that owner has. */
void lease_release(int dir, const char *owner);
/* All that are there. each's own negative value ends it. 0 or that. */
int lease_list(int dir, int (*each)(void *arg, const char *address, const char *owner), void *arg);

#endif
