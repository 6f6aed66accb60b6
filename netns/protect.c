/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/protect.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/file.h>

#include "base/data.h"
#include "base/fd.h"
#include "base/list.h"
#include "netns/allow.h"
#include "netns/conntrack.h"
#include "netns/use.h"

int protect_open(struct protect *p, const char *data, struct error *err)
{
	int r;

	p->data = data;
	p->lock = data_open(data, LEASES_DIR, true);
	r = p->lock < 0 ? p->lock : fd_lock(p->lock, LOCK_SH);
	if (r < 0)
		return error_set(err, -r, "lock %s/" LEASES_DIR, data);
	return firewall_open(&p->firewall, err);
}

void protect_close(struct protect *p)
{
	p->lock = fd_close(p->lock);
	firewall_close(p->firewall);
	p->firewall = NULL;
}

/* ---- In the firewall's terms ------------------------------------------------------------------ */

static struct firewall_net net_of(const struct net *n)
{
	struct firewall_net out = {
		.interface = n->interface, .internal = n->internal, .isolated = n->isolated};
	size_t i;

	for (i = 0; i < n->subnets.n && out.n < 2; i++)
		out.subnets[out.n++] = n->subnets.v[i].net;
	return out;
}

/* Every single port of one that is published, with each address of the container that it can lead to. */
static void ports_each(const struct net_port *port, const struct strings *addresses,
		       void (*each)(void *arg, const struct firewall_port *p), void *arg)
{
	struct firewall_port out = {.proto = (uint8_t)net_port_protocol(port)};
	struct ip hosts[2];
	size_t n = net_port_addresses(port, hosts), i, k;
	uint32_t at;

	for (i = 0; i < n; i++)
		for (k = 0; k < addresses->n; k++) {
			if (ip_parse(addresses->v[k], false, &out.to) < 0 ||
			    out.to.family != hosts[i].family)
				continue;
			out.host = hosts[i];
			for (at = 0; at < port->count; at++) {
				out.port = (uint16_t)(port->port + at);
				out.to_port = (uint16_t)(port->to + at);
				each(arg, &out);
			}
		}
}

static void port_add(void *arg, const struct firewall_port *p)
{
	firewall_add_port(arg, p);
}

static void port_remove(void *arg, const struct firewall_port *p)
{
	firewall_remove_port(arg, p);
}

void protect_network(struct protect *p, const struct net *n)
{
	const struct firewall_net net = net_of(n);

	firewall_add_net(p->firewall, &net);
}

void protect_network_forget(struct protect *p, const struct net *n)
{
	const struct firewall_net net = net_of(n);

	firewall_remove_net(p->firewall, &net);
}

void protect_ports(struct protect *p, const struct attachment *at, const struct strings *addresses)
{
	size_t i;

	for (i = 0; i < at->ports.n; i++)
		ports_each(&at->ports.v[i], addresses, port_add, p->firewall);
}

static struct firewall_limit limit_of(const struct attachment *at, const struct strings *addresses)
{
	struct firewall_limit out = {.interface = at->host_interface};
	size_t i;

	for (i = 0; i < addresses->n && out.n < 2; i++)
		out.n += ip_parse(addresses->v[i], false, &out.addresses[out.n]) == 0;
	if (!at->mac || mac_parse(at->mac, out.mac) < 0)
		ip_mac(&out.addresses[0], out.mac);
	if (at->bridge_mac)
		mac_parse(at->bridge_mac, out.bridge);
	return out;
}

/* Every address with everything of its family that it may reach. */
static void allows_each(const struct attachment *at, const struct firewall_limit *limit,
			void (*each)(void *arg, const struct firewall_allow *a), void *arg)
{
	static const uint8_t with_ports[] = {IPPROTO_TCP, IPPROTO_UDP};
	size_t i, k, n;

	for (i = 0; i < limit->n; i++)
		for (k = 0; k < at->allow.n; k++) {
			struct firewall_allow out = {.from = limit->addresses[i]};
			struct net_allow a;

			if (allow_parse(at->allow.v[k], &a) != 1 || a.to.family != out.from.family)
				continue;
			out.to = a.to;
			out.proto = a.proto;
			out.first = a.first;
			out.last = a.last;
			for (n = 0; n < (a.first && !a.proto ? 2 : 1); n++) {
				if (a.first && !a.proto)
					out.proto = with_ports[n];
				each(arg, &out);
			}
		}
}

static void allow_add(void *arg, const struct firewall_allow *a)
{
	firewall_add_allow(arg, a);
}

void protect_limits(struct protect *p, const struct attachment *at, const struct strings *addresses)
{
	const struct firewall_limit limit = limit_of(at, addresses);

	if (!at->allow.n)
		return;
	firewall_limit(p->firewall, &limit);
	allows_each(at, &limit, allow_add, p->firewall);
}

/* What the kernel remembers of TCP ends by itself; of UDP it would go on. */
static bool has_datagrams(const struct attachment *at)
{
	size_t i;

	for (i = 0; i < at->ports.n; i++)
		if (net_port_protocol(&at->ports.v[i]) == IPPROTO_UDP)
			return true;
	return false;
}

void protect_forget(struct protect *p, const struct attachment *at, const struct strings *addresses)
{
	struct ip a;
	size_t i;

	for (i = 0; i < at->ports.n; i++)
		ports_each(&at->ports.v[i], addresses, port_remove, p->firewall);
	if (at->allow.n) {
		const struct firewall_limit limit = limit_of(at, addresses);

		firewall_remove_limit(p->firewall, &limit);
	}
	/* Who gets the address next mustn't be let through by what was allowed. */
	for (i = 0; i < addresses->n && (has_datagrams(at) || at->allow.n); i++)
		if (ip_parse(addresses->v[i], false, &a) == 0)
			conntrack_forget(&a, NULL);
}

/* ---- All ------------------------------------------------------------------------------------- */

struct listing {
	struct arena arena;
	struct firewall_all all;
};

static void port_list(void *arg, const struct firewall_port *p)
{
	struct listing *l = arg;

	LIST_ADD(&l->arena, &l->all.ports, *p);
}

static void allow_list(void *arg, const struct firewall_allow *a)
{
	struct listing *l = arg;

	LIST_ADD(&l->arena, &l->all.allows, *a);
}

static void limit_list(struct listing *l, const struct attachment *at,
		       const struct strings *addresses)
{
	const struct firewall_limit limit = limit_of(at, addresses);

	LIST_ADD(&l->arena, &l->all.limits, limit);
	allows_each(at, &limit, allow_list, l);
}

static void containers_list(struct listing *l, int dir)
{
	struct attachments all;
	struct strings addresses;
	size_t i, k;

	attachment_list(dir, &l->arena, &all);
	for (i = 0; i < all.n; i++) {
		if ((!all.v[i].ports.n && !all.v[i].allow.n) || !attachment_alive(&all.v[i]))
			continue;
		attachment_addresses(dir, all.v[i].id, &l->arena, &addresses);
		for (k = 0; k < all.v[i].ports.n; k++)
			ports_each(&all.v[i].ports.v[k], &addresses, port_list, l);
		if (all.v[i].allow.n)
			limit_list(l, &all.v[i], &addresses);
	}
}

/* Of a network whose file can't be read nothing is known, and nothing is let through. */
static int all_list(const char *data, struct listing *l, struct error *err)
{
	struct strings names;
	int r = network_list(data, &l->arena, &names, err);
	size_t i;

	for (i = 0; r == 0 && i < names.n; i++) {
		_cleanup_fd_ int dir = -1;
		struct firewall_net net;
		struct net n;

		if (network_load(data, names.v[i], &l->arena, &n, NULL) < 0)
			continue;
		net = net_of(&n);
		LIST_ADD(&l->arena, &l->all.nets, net);
		dir = attachment_open(data, names.v[i], NULL);
		if (dir >= 0)
			containers_list(l, dir);
	}
	return r;
}

int protect_build(struct protect *p, struct error *err)
{
	struct listing l = {.arena = ARENA_INIT};
	int r = fd_lock(p->lock, LOCK_EX);

	if (r < 0)
		return error_set(err, -r, "lock %s/" LEASES_DIR, p->data);
	r = all_list(p->data, &l, err);
	if (r == 0)
		r = firewall_build(&l.all, err);
	arena_free(&l.arena);
	return r;
}

int protect_commit(struct protect *p, struct error *err)
{
	int r = firewall_commit(p->firewall, err);

	if (r == -ENOENT)
		r = protect_build(p, err);
	flock(p->lock, LOCK_UN);
	return r;
}

int protect_end(struct protect *p, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct strings names;
	int r = fd_lock(p->lock, LOCK_EX);

	if (r < 0)
		return error_set(err, -r, "lock %s/" LEASES_DIR, p->data);
	r = network_list(p->data, &a, &names, err);
	if (r == 0 && !names.n)
		r = firewall_remove(err);
	flock(p->lock, LOCK_UN);
	return r;
}
