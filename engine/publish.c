/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/publish.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/list.h"
#include "engine/values.h"

#define OPTION "--publish"

/* ---- Words ----------------------------------------------------------------------------------- */

struct range {
	uint32_t first, count;
};

/* "80", "80-90". */
static int range_read(const char *text, struct arena *a, struct range *ret)
{
	const char *dash = strchr(text, '-');
	unsigned long long first, last;

	if (parse_u64(dash ? arena_memdup(a, text, (size_t)(dash - text)) : text, 1, UINT16_MAX,
		      &first) < 0)
		return -EINVAL;
	last = first;
	if (dash && parse_u64(dash + 1, first, UINT16_MAX, &last) < 0)
		return -EINVAL;
	*ret = (struct range){(uint32_t)first, (uint32_t)(last - first) + 1};
	return 0;
}

/* Cuts "/udp" off. NULL: there is no such protocol. */
static const char *protocol_take(char *text)
{
	static const char *const known[] = {"tcp", "udp", "sctp"};
	char *slash = strrchr(text, '/'), *p;
	size_t i;

	if (!slash)
		return known[0];
	*slash = 0;
	for (p = slash + 1; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (streq(slash + 1, known[i]))
			return known[i];
	return NULL;
}

/* One address of this family, in the way in which it is always written. */
static const char *host_read(const char *text, int family, struct arena *a)
{
	char buf[IP_TEXT_MAX];
	struct ip ip;

	if (strchr(text, '/') || ip_parse(text, false, &ip) < 0 || ip.family != family)
		return NULL;
	/* Such an address is IPv4's: nothing can listen there as IPv6. */
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)ip.bytes))
		return NULL;
	return arena_strdup(a, ip_text(&ip, false, buf));
}

/* Cuts "127.0.0.1:" or "[::1]:" off. *host stays NULL where there is none. The rest, or NULL. */
static char *host_take(char *text, const char **host, struct arena *a)
{
	char *end;
	int family = AF_INET;

	if (*text == '[') {
		end = strchr(text++, ']');
		if (!end || end[1] != ':')
			return NULL;
		*end++ = 0;
		family = AF_INET6;
	} else {
		end = strchr(text, ':');
		if (!end || !strchr(end + 1, ':'))
			return text;
	}
	*end = 0;
	*host = host_read(text, family, a);
	return *host ? end + 1 : NULL;
}

/* A word in its parts: host NULL: every address; from.count 0: any port. */
struct words {
	const char *protocol, *host;
	struct range from, to;
};

static int words_read(const char *text, struct arena *a, struct words *ret)
{
	char *rest = arena_strdup(a, text), *colon;
	struct words w = {.protocol = protocol_take(rest)};

	rest = host_take(rest, &w.host, a);
	if (!w.protocol || !rest)
		return -EINVAL;
	colon = strchr(rest, ':');
	if (colon)
		*colon = 0;
	else if (w.host)
		return -EINVAL;
	if (range_read(colon ? colon + 1 : rest, a, &w.to) < 0 ||
	    (colon && *rest && range_read(rest, a, &w.from) < 0))
		return -EINVAL;
	*ret = w;
	return 0;
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static int port_check(const struct net_port *p, struct error *err)
{
	struct ip host[2];

	if (!streq(p->protocol, "sctp"))
		return 0;
	if (net_port_addresses(p, host) == 1 && net_port_is_loopback(&host[0]))
		return error_say(err, EINVAL, OPTION ": sctp is not relayed from %s", p->host);
	/* No socket would hold it. */
	if (!p->port)
		return error_say(err, EINVAL,
				 OPTION ": port %u/sctp needs a port of the host beside it", p->to);
	return 0;
}

static int port_add(struct net_ports *ports, struct net_port p, struct arena *a, struct error *err)
{
	uint32_t sum = p.count;
	size_t i;
	int r = port_check(&p, err);

	for (i = 0; r == 0 && i < ports->n; i++) {
		sum += ports->v[i].count;
		if (net_port_collides(&ports->v[i], &p))
			r = error_say(err, EINVAL, OPTION ": port %u/%s is published twice",
				      p.port > ports->v[i].port ? p.port : ports->v[i].port,
				      p.protocol);
	}
	if (r == 0 && sum > NET_PORTS_MAX)
		r = error_say(err, EINVAL, OPTION ": a container has at most %d ports",
			      NET_PORTS_MAX);
	if (r == 0)
		LIST_ADD(a, ports, p);
	return r;
}

/* Each of a free one of its own: who knows whether some follow one another. */
static int ports_add_any(struct net_ports *ports, const struct words *w, struct arena *a,
			 struct error *err)
{
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->to.count; i++)
		r = port_add(ports,
			     (struct net_port){.protocol = w->protocol,
					       .host = w->host,
					       .count = 1,
					       .to = w->to.first + i},
			     a, err);
	return r;
}

int publish_parse(const char *text, struct arena *a, struct net_ports *ports, struct error *err)
{
	struct words w;

	if (words_read(text, a, &w) < 0)
		return value_wrong(OPTION,
				   "[ADDRESS:][HOST:]CONTAINER[/tcp|/udp|/sctp], as 8080:80", text,
				   err);
	if (!w.from.count)
		return ports_add_any(ports, &w, a, err);
	if (w.from.count != w.to.count)
		return error_say(err, EINVAL,
				 OPTION
				 ": \"%.64s\": %u ports of the host, but %u of the container",
				 text, w.from.count, w.to.count);
	return port_add(ports,
			(struct net_port){.protocol = w.protocol,
					  .host = w.host,
					  .port = w.from.first,
					  .count = w.from.count,
					  .to = w.to.first},
			a, err);
}

/* ---- What is exposed ------------------------------------------------------------------------- */

static bool is_published(const struct net_ports *ports, const char *protocol, uint32_t to)
{
	size_t i;

	for (i = 0; i < ports->n; i++)
		if (streq(ports->v[i].protocol, protocol) && to >= ports->v[i].to &&
		    to - ports->v[i].to < ports->v[i].count)
			return true;
	return false;
}

/* "80", "80/udp", "80-90/tcp". add: to the ports. */
static int exposed_read(const char *option, const char *text, bool add, struct net_ports *ports,
			struct arena *a, struct error *err)
{
	char *rest = arena_strdup(a, text);
	struct words w = {.protocol = protocol_take(rest)}, one;
	uint32_t i;
	int r = 0;

	if (!w.protocol || range_read(rest, a, &w.to) < 0)
		return value_wrong(option, "PORT[/tcp|/udp|/sctp]", text, err);
	for (i = 0; add && r == 0 && i < w.to.count; i++) {
		one = (struct words){.protocol = w.protocol, .to = {w.to.first + i, 1}};
		if (!is_published(ports, w.protocol, one.to.first))
			r = ports_add_any(ports, &one, a, err);
	}
	return r;
}

/* ---- All together ---------------------------------------------------------------------------- */

bool publish_asked(const struct run_options *opt)
{
	return opt->publish.n || opt->publish_all;
}

static int network_check(const struct net_wants *wants, const char *path, struct error *err)
{
	if (wants->networks.n)
		return 0;
	if (wants->join)
		return error_say(err, EINVAL,
				 OPTION
				 ": ports are published by the container whose network it is");
	if (!path)
		error_hint(err, "--network bridge is the default one");
	return error_say(err, EINVAL, OPTION ": needs --network with a network's name");
}

int publish_configure(const struct run_options *opt, const struct image_names *exposed,
		      const char *path, struct arena *a, struct net_wants *wants, struct error *err)
{
	struct net_ports ports = {0};
	bool all = opt->publish_all;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < opt->publish.n; i++)
		r = publish_parse(opt->publish.v[i], a, &ports, err);
	for (i = 0; r == 0 && i < opt->expose.n; i++)
		r = exposed_read("--expose", opt->expose.v[i], all, &ports, a, err);
	for (i = 0; r == 0 && all && i < exposed->n; i++)
		r = exposed_read("ExposedPorts of the image", exposed->v[i].key, all, &ports, a,
				 err);
	if (r < 0 || opt->network == RUN_HOST || !publish_asked(opt))
		return r;
	r = network_check(wants, path, err);
	if (r == 0)
		wants->ports = ports;
	return r;
}
