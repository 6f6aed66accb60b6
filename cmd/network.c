/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that change networks, and the group of all that know them. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "cmd/network_attach.h"
#include "cmd/network_list.h"
#include "cmd/verb.h"
#include "engine/network.h"
#include "engine/values.h"

static int data_check(const struct call *c, struct error *err)
{
	if (*c->rt->data)
		return 0;
	return error_say(err, ENOENT,
			 "--data-root is needed: neither $XDG_DATA_HOME nor $HOME is set to an "
			 "absolute path");
}

/* ---- create ---------------------------------------------------------------------------------- */

struct create_network {
	struct option_list subnets, gateways, ranges, labels, drivers_options;
	const char *mtu, *interface;
	unsigned driver;
	bool ipv6, internal, isolate, ignore;
};

/* The option belongs to the subnet of its family that has none yet. */
static int subnet_set(const char *option, const char *text, size_t at, struct net *n,
		      struct error *err)
{
	struct ip want, net;
	size_t i;

	if (ip_parse(text, strchr(text, '/') != NULL, &want) < 0)
		return value_wrong(option, "an address", text, err);
	for (i = 0; i < n->subnets.n; i++) {
		const char **value = (const char **)(void *)((char *)&n->subnets.v[i] + at);

		if (ip_parse(n->subnets.v[i].subnet, true, &net) == 0 &&
		    ip_contains(&net, &want) && !*value) {
			*value = text;
			return 0;
		}
	}
	return error_say(err, EINVAL, "%s: %.64s is in no subnet that --subnet gives", option, text);
}

static int subnets_read(const struct create_network *o, struct net *n, struct arena *a,
			struct error *err)
{
	struct ip ip;
	size_t i;
	int r = 0;

	for (i = 0; i < o->subnets.n; i++) {
		struct network_subnet s = {.subnet = o->subnets.v[i]};

		if (ip_parse(s.subnet, true, &ip) < 0)
			return value_wrong("--subnet", "a subnet like 10.90.1.0/24", s.subnet, err);
		LIST_ADD(a, &n->subnets, s);
	}
	for (i = 0; r == 0 && i < o->gateways.n; i++)
		r = subnet_set("--gateway", o->gateways.v[i],
			       offsetof(struct network_subnet, gateway), n, err);
	for (i = 0; r == 0 && i < o->ranges.n; i++)
		r = subnet_set("--ip-range", o->ranges.v[i], offsetof(struct network_subnet, range),
			       n, err);
	return r;
}

static int mtu_read(const char *option, const char *text, struct net *n, struct arena *a,
		    struct error *err)
{
	uint64_t *mtu = NULL;
	int r = value_u64(option, text, 68, 65535, a, &mtu, err);

	if (r == 0 && mtu)
		n->mtu = (uint32_t)*mtu;
	return r;
}

/* docker's and podman's names of what has options of its own here. */
static int driver_option(const char *text, struct net *n, struct arena *a, struct error *err)
{
	struct string_pair pair;
	int r = value_pair("--opt", text, a, &pair, err);

	if (r < 0)
		return r;
	if (streq(pair.key, "mtu") || streq(pair.key, "com.docker.network.driver.mtu"))
		return mtu_read("--opt mtu", pair.value, n, a, err);
	if (!streq(pair.key, "isolate"))
		return error_say(err, EINVAL, "--opt: \"%.64s\": known are isolate and mtu", pair.key);
	n->isolated = streq(pair.value, "true");
	if (!n->isolated && !streq(pair.value, "false"))
		return value_wrong("--opt isolate", "true or false", pair.value, err);
	return 0;
}

static int labels_read(const struct option_list *list, struct net *n, struct arena *a,
		       struct error *err)
{
	struct string_pair pair;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++) {
		r = text_is_utf8(list->v[i]) ? value_pair("--label", list->v[i], a, &pair, err)
					     : value_wrong("--label", "UTF-8", list->v[i], err);
		if (r == 0)
			map_set(&n->labels, pair, a);
	}
	return r;
}

static int network_of(const struct call *c, struct net *n, struct arena *a, struct error *err)
{
	const struct create_network *o = c->opt;
	size_t i;
	int r = network_name_check(c->args[0], err);

	*n = (struct net){
		.name = c->args[0],
		.driver = "bridge",
		.interface = o->interface,
		.internal = o->internal,
		.isolated = o->isolate,
	};
	if (r == 0)
		r = subnets_read(o, n, a, err);
	if (r == 0)
		r = mtu_read("--mtu", o->mtu, n, a, err);
	for (i = 0; r == 0 && i < o->drivers_options.n; i++)
		r = driver_option(o->drivers_options.v[i], n, a, err);
	return r < 0 ? r : labels_read(&o->labels, n, a, err);
}

static int create_check(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct net n;

	return network_of(c, &n, &a, err);
}

static int create_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const struct create_network *o = c->opt;
	struct net n;
	const struct net_request q = {
		.verb = "create",
		.data = c->rt->data,
		.network = &n,
		.ipv6 = o->ipv6,
		.exist_ok = o->ignore,
	};
	int r = data_check(c, err);

	if (r == 0)
		r = network_of(c, &n, &a, err);
	return r < 0 ? r : network_ask(&q, -1, c->rt->warn, NULL, err);
}

#define CREATE(type, m) OPTION_FIELD(type, struct create_network, m)

static const char *const drivers[] = {"bridge", NULL};

static const struct option_spec create_options[] = {
	{.name = "subnet", .value = "SUBNET", .kind = OPTION_LIST,
	 .offset = CREATE(struct option_list, subnets),
	 .help = "its addresses, as 10.1.2.0/24; one of each family may be given; without it one is chosen "
		 "that nobody uses"},
	{.name = "gateway", .value = "ADDRESS", .kind = OPTION_LIST,
	 .offset = CREATE(struct option_list, gateways),
	 .help = "the host's own address in it; without it the subnet's first"},
	{.name = "ip-range", .value = "SUBNET", .kind = OPTION_LIST,
	 .offset = CREATE(struct option_list, ranges),
	 .help = "the part of the subnet of which containers get addresses"},
	{.name = "ipv6", .kind = OPTION_FLAG, .offset = CREATE(bool, ipv6),
	 .help = "with IPv6 too: without a --subnet of it a unique local one (fd00::/8)"},
	{.name = "internal", .kind = OPTION_FLAG, .offset = CREATE(bool, internal),
	 .help = "no way out of it, and none in"},
	{.name = "isolate", .kind = OPTION_FLAG, .offset = CREATE(bool, isolate),
	 .help = "its containers reach the host and what is behind it, but not each other"},
	{.name = "mtu", .value = "BYTES", .kind = OPTION_STRING, .offset = CREATE(const char *, mtu),
	 .help = "the largest packet; without it the kernel's 1500"},
	{.name = "interface-name", .value = "NAME", .kind = OPTION_STRING,
	 .offset = CREATE(const char *, interface),
	 .help = "of its bridge on the host; without it one that follows from the network's name"},
	{.name = "label", .letter = 'l', .value = "KEY=VALUE", .kind = OPTION_LIST,
	 .offset = CREATE(struct option_list, labels), .help = "something to know it by; may be repeated"},
	{.name = "driver", .letter = 'd', .value = "NAME", .kind = OPTION_CHOICE, .choices = drivers,
	 .offset = CREATE(unsigned, driver), .help = "bridge"},
	{.name = "opt", .letter = 'o', .value = "KEY=VALUE", .kind = OPTION_LIST,
	 .offset = CREATE(struct option_list, drivers_options), .help = "mtu=BYTES, isolate=true"},
	{.name = "ignore", .kind = OPTION_FLAG, .offset = CREATE(bool, ignore),
	 .help = "no error where there is one of that name already"},
	{0},
};

static const struct option_spec *const create_tables[] = {create_options, NULL};

static const char *const create_text[] = {
	"Makes a network and prints its name. Its definition is a file, DATA/networks/NAME.json, and doesn't "
	"change any more; its bridge comes with the first container.",
	NULL,
};

static const struct verb verb_network_create = {
	.name = "network create",
	.synopsis = "[OPTION...] NAME",
	.help = "make a network",
	.text = create_text,
	.tables = create_tables,
	.options_size = sizeof(struct create_network),
	.min = 1,
	.max = 1,
	.needs = "a name",
	.stateless = true,
	.check = create_check,
	.run = create_run,
};

/* ---- rm, prune ------------------------------------------------------------------------------- */

struct rm_network {
	bool force;
};

static int rm_run(const struct call *c, struct error *err)
{
	const struct rm_network *o = c->opt;
	const struct net_request q = {
		.verb = "rm",
		.data = c->rt->data,
		.networks = {c->args_n, (const char **)(uintptr_t)c->args},
		.force = o->force,
		.exist_ok = o->force,
	};
	int r = data_check(c, err);

	return r < 0 ? r : network_ask(&q, -1, c->rt->warn, NULL, err);
}

static const struct option_spec rm_options[] = {
	{.name = "force", .letter = 'f', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct rm_network, force),
	 .help = "take it from the containers that are in it; no error where there is none"},
	{0},
};

static const struct option_spec *const rm_tables[] = {rm_options, NULL};

static const struct verb verb_network_rm = {
	.name = "network rm",
	.synopsis = "[OPTION...] NETWORK...",
	.help = "remove networks",
	.tables = rm_tables,
	.options_size = sizeof(struct rm_network),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a network",
	.stateless = true,
	.run = rm_run,
};

static const struct option_spec *const no_tables[] = {NULL};

static int ask_plain(const struct call *c, const char *verb, struct error *err)
{
	const struct net_request q = {.verb = verb, .data = c->rt->data};
	int r = data_check(c, err);

	return r < 0 ? r : network_ask(&q, -1, c->rt->warn, NULL, err);
}

static int prune_run(const struct call *c, struct error *err)
{
	return ask_plain(c, "prune", err);
}

static const struct verb verb_network_prune = {
	.name = "network prune",
	.synopsis = "",
	.help = "remove the networks in which no container is",
	.tables = no_tables,
	.stateless = true,
	.run = prune_run,
};

/* ---- reload, rules --------------------------------------------------------------------------- */

static int reload_run(const struct call *c, struct error *err)
{
	return ask_plain(c, "reload", err);
}

static int rules_run(const struct call *c, struct error *err)
{
	return ask_plain(c, "rules", err);
}

static const char *const reload_text[] = {
	"Makes the host's bridges, addresses and rules again as the networks and their containers need them: "
	"after a firewall was restarted, or \"nft flush ruleset\". The next container's start does the same for "
	"rules.",
	NULL,
};

static const struct verb verb_network_reload = {
	.name = "network reload",
	.synopsis = "",
	.help = "make the host's rules again",
	.text = reload_text,
	.tables = no_tables,
	.stateless = true,
	.run = reload_run,
};

static const struct verb verb_network_rules = {
	.name = "network rules",
	.synopsis = "",
	.help = "print hoy's rules of nftables, as nft does",
	.tables = no_tables,
	.stateless = true,
	.run = rules_run,
};

/* ---- The group ------------------------------------------------------------------------------- */

static const struct verb *const network_verbs[] = {
	&verb_network_create, &verb_network_ls, &verb_network_inspect, &verb_network_connect,
	&verb_network_disconnect, &verb_network_attach, &verb_network_detach, &verb_network_rm,
	&verb_network_prune, &verb_network_reload, &verb_network_rules, NULL,
};

static const char *const network_text[] = {
	"Networks are bridges of the host, to which containers are attached by interfaces of their own: "
	"\"hoy run --network NAME\". The network \"hoy\", also called bridge and default, comes into being "
	"when it is first used.",
	NULL,
};

const struct verb verb_network = {
	.name = "network",
	.synopsis = "COMMAND [ARGUMENT...]",
	.help = "make, list and remove networks, and attach containers to them",
	.text = network_text,
	.tables = no_tables,
	.group = network_verbs,
	.stateless = true,
};
