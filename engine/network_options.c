/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "engine/network.h"
#include "engine/values.h"
#include "netns/allow.h"

#define CONTAINER "container:"
#define PATH	  "ns:"

/* ---- Options --------------------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (streq(word, *words))
			return true;
	return false;
}

/* What goes with nothing else. */
static bool is_alone(const char *text)
{
	static const char *const words[] = {"none", "host", NULL};

	return is_one_of(text, words) || starts_with(text, CONTAINER) || starts_with(text, PATH);
}

enum run_namespace network_kind(const struct run_options *opt)
{
	return opt->networks.n == 1 && streq(opt->networks.v[0], "host") ? RUN_HOST : RUN_PRIVATE;
}

/* "ip=10.90.0.7", as podman has it. */
static int use_option(const char *text, struct net_use *use, struct arena *a, struct error *err)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{"ip", &use->ip},
		{"ip6", &use->ip6},
		{"mac", &use->mac},
		{"interface_name", &use->interface},
	};
	struct string_pair pair;
	size_t i;
	int r = value_pair("--network", text, a, &pair, err);

	if (r < 0)
		return r;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (streq(pair.key, known[i].name)) {
			*known[i].value = pair.value;
			return 0;
		}
	if (!streq(pair.key, "alias"))
		return error_say(
			err, EINVAL,
			"--network: \"%.64s\": known are alias, interface_name, ip, ip6 and mac",
			pair.key);
	LIST_ADD(a, &use->aliases, pair.value);
	return 0;
}

const char *network_by_name(const char *word)
{
	static const char *const defaults[] = {"bridge", "default", NULL};

	return is_one_of(word, defaults) ? NETWORK_DEFAULT : word;
}

/* "NAME[:OPTION=VALUE,…]" */
static int use_read(const char *text, struct net_wants *wants, struct arena *a, struct error *err)
{
	const char *colon = strchr(text, ':');
	struct net_use use = {.network =
				      colon ? arena_memdup(a, text, (size_t)(colon - text)) : text};
	struct strings options = {0};
	size_t i;
	int r;

	use.network = network_by_name(use.network);
	r = network_name_check(use.network, err);
	if (r < 0)
		error_field(err, "--network");
	if (colon)
		options = value_split(colon + 1, ',', a);
	for (i = 0; r == 0 && i < options.n; i++)
		r = use_option(options.v[i], &use, a, err);
	for (i = 0; r == 0 && i < wants->networks.n; i++)
		if (streq(wants->networks.v[i].network, use.network))
			r = error_say(err, EINVAL, "--network: \"%s\" is named twice", use.network);
	if (r == 0)
		LIST_ADD(a, &wants->networks, use);
	return r;
}

int network_use_check(const struct net_use *use, struct error *err)
{
	int r = network_name_check(use->network, err);
	uint8_t mac[6];
	struct ip ip;
	size_t i;

	if (r < 0)
		return r;
	if (use->ip && (ip_parse(use->ip, false, &ip) < 0 || ip.family != AF_INET))
		return value_wrong("--ip", "an IPv4 address", use->ip, err);
	if (use->ip6 && (ip_parse(use->ip6, false, &ip) < 0 || ip.family != AF_INET6))
		return value_wrong("--ip6", "an IPv6 address", use->ip6, err);
	if (use->mac && mac_parse(use->mac, mac) < 0)
		return value_wrong("--mac-address", "the MAC address of one station", use->mac,
				   err);
	for (i = 0; i < use->aliases.n; i++)
		if (container_id_check(use->aliases.v[i], NULL) < 0)
			return value_wrong("--network-alias", "a name", use->aliases.v[i], err);
	if (use->interface && !interface_name_ok(use->interface))
		return value_wrong("--network", "an interface's name", use->interface, err);
	return 0;
}

/* --ip and its like are of the first network. */
static int first_set(const struct run_options *opt, struct net_wants *wants, struct arena *a,
		     struct error *err)
{
	const struct {
		const char *option, *value;
		size_t at;
	} own[] = {
		{"--ip", opt->ip, offsetof(struct net_use, ip)},
		{"--ip6", opt->ip6, offsetof(struct net_use, ip6)},
		{"--mac-address", opt->mac, offsetof(struct net_use, mac)},
		{"--network-alias", opt->aliases.n ? opt->aliases.v[0] : NULL, 0},
	};
	size_t i, k;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!own[i].value)
			continue;
		if (!wants->networks.n)
			return error_say(err, EINVAL, "%s: needs --network with a network's name",
					 own[i].option);
		if (own[i].at)
			*(const char **)(void *)((char *)wants->networks.v + own[i].at) =
				own[i].value;
	}
	/* An alias is one in every network. */
	for (i = 0; i < wants->networks.n; i++)
		for (k = 0; k < opt->aliases.n; k++)
			LIST_ADD(a, &wants->networks.v[i].aliases, opt->aliases.v[k]);
	return 0;
}

static int allow_set(const struct run_options *opt, struct net_wants *wants, struct arena *a,
		     struct error *err)
{
	struct net_allow one;
	size_t i;

	if (opt->allow.n && !wants->networks.n)
		return error_say(err, EINVAL, "--net-allow: needs --network with a network's name");
	for (i = 0; i < opt->allow.n; i++) {
		if (allow_parse(opt->allow.v[i], &one) < 0)
			return value_wrong(
				"--net-allow",
				"none or ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp|/sctp]",
				opt->allow.v[i], err);
		LIST_ADD(a, &wants->allow, opt->allow.v[i]);
	}
	return 0;
}

int network_configure(const struct run_options *opt, struct arena *a, struct net_wants *ret,
		      const char **path, struct error *err)
{
	struct net_wants wants = {0};
	size_t i;
	int r = 0;

	*path = NULL;
	for (i = 0; r == 0 && i < opt->networks.n; i++) {
		const char *text = opt->networks.v[i];

		if (!is_alone(text)) {
			r = use_read(text, &wants, a, err);
			continue;
		}
		if (opt->networks.n > 1)
			return error_say(err, EINVAL, "--network: %.64s must stand alone", text);
		if (starts_with(text, CONTAINER))
			wants.join = text + strlen(CONTAINER);
		if (starts_with(text, PATH))
			*path = text + strlen(PATH);
	}
	if (*path && **path != '/')
		return value_wrong("--network", "ns: with an absolute path", *path, err);
	if (r == 0)
		r = first_set(opt, &wants, a, err);
	if (r == 0)
		r = allow_set(opt, &wants, a, err);
	for (i = 0; r == 0 && i < wants.networks.n; i++)
		r = network_use_check(&wants.networks.v[i], err);
	if (r == 0)
		*ret = wants;
	return r;
}

/* ---- The annotation -------------------------------------------------------------------------- */

void network_annotate(const struct net_wants *wants, struct string_map *map, struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	/* Of the host's network there may be words about names. */
	if (!wants->networks.n && !wants->join && !wants->ports.n && !wants->hosts.n &&
	    !wants->dns.n && !wants->dns_search.n && !wants->dns_options.n)
		return;
	table_write(&net_wants_table, wants, false, &t);
	map_set(map, (struct string_pair){NETWORK_ANNOTATION, arena_strdup(a, t.s)}, a);
}

void network_read(const struct string_map *annotations, struct arena *a, struct net_wants *ret)
{
	const char *text = map_find(annotations, NETWORK_ANNOTATION);
	struct net_wants wants = {0};
	const struct json *root;

	*ret = (struct net_wants){0};
	if (text && json_parse(text, strlen(text), a, &root, NULL) == 0 &&
	    table_read(&net_wants_table, root, &wants, a, NULL) == 0)
		*ret = wants;
}
