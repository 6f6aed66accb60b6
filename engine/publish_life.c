/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports of a container that runs: which they are, and where they lead. */
#include "base/fd.h"
#include "base/list.h"
#include "engine/publish.h"
#include "engine/relay.h"
#include "netns/attachment.h"

#define FILE_NAME "ports"
#define FILE_MAX  (1u << 20)

/* ---- Which they are -------------------------------------------------------------------------- */

void publish_noted(int dir, struct arena *a, struct net_ports *ret)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	struct net_wants noted = {0};
	const struct json *root;

	*ret = (struct net_ports){0};
	if (file_read_at(dir, FILE_NAME, FILE_MAX, &text) == 0 && text.len &&
	    json_parse(text.s, text.len, a, &root, NULL) == 0 &&
	    table_read(&net_wants_table, root, &noted, a, NULL) == 0)
		*ret = noted.ports;
}

static bool is_same(const struct net_port *a, const struct net_port *b)
{
	return streq(a->protocol, b->protocol) && a->to == b->to && a->count == b->count &&
	       (a->host && b->host ? streq(a->host, b->host) : a->host == b->host);
}

/* Fills in `last` of those that are of no certain port. */
static void recall(int dir, struct arena *a, struct net_ports *ports)
{
	struct net_ports noted;
	size_t i;

	publish_noted(dir, a, &noted);
	for (i = 0; i < ports->n && i < noted.n; i++)
		if (!ports->v[i].port && is_same(&ports->v[i], &noted.v[i]))
			ports->v[i].last = noted.v[i].port;
}

static int note(int dir, const struct net_ports *ports, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	const struct net_wants noted = {.ports = *ports};
	int r;

	table_write(&net_wants_table, &noted, false, &text);
	r = file_replace_at(dir, FILE_NAME, text.s, text.len, 0600);
	return r < 0 ? error_set(err, -r, "write which ports it publishes") : 0;
}

int publish_open(const char *data, int dir, struct net_ports *ports, struct relay **relay,
		 struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	size_t i;
	int r;

	if (!ports->n)
		return 0;
	recall(dir, &a, ports);
	for (i = 0; *relay && i < ports->n; i++)
		if (!ports->v[i].port)
			ports->v[i].port = ports->v[i].last;
	if (*relay)
		return 0;
	r = relay_open(data, ports, relay, err);
	return r < 0 ? r : note(dir, ports, err);
}

/* ---- As text --------------------------------------------------------------------------------- */

/* "80", "80-90" */
static const char *range_text(uint32_t first, uint32_t count, struct arena *a)
{
	return count == 1 ? arena_printf(a, "%u", first)
			  : arena_printf(a, "%u-%u", first, first + count - 1);
}

const char *publish_text(const struct net_ports *ports, struct arena *a)
{
	const char *text = "";
	char host[IP_TEXT_MAX];
	struct ip at[2];
	size_t i, k, n;

	for (i = 0; i < ports->n; i++) {
		const struct net_port *p = &ports->v[i];

		n = net_port_addresses(p, at);
		for (k = 0; k < n; k++) {
			bool v6 = at[k].family == AF_INET6;

			ip_text(&at[k], false, host);
			text = arena_join(a, text, *text ? ", " : "", v6 ? "[" : "", host,
					  v6 ? "]:" : ":", range_text(p->port, p->count, a), "->",
					  range_text(p->to, p->count, a), "/", p->protocol, NULL);
		}
	}
	return text;
}

/* ---- Where they lead ------------------------------------------------------------------------- */

static void target_add(const char *text, struct relay_target *t)
{
	struct ip ip, *own;

	if (ip_parse(text, false, &ip) < 0)
		return;
	own = ip.family == AF_INET ? &t->v4 : &t->v6;
	if (!own->family)
		*own = ip;
}

void publish_start(const char *data, const char *id, const struct net_wants *wants,
		   struct relay *relay)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct relay_target to = {0};
	size_t i, k;

	for (i = 0; relay && i < wants->networks.n; i++) {
		_cleanup_fd_ int dir = attachment_open(data, wants->networks.v[i].network, NULL);
		struct strings own = {0};

		if (dir >= 0)
			attachment_addresses(dir, id, &a, &own);
		for (k = 0; k < own.n; k++)
			target_add(own.v[k], &to);
	}
	relay_start(relay, &to);
}
