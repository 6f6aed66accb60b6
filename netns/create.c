/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/create.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>

#include "base/data.h"
#include "base/fd.h"
#include "base/list.h"
#include "netns/link.h"
#include "netns/route.h"

#define POOL_FIRST   "10.90.0.0/24" /* and those behind it, to 10.127.255.0/24 */
#define POOL_SUBNETS 9728
#define ULA_PREFIX   64
#define ULA_TRIES    16
#define TRIES	     1000

/* ---- Subnets --------------------------------------------------------------------------------- */

/* What is in use: by other networks, and by routes of the host. */
struct used {
	size_t n;
	struct ip *v;
	struct arena *a;
};

static int used_add(void *arg, const struct ip *to)
{
	struct used *u = arg;

	u->v = list_grow(u->a, u->v, u->n, sizeof(*u->v));
	u->v[u->n++] = *to;
	return 0;
}

static bool is_used(const struct used *u, const struct ip *subnet)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (ip_overlaps(&u->v[i], subnet))
			return true;
	return false;
}

static int used_read(struct net_job *j, struct used *u, struct error *err)
{
	struct strings names;
	int r = network_list(j->request->data, j->arena, &names, err);
	size_t i, k;

	for (i = 0; r == 0 && i < names.n; i++) {
		struct net n;

		if (network_load(j->request->data, names.v[i], j->arena, &n, NULL) < 0)
			continue;
		for (k = 0; k < n.subnets.n; k++)
			used_add(u, &n.subnets.v[k].net);
	}
	if (r == 0)
		r = route_list(j->host, AF_INET, used_add, u, err);
	return r < 0 ? r : route_list(j->host, AF_INET6, used_add, u, err);
}

/* The first IPv4 subnet of the pool that nobody uses. */
static bool choose4(const struct used *u, struct ip *ret)
{
	struct ip first;
	unsigned i;

	ip_parse(POOL_FIRST, true, &first);
	for (i = 0; i < POOL_SUBNETS; i++) {
		*ret = first;
		ret->bytes[1] = (uint8_t)(first.bytes[1] + i / 256);
		ret->bytes[2] = (uint8_t)(i % 256);
		if (!is_used(u, ret))
			return true;
	}
	return false;
}

/* A unique local one (RFC 4193): its 40 bits are random, so that two sites don't have the same. */
static bool choose6(const struct used *u, struct ip *ret)
{
	unsigned i;

	for (i = 0; i < ULA_TRIES; i++) {
		*ret = (struct ip){.family = AF_INET6, .prefix = ULA_PREFIX, .bytes = {0xfd}};
		if (getrandom(ret->bytes + 1, 5, 0) == 5 && !is_used(u, ret))
			return true;
	}
	return false;
}

static bool has_family(const struct net *n, int family)
{
	struct ip a;
	size_t i;

	for (i = 0; i < n->subnets.n; i++)
		if (ip_parse(n->subnets.v[i].subnet, true, &a) == 0 && a.family == family)
			return true;
	return false;
}

static int subnet_choose(struct net_job *j, struct net *n, const struct used *u, int family,
			 struct error *err)
{
	struct network_subnet s = {0};
	char text[IP_TEXT_MAX];
	struct ip a;

	if (!(family == AF_INET ? choose4(u, &a) : choose6(u, &a)))
		return error_say(err, EADDRINUSE,
				 "no subnet is free between " POOL_FIRST
				 " and 10.127.255.0/24: say which "
				 "with --subnet");
	s.subnet = arena_strdup(j->arena, ip_text(&a, true, text));
	LIST_ADD(j->arena, &n->subnets, s);
	return 0;
}

/* What was asked for mustn't be anybody's. */
static int subnets_check(const struct net *n, const struct used *u, struct error *err)
{
	size_t i, k;

	for (i = 0; i < n->subnets.n; i++)
		for (k = 0; k < u->n; k++) {
			char other[IP_TEXT_MAX];

			if (ip_overlaps(&n->subnets.v[i].net, &u->v[k]))
				return error_say(
					err, EADDRINUSE,
					"the subnet %s is in use: another network or a route of "
					"the host has %s",
					n->subnets.v[i].subnet, ip_text(&u->v[k], true, other));
		}
	return 0;
}

static int subnets_complete(struct net_job *j, struct net *n, struct error *err)
{
	struct used used = {.a = j->arena};
	int r = used_read(j, &used, err);

	/* Those that were given are told apart from those that are found free. */
	if (r == 0)
		r = network_complete(n, j->arena, err);
	if (r == 0)
		r = subnets_check(n, &used, err);
	if (r == 0 && !n->subnets.n)
		r = subnet_choose(j, n, &used, AF_INET, err);
	if (r == 0 && j->request->ipv6 && !has_family(n, AF_INET6))
		r = subnet_choose(j, n, &used, AF_INET6, err);
	return r < 0 ? r : network_complete(n, j->arena, err);
}

/* ---- Interface ------------------------------------------------------------------------------- */

static bool interface_is_others(struct net_job *j, const char *name)
{
	struct strings names;
	struct link l;
	size_t i;

	if (link_find(j->host, name, &l, NULL) == 0)
		return true;
	if (network_list(j->request->data, j->arena, &names, NULL) < 0)
		return false;
	for (i = 0; i < names.n; i++) {
		struct net n;

		if (network_load(j->request->data, names.v[i], j->arena, &n, NULL) == 0 &&
		    streq(n.interface, name))
			return true;
	}
	return false;
}

/* It follows from the name, unless somebody has it. */
static int interface_choose(struct net_job *j, struct net *n, struct error *err)
{
	const char *salted = n->name;
	char name[IF_NAMESIZE];
	unsigned i;

	if (n->interface)
		return !interface_name_ok(n->interface)
			       ? error_say(err, EINVAL, "\"%.64s\" is no name of an interface",
					   n->interface)
			       : 0;
	for (i = 1; i <= TRIES; i++) {
		network_interface(salted, name);
		if (!interface_is_others(j, name)) {
			n->interface = arena_strdup(j->arena, name);
			return 0;
		}
		salted = arena_printf(j->arena, "%s %u", n->name, i);
	}
	return error_say(err, EEXIST, "no name for its interface is free");
}

/* ---- Creating -------------------------------------------------------------------------------- */

static const char *now(struct arena *a)
{
	char text[32];
	time_t t = time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, text);
}

/* Whoever creates another at the same time would find the same subnet free. 0, -EEXIST without words, or -errno
 * with err. */
static int create(struct net_job *j, struct net *n, struct error *err)
{
	_cleanup_fd_ int dir = data_open(j->request->data, NETWORKS_DIR, true);
	struct net there;
	int r = dir < 0 ? dir : fd_lock(dir, LOCK_EX);

	if (r < 0)
		return error_set(err, -r, "lock %s/" NETWORKS_DIR, j->request->data);
	r = network_load(j->request->data, n->name, j->arena, &there, NULL);
	if (r != -ENOENT)
		return -EEXIST;
	r = interface_choose(j, n, err);
	if (r == 0)
		r = subnets_complete(j, n, err);
	if (r < 0)
		return r;
	n->driver = "bridge";
	n->created = now(j->arena);
	return network_store(j->request->data, n, err);
}

int create_or_load(struct net_job *j, const char *name, struct net *ret, struct error *err)
{
	int r = network_name_check(name, err);

	if (r < 0)
		return r;
	r = network_load(j->request->data, name, j->arena, ret, err);
	if (r == -ENOENT && streq(name, NETWORK_DEFAULT)) {
		*ret = (struct net){.name = name};
		r = create(j, ret, err);
		if (r == -EEXIST)
			r = network_load(j->request->data, name, j->arena, ret, err);
	}
	if (r == -ENOENT) {
		error_hint(err,
			   "`hoy network create %s` makes it, `hoy network ls` shows what is there",
			   name);
		return error_say(err, ENOENT, "there is no network \"%s\"", name);
	}
	return r;
}

int verb_create(struct net_job *j, struct error *err)
{
	struct net *n = j->request->network;
	int r = n ? network_name_check(n->name, err) : -EINVAL;

	if (r == 0)
		r = create(j, n, err);
	if (r == -EEXIST && j->request->exist_ok)
		r = 0;
	else if (r == -EEXIST)
		return error_say(err, EEXIST, "there is a network \"%s\" already", n->name);
	if (r == 0)
		puts(n->name);
	return r;
}
