/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/bridge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "base/fd.h"
#include "netns/route.h"

#define FORWARD4 "/proc/sys/net/ipv4/ip_forward"
#define CONF6	 "/proc/sys/net/ipv6/conf"
#define FORWARD6 CONF6 "/all/forwarding"

/* One that stays, whichever ports come and go: a bridge without takes the lowest of its ports'. */
static void mac_of(const char *name, uint8_t mac[MAC_SIZE])
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	int i;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	mac[0] = 0x02; /* local, of one station */
	for (i = 1; i < MAC_SIZE; i++)
		mac[i] = (uint8_t)(h >> 8 * i);
}

/* Nobody tells the host its routes by it (security.md, R13). Without IPv6 there is no such file. */
static void advertisements_ignore(const char *interface)
{
	char path[96];

	snprintf(path, sizeof(path), CONF6 "/%s/accept_ra", interface);
	file_put_at(AT_FDCWD, path, "0");
}

static int addresses_set(struct netlink *host, const struct net *net, const struct link *bridge,
			 struct error *err)
{
	size_t i;

	link_add_up(host, bridge->index, net->interface);
	for (i = 0; i < net->subnets.n; i++)
		address_add(host, bridge->index, &net->subnets.v[i].router);
	return netlink_send(host, err);
}

static int bridge_make(struct netlink *host, const struct net *net, struct link *ret,
		       struct error *err)
{
	uint8_t mac[MAC_SIZE];
	int r;

	mac_of(net->interface, mac);
	link_add_bridge(host, net->interface, net->mtu, mac);
	/* Who starts at the same time may have been faster. */
	netlink_forgive(host, EEXIST);
	r = netlink_send(host, err);
	if (r == 0)
		r = link_find(host, net->interface, ret, err);
	if (r < 0)
		return r;
	advertisements_ignore(net->interface);
	return addresses_set(host, net, ret, err);
}

/* A host that forwards takes no router's word any more (accept_ra is 1), and would lose its own way out. */
static void advertisements_keep(void)
{
	DIR *d = opendir(CONF6);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		_cleanup_(text_free) struct text t = TEXT_INIT;
		char path[sizeof(CONF6 "//accept_ra") + NAME_MAX];

		snprintf(path, sizeof(path), CONF6 "/%s/accept_ra", e->d_name);
		if (e->d_name[0] != '.' && file_read_at(AT_FDCWD, path, 16, &t) == 0 && t.len &&
		    t.s[0] == '1')
			file_put_at(AT_FDCWD, path, "2");
	}
	if (d)
		closedir(d);
}

/* 0, also when it was on; or -errno with err. */
static int forward(const char *path, struct warnings *warn, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	int r = file_read_at(AT_FDCWD, path, 16, &t);

	if (r == 0 && t.len && t.s[0] != '0')
		return 0;
	if (r == 0 && streq(path, FORWARD6))
		advertisements_keep();
	if (r == 0)
		r = file_put_at(AT_FDCWD, path, "1");
	if (r < 0)
		return error_set(err, -r, "turn on %s", path);
	warn_add(warn,
		 "%s was 0 and is 1 now: the host forwards packets, as networks of "
		 "containers need it",
		 path);
	return 0;
}

static int forward_all(const struct net *net, struct warnings *warn, struct error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < net->subnets.n && !net->internal; i++)
		r = forward(net->subnets.v[i].net.family == AF_INET ? FORWARD4 : FORWARD6, warn,
			    err);
	return r;
}

int bridge_ensure(struct netlink *host, const struct net *net, struct link *ret,
		  struct warnings *warn, struct error *err)
{
	int r = link_find(host, net->interface, ret, err);

	if (r == -ENODEV)
		r = bridge_make(host, net, ret, err);
	if (r < 0)
		return r;
	if (!streq(ret->kind, "bridge"))
		return error_say(err, EEXIST,
				 "network \"%s\": the interface %s is there and is no bridge",
				 net->name, net->interface);
	return forward_all(net, warn, err);
}

int bridge_restore(struct netlink *host, const struct net *net, struct link *ret,
		   struct warnings *warn, struct error *err)
{
	int r = bridge_ensure(host, net, ret, warn, err);

	return r < 0 ? r : addresses_set(host, net, ret, err);
}
