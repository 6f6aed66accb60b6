/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/network_attach.h"

#include <stdint.h>

#include "base/fd.h"
#include "engine/network.h"
#include "engine/run.h"

struct connect_network {
	const char *ip, *ip6, *mac, *interface;
	struct option_list aliases;
};

static int attach(const struct call *c, const char *container, const char *network,
		  struct error *err)
{
	const struct connect_network *o = c->opt;
	const struct net_use use = {
		.network = network_by_name(network),
		.ip = o->ip,
		.ip6 = o->ip6,
		.mac = o->mac,
		.interface = o->interface,
		.aliases = {o->aliases.n, (const char **)(uintptr_t)o->aliases.v},
	};
	int r = network_use_check(&use, err);

	return r < 0 ? r : network_connect(c->rt, container, &use, err);
}

static int detach(const struct call *c, const char *container, const char *network,
		  struct error *err)
{
	const struct net_use use = {.network = network_by_name(network)};
	int r = network_use_check(&use, err);

	return r < 0 ? r : network_disconnect(c->rt, container, &use, err);
}

static int attach_run(const struct call *c, struct error *err)
{
	return attach(c, c->args[0], c->args[1], err);
}

static int detach_run(const struct call *c, struct error *err)
{
	return detach(c, c->args[0], c->args[1], err);
}

static int connect_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;

	return attach(c, engine_resolve(c->rt, c->args[1], &a), c->args[0], err);
}

static int disconnect_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;

	return detach(c, engine_resolve(c->rt, c->args[1], &a), c->args[0], err);
}

#define CONNECT(m) OPTION_FIELD(const char *, struct connect_network, m)

static const struct option_spec connect_options[] = {
	{.name = "ip", .value = "ADDRESS", .kind = OPTION_STRING, .offset = CONNECT(ip),
	 .help = "its IPv4 address there"},
	{.name = "ip6", .value = "ADDRESS", .kind = OPTION_STRING, .offset = CONNECT(ip6),
	 .help = "and its IPv6 address"},
	{.name = "mac-address", .value = "MAC", .kind = OPTION_STRING, .offset = CONNECT(mac),
	 .help = "of its interface"},
	{.name = "interface-name", .value = "NAME", .kind = OPTION_STRING,
	 .offset = CONNECT(interface),
	 .help = "of the same; without it the first of eth0, eth1, … that is free"},
	{.name = "alias", .value = "NAME", .kind = OPTION_LIST,
	 .offset = OPTION_FIELD(struct option_list, struct connect_network, aliases),
	 .help = "another name by which others there know it; may be repeated"},
	{0},
};

static const struct option_spec *const connect_tables[] = {connect_options, NULL};

static const char *const connect_text[] = {
	"Works on every container that runs or is created, those of bundles too, whose engine calls it "
	"between create and start. One that \"hoy run\" has made is in that network also after its next "
	"start.",
	NULL,
};

static const struct option_spec *const no_tables[] = {NULL};

const struct verb verb_network_attach = {
	.name = "network attach",
	.synopsis = "[OPTION...] CONTAINER NETWORK",
	.help = "put a container into one more network",
	.text = connect_text,
	.tables = connect_tables,
	.options_size = sizeof(struct connect_network),
	.min = 2,
	.max = 2,
	.needs = "a container and a network",
	.names = 1,
	.run = attach_run,
};

const struct verb verb_network_detach = {
	.name = "network detach",
	.synopsis = "CONTAINER NETWORK",
	.help = "take a container out of a network",
	.tables = no_tables,
	.min = 2,
	.max = 2,
	.needs = "a container and a network",
	.names = 1,
	.run = detach_run,
};

const struct verb verb_network_connect = {
	.name = "network connect",
	.synopsis = "[OPTION...] NETWORK CONTAINER",
	.help = "the same as attach, with docker's order of words",
	.text = connect_text,
	.tables = connect_tables,
	.options_size = sizeof(struct connect_network),
	.min = 2,
	.max = 2,
	.needs = "a network and a container",
	.run = connect_run,
};

const struct verb verb_network_disconnect = {
	.name = "network disconnect",
	.synopsis = "NETWORK CONTAINER",
	.help = "the same as detach, with docker's order of words",
	.tables = no_tables,
	.min = 2,
	.max = 2,
	.needs = "a network and a container",
	.run = disconnect_run,
};
