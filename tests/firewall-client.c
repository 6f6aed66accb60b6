/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall-client: hoy's firewall for tests/firewall.bats, in the network namespace in which it runs.
 *
 *	firewall-client commit ITEM…	adds what begins without "-", removes what begins with it
 *	firewall-client build ITEM…	builds the tables with these
 *	firewall-client time N ITEM…	commits N times; prints the microseconds of each
 *	firewall-client remove | show
 *	firewall-client forget ADDRESS
 *
 * An ITEM is one argument:
 *
 *	net INTERFACE SUBNET SUBNET|- [internal|isolated]
 *	port PROTO HOST|- PORT TO TO-PORT COUNT
 *	limit INTERFACE MAC BRIDGE-MAC ADDRESS ADDRESS|-
 *	allow FROM TO/PREFIX PROTO FIRST LAST
 *
 * Exit status: 0; 2: the tables aren't there; 3: a port is taken; 1: else, with words.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/list.h"
#include "netns/conntrack.h"
#include "netns/firewall.h"

static struct arena arena;

static _Noreturn void wrong(const char *item)
{
	fprintf(stderr, "no item: %s\n", item);
	exit(1);
}

static bool ip_read(const char *text, struct ip *ret)
{
	return strcmp(text, "-") != 0 && ip_parse(text, false, ret) == 0;
}

static void mac_read(const char *text, uint8_t mac[MAC_SIZE])
{
	unsigned b[MAC_SIZE], i;

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5) != MAC_SIZE)
		wrong(text);
	for (i = 0; i < MAC_SIZE; i++)
		mac[i] = (uint8_t)b[i];
}

static void net_read(const char *item, struct firewall_all *all)
{
	char interface[32], a[64], b[64], flag[32] = "";
	struct firewall_net n = {.n = 0};

	if (sscanf(item, "net %31s %63s %63s %31s", interface, a, b, flag) < 3)
		wrong(item);
	n.interface = arena_strdup(&arena, interface);
	n.n += ip_read(a, &n.subnets[n.n]);
	n.n += ip_read(b, &n.subnets[n.n]);
	n.internal = strcmp(flag, "internal") == 0;
	n.isolated = strcmp(flag, "isolated") == 0;
	LIST_ADD(&arena, &all->nets, n);
}

static void port_read(const char *item, struct firewall_all *all)
{
	char host[64], to[64];
	unsigned proto, port, to_port, count;
	struct firewall_port p = {.proto = 0};

	if (sscanf(item, "port %u %63s %u %63s %u %u", &proto, host, &port, to, &to_port, &count) !=
		    6 ||
	    !ip_read(to, &p.to))
		wrong(item);
	p.proto = (uint8_t)proto;
	p.host.family = p.to.family;
	ip_read(host, &p.host);
	for (; count--; port++, to_port++) {
		p.port = (uint16_t)port;
		p.to_port = (uint16_t)to_port;
		LIST_ADD(&arena, &all->ports, p);
	}
}

static void limit_read(const char *item, struct firewall_all *all)
{
	char interface[32], mac[32], bridge[32], a[64], b[64];
	struct firewall_limit l = {.n = 0};

	if (sscanf(item, "limit %31s %31s %31s %63s %63s", interface, mac, bridge, a, b) != 5)
		wrong(item);
	l.interface = arena_strdup(&arena, interface);
	mac_read(mac, l.mac);
	mac_read(bridge, l.bridge);
	l.n += ip_read(a, &l.addresses[l.n]);
	l.n += ip_read(b, &l.addresses[l.n]);
	LIST_ADD(&arena, &all->limits, l);
}

static void allow_read(const char *item, struct firewall_all *all)
{
	char from[64], to[64];
	unsigned proto, first, last;
	struct firewall_allow a;

	if (sscanf(item, "allow %63s %63s %u %u %u", from, to, &proto, &first, &last) != 5 ||
	    !ip_read(from, &a.from) || !ip_read(to, &a.to))
		wrong(item);
	a.proto = (uint8_t)proto;
	a.first = (uint16_t)first;
	a.last = (uint16_t)last;
	LIST_ADD(&arena, &all->allows, a);
}

static void item_read(const char *item, struct firewall_all *all)
{
	static const struct {
		const char *word;
		void (*read)(const char *item, struct firewall_all *all);
	} kinds[] = {
		{"net ", net_read},
		{"port ", port_read},
		{"limit ", limit_read},
		{"allow ", allow_read},
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (starts_with(item, kinds[i].word)) {
			kinds[i].read(item, all);
			return;
		}
	wrong(item);
}

static void items_add(struct firewall *f, const struct firewall_all *all, bool remove)
{
	size_t i;

	for (i = 0; i < all->nets.n; i++)
		(remove ? firewall_remove_net : firewall_add_net)(f, &all->nets.v[i]);
	for (i = 0; i < all->ports.n; i++)
		(remove ? firewall_remove_port : firewall_add_port)(f, &all->ports.v[i]);
	for (i = 0; i < all->limits.n; i++)
		(remove ? firewall_remove_limit : firewall_limit)(f, &all->limits.v[i]);
	for (i = 0; i < all->allows.n; i++)
		firewall_add_allow(f, &all->allows.v[i]);
}

static int commit(char *const *items, struct error *err)
{
	struct firewall *f;
	int r = firewall_open(&f, err);

	for (; r == 0 && *items; items++) {
		struct firewall_all one = {.nets = {0}};
		bool remove = **items == '-';

		item_read(*items + remove, &one);
		items_add(f, &one, remove);
	}
	if (r == 0)
		r = firewall_commit(f, err);
	firewall_close(f);
	return r;
}

static int build(char *const *items, struct error *err)
{
	struct firewall_all all = {.nets = {0}};

	for (; *items; items++)
		item_read(*items, &all);
	return firewall_build(&all, err);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int measure(char *const *args, struct error *err)
{
	int n = atoi(*args++), r = 0;

	while (r == 0 && n-- > 0) {
		double begin = now();

		r = commit(args, err);
		printf("%.1f\n", now() - begin);
	}
	return r;
}

static int show(struct error *err)
{
	struct text out = TEXT_INIT;
	int r = firewall_show(&out, err);

	fputs(out.len ? out.s : "", stdout);
	text_free(&out);
	return r;
}

static int forget(const char *address, struct error *err)
{
	struct ip a;

	if (!ip_read(address, &a))
		wrong(address);
	return conntrack_forget(&a, err);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct error err = ERROR_INIT;
	char text[2048];
	int r = -EINVAL;

	arena = (struct arena){0};
	if (streq(verb, "commit"))
		r = commit(argv + 2, &err);
	else if (streq(verb, "build"))
		r = build(argv + 2, &err);
	else if (streq(verb, "time") && argc > 2)
		r = measure(argv + 2, &err);
	else if (streq(verb, "remove"))
		r = firewall_remove(&err);
	else if (streq(verb, "show"))
		r = show(&err);
	else if (streq(verb, "forget") && argc > 2)
		r = forget(argv[2], &err);
	if (r < 0 && r != -ENOENT)
		fprintf(stderr, "%s\n", error_text(&err, text, sizeof(text)));
	return r == 0 ? 0 : r == -ENOENT ? 2 : r == -EEXIST ? 3 : 1;
}
