/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: a container gets its networks, and gives them back. In this order, so that whoever is killed leaves
 * nothing that can't be found (attachment.h):
 *
 *	the attachment's file, then the leases	for each network
 *	the network namespace			a new one, unless one was given
 *	the veth pairs				all in one round trip: this side at the bridge, the other in there
 *	addresses and routes			in there, in one more
 *
 * A namespace that hoy-net has made is handed over, and lives as long as somebody in it or with its
 * descriptor; the veth pairs go with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "netns/hosts.h"
#include "netns/joining.h"
#include "netns/route.h"
#include "netns/tool_verbs.h"

#define LOOPBACK 1 /* the index of lo in every namespace */

/* ---- Inside ---------------------------------------------------------------------------------- */

static bool has_ipv6(const struct joinings *all)
{
	size_t i, k;

	for (i = 0; i < all->n; i++)
		for (k = 0; k < all->v[i].n; k++)
			if (all->v[i].addresses[k].family == AF_INET6)
				return true;
	return false;
}

/* Before there is an interface to which they apply. Where the kernel has no IPv6 there are no such files. */
static void namespace_set(const struct joinings *all)
{
	file_put_at(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/accept_ra", "0");
	if (!has_ipv6(all))
		file_put_at(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

/* A socket of the namespace that was given; this process stays where it is. */
static int given_open(struct net_job *j, struct netlink **ret, struct error *err)
{
	_cleanup_fd_ int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	if (own < 0 || setns(j->given, CLONE_NEWNET) < 0)
		return error_set(err, errno, "join the container's network namespace");
	r = netlink_open(NETLINK_ROUTE, ret, err);
	if (setns(own, CLONE_NEWNET) < 0)
		return error_set(err, errno, "go back to the network namespace of the networks");
	return r;
}

/* From here on this process is in there. */
static int namespace_enter(struct net_job *j, struct error *err)
{
	if (j->given >= 0)
		return setns(j->given, CLONE_NEWNET) < 0
			       ? error_set(err, errno, "join the container's network namespace")
			       : 0;
	if (unshare(CLONE_NEWNET) < 0)
		return error_set(err, errno, "make a network namespace");
	j->made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return j->made < 0 ? error_set(err, errno, "open the new network namespace") : 0;
}

/* ---- Links ----------------------------------------------------------------------------------- */

static int links_make(struct net_job *j, const struct joinings *all, struct error *err)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		const struct joining *g = &all->v[i];

		/* What the container had before, where the kernel hasn't removed it yet. */
		link_add_remove(j->host, g->at.host_interface);
		link_add_veth(j->host, &(const struct link_veth){
					       .name = g->at.host_interface,
					       .master = g->bridge.index,
					       .peer = g->at.interface,
					       .netns = j->made >= 0 ? j->made : j->given,
					       .mtu = g->net.mtu,
					       .mac = g->mac,
					       .isolated = g->net.isolated,
					       .hairpin = g->at.ports.n > 0,
				       });
	}
	return netlink_send(j->host, err);
}

static void inside_add(struct netlink *inside, const struct joining *g)
{
	size_t i;

	link_add_up(inside, g->index, g->at.interface);
	for (i = 0; i < g->n; i++)
		address_add(inside, g->index, &g->addresses[i]);
	for (i = 0; i < g->net.subnets.n && !g->net.internal; i++)
		route_add_default(inside, g->index, &g->net.subnets.v[i].router);
}

static int inside_set(struct netlink *inside, struct joinings *all, struct error *err)
{
	struct link l;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < all->n; i++) {
		r = link_find(inside, all->v[i].at.interface, &l, err);
		all->v[i].index = r == 0 ? l.index : 0;
	}
	if (r < 0)
		return error_set(err, -r, "look for the interface in there");
	link_add_up(inside, LOOPBACK, "lo");
	for (i = 0; i < all->n; i++)
		inside_add(inside, &all->v[i]);
	return netlink_send(inside, err);
}

/* ---- The result ------------------------------------------------------------------------------ */

static void result_add(struct net_job *j, const struct joining *g)
{
	struct net_joined out = {
		.network = g->net.name,
		.interface = g->at.interface,
		.host_interface = g->at.host_interface,
		.mac = g->at.mac,
		.mtu = g->net.mtu,
	};
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < g->n; i++)
		LIST_ADD(j->arena, &out.addresses,
			 arena_strdup(j->arena, ip_text(&g->addresses[i], true, text)));
	for (i = 0; i < g->net.subnets.n && !g->net.internal; i++)
		LIST_ADD(j->arena, &out.gateways, g->net.subnets.v[i].gateway);
	LIST_ADD(j->arena, &j->result.joined, out);
}

/* ---- Verbs ----------------------------------------------------------------------------------- */

static int attach_inside(struct net_job *j, struct netlink **inside, struct joinings *all,
			 struct error *err)
{
	size_t i;
	int r = namespace_enter(j, err);

	if (r < 0)
		return r;
	namespace_set(all);
	if (!*inside)
		r = netlink_open(NETLINK_ROUTE, inside, err);
	if (r == 0)
		r = links_make(j, all, err);
	if (r == 0)
		r = inside_set(*inside, all, err);
	for (i = 0; r == 0 && i < all->n; i++)
		result_add(j, &all->v[i]);
	return r;
}

/* What is to be done where the networks are. */
static int attach_outside(struct net_job *j, struct joinings *all, struct error *err)
{
	size_t i;
	int r = protect_open(&j->protect, j->request->data, err);

	for (i = 0; r == 0 && i < all->n; i++)
		r = joining_begin(j, &all->v[i], err);
	if (r == 0)
		r = protect_commit(&j->protect, err);
	if (r == 0 && j->given < 0)
		hosts_host(j->request->hosts, all->v[0].net.subnets.v[0].gateway,
			   &j->request->wants);
	for (i = 0; r == 0 && i < all->n; i++)
		joining_tell(j, &all->v[i]);
	return r;
}

static int attach_all(struct net_job *j, struct joinings *all, struct error *err)
{
	struct netlink *inside = NULL;
	int r = j->given < 0 ? 0 : given_open(j, &inside, err);

	if (r == 0)
		r = joining_names(j, inside, all, err);
	if (r == 0)
		r = attach_outside(j, all, err);
	if (r == 0)
		r = attach_inside(j, &inside, all, err);
	netlink_close(inside);
	return r;
}

int verb_attach(struct net_job *j, struct error *err)
{
	const struct net_uses *uses = &j->request->wants.networks;
	struct joinings all = {uses->n, arena_alloc(j->arena, (uses->n + 1) * sizeof(*all.v))};
	size_t i;
	int r;

	if (!j->request->id || !uses->n)
		return error_say(err, EINVAL, "attach: a container and its networks are needed");
	for (i = 0; i < all.n; i++)
		all.v[i] = (struct joining){.use = &uses->v[i], .first = i == 0, .dir = -1};
	r = attach_all(j, &all, err);
	for (i = 0; i < all.n; i++) {
		if (r < 0)
			joining_undo(j, &all.v[i]);
		fd_close(all.v[i].dir);
	}
	if (r < 0 && j->protect.firewall)
		protect_commit(&j->protect, NULL);
	return r;
}
