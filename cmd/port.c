/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/verb.h"
#include "engine/containers.h"
#include "engine/monitor.h"
#include "engine/publish.h"
#include "engine/run.h"

static const struct option_spec *const no_tables[] = {NULL};

/* "80/tcp", "80": of which protocol and port lines are wanted; port 0: all. */
struct wanted {
	const char *protocol;
	uint32_t port;
};

static int wanted_read(const char *text, struct arena *a, struct wanted *ret, struct error *err)
{
	const char *slash = strchr(text, '/');
	unsigned long long port;

	ret->protocol = slash ? slash + 1 : "tcp";
	if (parse_u64(slash ? arena_memdup(a, text, (size_t)(slash - text)) : text, 1, UINT16_MAX,
		      &port) < 0)
		return error_say(err, EINVAL,
				 "must be a port of the container, as 80 or 53/udp, got \"%.64s\"",
				 text);
	ret->port = (uint32_t)port;
	return 0;
}

/* "80/tcp -> 0.0.0.0:8080", and the second half alone if the first was asked for. */
static void lines_add(const struct net_port *p, const struct wanted *w, struct text *out)
{
	struct ip at[2];
	size_t n = net_port_addresses(p, at), i;
	char text[IP_TEXT_MAX];
	uint32_t k;

	for (k = 0; k < p->count; k++) {
		if (w->port && (w->port != p->to + k || !streq(w->protocol, p->protocol)))
			continue;
		for (i = 0; i < n; i++) {
			if (!w->port)
				text_addf(out, "%u/%s -> ", p->to + k, p->protocol);
			ip_text(&at[i], false, text);
			text_addf(out, at[i].family == AF_INET6 ? "[%s]:%u\n" : "%s:%u\n", text,
				  p->port + k);
		}
	}
}

static int port_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const char *id = c->args[0];
	_cleanup_fd_ int dir = containers_open(c->rt->data, id);
	struct wanted wanted = {0};
	struct net_ports ports;
	size_t i;
	int r = c->args_n > 1 ? wanted_read(c->args[1], &a, &wanted, err) : 0;

	if (r < 0)
		return r;
	if (dir < 0 || !containers_has(c->rt->data, id, c->rt->root))
		return error_say(err, ENOENT, "container \"%.64s\" is none of \"hoy run\"", id);
	publish_noted(dir, &a, &ports);
	/* They are its own as long as its monitor lives. */
	for (i = 0; monitor_pid(dir) && i < ports.n; i++)
		lines_add(&ports.v[i], &wanted, &out);
	if (wanted.port && !out.len)
		return error_say(err, ENOENT, "container \"%.64s\" publishes no port %u/%s", id,
				 wanted.port, wanted.protocol);
	return output_text(&out, err);
}

static const char *const port_text[] = {
	"Prints which ports of the host lead to which of the container (\"hoy run -p\"), as long "
	"as it runs or "
	"is about to be started again; with PORT, where this one is reached.",
	NULL,
};

const struct verb verb_port = {
	.name = "port",
	.names = 1,
	.synopsis = "ID [PORT[/PROTOCOL]]",
	.help = "print which ports of the host lead to a container",
	.text = port_text,
	.tables = no_tables,
	.min = 1,
	.max = 2,
	.needs = "a container ID",
	.run = port_run,
};
