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
#include "netns/attachment.h"
#include "netns/bridge.h"
#include "netns/create.h"
#include "netns/hosts.h"
#include "netns/lease.h"
#include "netns/route.h"
#include "netns/tool_verbs.h"

#define LOOPBACK 1 /* the index of lo in every namespace */

/* One network of the container. */
struct joining {
	const struct net_use *use;
	struct net net;
	struct link bridge;
	struct attachment at;
	int dir;    /* of the network's leases */
	bool noted; /* the attachment is written: there is something to give back */
	int index;  /* of its interface in there */
	uint8_t mac[MAC_SIZE];
	size_t n;
	struct ip addresses[NETWORK_SUBNETS_MAX]; /* one for each subnet */
};

struct joinings {
	size_t n;
	struct joining *v;
};

static int with_network(struct error *err, const struct joining *g, int r)
{
	if (r < 0)
		error_step(err, "network \"%s\"", g->net.name);
	return r;
}

/* ---- What it is to have ---------------------------------------------------------------------- */

/* Nobody has it, or who had it is gone. */
static int attachment_claim(struct net_job *j, struct joining *g, struct error *err)
{
	struct attachment old;

	if (attachment_read(g->dir, j->request->id, j->arena, &old) < 0 || j->given < 0)
		return 0;
	/* One that gets a new namespace has had its last. */
	if (if_nametoindex(old.host_interface))
		return error_say(err, EEXIST, "container \"%s\" is attached to it already",
				 j->request->id);
	return 0;
}

static int attachment_note(struct net_job *j, struct joining *g, struct error *err)
{
	const struct net_request *q = j->request;
	char name[IF_NAMESIZE];
	int r = attachment_claim(j, g, err);

	if (r < 0)
		return r;
	attachment_interface(q->id, g->net.name, name);
	g->at.id = q->id;
	g->at.root = q->root;
	g->at.name = q->name;
	g->at.hosts = q->hosts;
	g->at.host_interface = arena_strdup(j->arena, name);
	g->at.mac = g->use->mac;
	g->at.aliases = g->use->aliases;
	if (q->hostname)
		LIST_ADD(j->arena, &g->at.aliases, q->hostname);
	attachment_by_parent(&g->at, j->arena);
	r = attachment_write(g->dir, &g->at, err);
	g->noted = r == 0;
	return r;
}

static const char *asked_address(const struct net_use *use, int family)
{
	return family == AF_INET ? use->ip : use->ip6;
}

static int address_take(struct net_job *j, struct joining *g, const struct network_subnet *s,
			struct error *err)
{
	const struct lease_pool pool = {
		.dir = g->dir,
		.first = s->first,
		.last = s->last,
		.gateway = s->router,
		.alive = attachment_owner_alive,
		.arg = &g->dir,
	};
	const char *asked = asked_address(g->use, s->net.family);
	struct ip *a = &g->addresses[g->n];
	int r;

	if (!asked) {
		r = lease_take(&pool, j->request->id, a, err);
	} else if (ip_parse(asked, false, a) < 0 || !ip_contains(&s->net, a)) {
		return error_say(err, EINVAL,
				 "the address must be one of its subnet %s, got \"%.64s\"",
				 s->subnet, asked);
	} else {
		a->prefix = s->net.prefix;
		r = lease_take_this(&pool, j->request->id, a, err);
	}
	g->n += r == 0;
	return r;
}

/* Of its IPv4 address, if it has one. */
static void mac_make(struct joining *g, struct arena *a)
{
	const struct ip *ip = &g->addresses[0];
	char text[MAC_TEXT];

	if (g->n > 1 && g->addresses[1].family == AF_INET)
		ip = &g->addresses[1];
	ip_mac(ip, g->mac);
	g->at.mac = arena_strdup(a, mac_text(g->mac, text));
}

static int addresses_take(struct net_job *j, struct joining *g, struct error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < g->net.subnets.n; i++)
		r = address_take(j, g, &g->net.subnets.v[i], err);
	if (r == 0 && g->use->ip6 && g->n == 1 && g->addresses[0].family == AF_INET)
		r = error_say(err, EINVAL, "it has no subnet of IPv6 for the address %.64s",
			      g->use->ip6);
	if (r < 0)
		return r;
	if (!g->use->mac)
		mac_make(g, j->arena);
	else if (mac_parse(g->use->mac, g->mac) < 0)
		return error_say(err, EINVAL, "\"%.64s\" is no MAC address of one station",
				 g->use->mac);
	return 0;
}

static int joining_begin(struct net_job *j, struct joining *g, struct error *err)
{
	int r = create_or_load(j, g->use->network, &g->net, err);

	if (r < 0)
		return r;
	g->dir = attachment_open(j->request->data, g->net.name, err);
	r = g->dir < 0 ? g->dir : bridge_ensure(j->host, &g->net, &g->bridge, j->warn, err);
	if (r == 0)
		r = attachment_note(j, g, err);
	if (r == 0)
		r = addresses_take(j, g, err);
	return with_network(err, g, r);
}

static void joining_undo(struct net_job *j, struct joining *g)
{
	if (!g->noted)
		return;
	link_add_remove(j->host, g->at.host_interface);
	netlink_send(j->host, NULL);
	hosts_leave(g->dir, g->net.name, j->request->id);
}

/* ---- Names in there -------------------------------------------------------------------------- */

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

struct names {
	struct strings taken;
	struct arena *a;
};

static int name_add(void *arg, const struct link *l)
{
	struct names *t = arg;

	LIST_ADD(t->a, &t->taken, arena_strdup(t->a, l->name));
	return 0;
}

static bool is_taken(const struct strings *taken, const char *name)
{
	size_t i;

	for (i = 0; i < taken->n; i++)
		if (streq(taken->v[i], name))
			return true;
	return false;
}

/* The first that is free, if it has not said which. */
static int name_choose(struct joining *g, struct names *t, struct error *err)
{
	const char *name = g->use->interface;
	unsigned i;

	if (name && !interface_name_ok(name))
		return error_say(err, EINVAL, "\"%.64s\" is no name of an interface", name);
	if (name && is_taken(&t->taken, name))
		return error_say(err, EEXIST, "the container has an interface %s already", name);
	for (i = 0; !name || is_taken(&t->taken, name); i++)
		name = arena_printf(t->a, "eth%u", i);
	LIST_ADD(t->a, &t->taken, name);
	g->at.interface = name;
	return 0;
}

static int names_choose(struct net_job *j, struct netlink *inside, struct joinings *all,
			struct error *err)
{
	struct names names = {.a = j->arena};
	size_t i;
	int r = inside ? link_list(inside, name_add, &names, err) : 0;

	for (i = 0; r == 0 && i < all->n; i++)
		r = name_choose(&all->v[i], &names, err);
	return r;
}

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
	if (r == 0 && j->given < 0)
		hosts_host(j->request->hosts, all->v[0].net.subnets.v[0].gateway, &j->request->wants);
	for (i = 0; r == 0 && i < all->n; i++) {
		hosts_join(all->v[i].dir, all->v[i].net.name, &all->v[i].at, j->arena);
		result_add(j, &all->v[i]);
	}
	return r;
}

static int attach_all(struct net_job *j, struct joinings *all, struct error *err)
{
	struct netlink *inside = NULL;
	size_t i;
	int r = j->given < 0 ? 0 : given_open(j, &inside, err);

	if (r == 0)
		r = names_choose(j, inside, all, err);
	for (i = 0; r == 0 && i < all->n; i++)
		r = joining_begin(j, &all->v[i], err);
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
		all.v[i] = (struct joining){.use = &uses->v[i], .dir = -1};
	r = attach_all(j, &all, err);
	for (i = 0; i < all.n; i++) {
		if (r < 0)
			joining_undo(j, &all.v[i]);
		fd_close(all.v[i].dir);
	}
	return r;
}
