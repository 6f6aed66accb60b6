/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/joining.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "netns/bridge.h"
#include "netns/create.h"
#include "netns/hosts.h"
#include "netns/lease.h"

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
	char name[IF_NAMESIZE], mac[MAC_TEXT];
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
	/* They lead to its first network. */
	if (g->first)
		g->at.ports = q->wants.ports;
	g->at.allow = q->wants.allow;
	if (g->at.allow.n)
		g->at.bridge_mac = arena_strdup(j->arena, mac_text(g->bridge.mac, mac));
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

/* ---- Those that are gone, and the firewall ----------------------------------------------------- */

/* Nobody has told of their end. What leads to them must not lead to who gets their addresses. */
static void dead_forget(struct net_job *j, const struct joining *g)
{
	struct attachments all;
	struct strings addresses;
	size_t i;

	attachment_list(g->dir, j->arena, &all);
	for (i = 0; i < all.n; i++) {
		bool own = streq(all.v[i].id, j->request->id);

		if (own ? j->given >= 0 : attachment_alive(&all.v[i]))
			continue;
		attachment_addresses(g->dir, all.v[i].id, j->arena, &addresses);
		protect_forget(&j->protect, &all.v[i], &addresses);
		/* It will mostly get the same again. */
		if (!own)
			hosts_leave(g->dir, g->net.name, all.v[i].id);
	}
}

static void protect_joining(struct net_job *j, const struct joining *g)
{
	struct strings addresses;

	protect_network(&j->protect, &g->net);
	if (!g->at.ports.n && !g->at.allow.n)
		return;
	attachment_addresses(g->dir, j->request->id, j->arena, &addresses);
	protect_ports(&j->protect, &g->at, &addresses);
	protect_limits(&j->protect, &g->at, &addresses);
}

int joining_begin(struct net_job *j, struct joining *g, struct error *err)
{
	int r = create_or_load(j, g->use->network, &g->net, err);

	if (r < 0)
		return r;
	g->dir = attachment_open(j->request->data, g->net.name, err);
	r = g->dir < 0 ? g->dir : bridge_ensure(j->host, &g->net, &g->bridge, j->warn, err);
	if (r < 0)
		return with_network(err, g, r);
	dead_forget(j, g);
	r = attachment_note(j, g, err);
	if (r == 0)
		r = addresses_take(j, g, err);
	if (r == 0)
		protect_joining(j, g);
	return with_network(err, g, r);
}

void joining_tell(struct net_job *j, const struct joining *g)
{
	hosts_join(g->dir, g->net.name, &g->at, j->arena);
}

void joining_undo(struct net_job *j, struct joining *g)
{
	struct strings addresses;

	if (!g->noted)
		return;
	attachment_addresses(g->dir, j->request->id, j->arena, &addresses);
	protect_forget(&j->protect, &g->at, &addresses);
	link_add_remove(j->host, g->at.host_interface);
	netlink_send(j->host, NULL);
	hosts_leave(g->dir, g->net.name, j->request->id);
}

/* ---- Names in there -------------------------------------------------------------------------- */

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

int joining_names(struct net_job *j, struct netlink *inside, struct joinings *all,
		  struct error *err)
{
	struct names names = {.a = j->arena};
	size_t i;
	int r = inside ? link_list(inside, name_add, &names, err) : 0;

	for (i = 0; r == 0 && i < all->n; i++)
		r = name_choose(&all->v[i], &names, err);
	return r;
}
