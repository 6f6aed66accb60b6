/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool_verbs: what hoy-net can do, one function per verb of its request.
 */
#ifndef HOY_NETNS_TOOL_VERBS_H
#define HOY_NETNS_TOOL_VERBS_H

#include "base/warn.h"
#include "netns/netlink.h"
#include "netns/protect.h"
#include "netns/request.h"

/* What every verb gets. All return 0 or -errno with err. */
struct net_job {
	const struct net_request *request;
	struct arena *arena;
	struct warnings *warn;
	struct netlink *host; /* a socket of the namespace in which the networks are */
	struct protect protect;
	int given;	      /* the descriptor of a network namespace; -1: none */
	struct net_result result;
	int made; /* the network namespace to hand over; -1: none */
};

int verb_attach(struct net_job *j, struct error *err);
int verb_detach(struct net_job *j, struct error *err);
int verb_create(struct net_job *j, struct error *err);
/* What a container had whose network namespace has ended. */
int verb_release(struct net_job *j, struct error *err);
/* Everything on the host as it is written down. */
int verb_reload(struct net_job *j, struct error *err);
/* Prints the rules. */
int verb_rules(struct net_job *j, struct error *err);
int verb_rm(struct net_job *j, struct error *err);
int verb_prune(struct net_job *j, struct error *err);

#endif
