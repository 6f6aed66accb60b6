/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/firewall_write.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "netns/firewall_rules.h"

/* ---- Ports ----------------------------------------------------------------------------------- */

bool firewall_port_is_relayed(const struct firewall_port *p)
{
	static const struct ip v4 = {AF_INET, 8, {127}}, v6 = {AF_INET6, 128, {[15] = 1}};

	return ip_contains(&v4, &p->host) || ip_contains(&v6, &p->host);
}

bool firewall_port_is_any(const struct firewall_port *p)
{
	static const uint8_t none[IP_BYTES_MAX];

	return memcmp(p->host.bytes, none, ip_size(&p->to)) == 0;
}

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_TCP ? "tcp" : proto == IPPROTO_UDP ? "udp" : "sctp";
}

const char *firewall_port_text(const struct firewall_port *p, char buf[FIREWALL_PORT_TEXT])
{
	char host[IP_TEXT_MAX];

	snprintf(buf, FIREWALL_PORT_TEXT, "port %u/%s of %s", p->port, proto_name(p->proto),
		 firewall_port_is_any(p) ? "every address" : ip_text(&p->host, false, host));
	return buf;
}

/* ---- Elements -------------------------------------------------------------------------------- */

/* Elements of one set, in one command. */
struct list {
	struct text *out;
	bool begun;
};

static void list_item(struct list *l, const char *family, const char *set)
{
	if (l->begun)
		text_add(l->out, ",\n\t");
	else
		text_addf(l->out, "add element %s hoy %s {\n\t", family, set);
	l->begun = true;
}

static void list_end(struct list *l)
{
	if (l->begun)
		text_add(l->out, "\n}\n");
	l->begun = false;
}

static const char *family_name(int family)
{
	return family == AF_INET ? "ip" : "ip6";
}

enum which { ALL, INTERNAL, ISOLATED };

static void bridges_write(const struct firewall_all *all, const char *family, const char *set,
			  enum which which, struct text *out)
{
	struct list l = {out, false};
	size_t i;

	for (i = 0; i < all->nets.n; i++) {
		const struct firewall_net *n = &all->nets.v[i];

		if ((which == INTERNAL && !n->internal) || (which == ISOLATED && !n->isolated))
			continue;
		list_item(&l, family, set);
		text_addf(out, "\"%s\"", n->interface);
	}
	list_end(&l);
}

static void nets_write(const struct firewall_all *all, int family, struct text *out)
{
	const char *name = family_name(family);
	struct list l = {out, false};
	char text[IP_TEXT_MAX];
	size_t i, k;

	/* A network of one family is isolated in the other, too. */
	bridges_write(all, name, "bridges", ALL, out);
	bridges_write(all, name, "internal", INTERNAL, out);
	bridges_write(all, name, "isolated", ISOLATED, out);
	for (i = 0; i < all->nets.n; i++) {
		list_item(&l, name, "within");
		text_addf(out, "\"%s\" . \"%s\"", all->nets.v[i].interface,
			  all->nets.v[i].interface);
	}
	list_end(&l);
	for (i = 0; i < all->nets.n; i++)
		for (k = 0; k < all->nets.v[i].n; k++) {
			const struct ip net = ip_network(&all->nets.v[i].subnets[k]);

			if (net.family != family)
				continue;
			list_item(&l, name, "subnets");
			text_add(out, ip_text(&net, true, text));
		}
	list_end(&l);
}

static void ports_write(const struct firewall_all *all, int family, bool any, struct text *out)
{
	struct list l = {out, false};
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < all->ports.n; i++) {
		const struct firewall_port *p = &all->ports.v[i];

		if (p->to.family != family || firewall_port_is_any(p) != any ||
		    firewall_port_is_relayed(p))
			continue;
		list_item(&l, family_name(family), any ? "ports" : "ports-at");
		if (!any)
			text_addf(out, "%s . ", ip_text(&p->host, false, text));
		text_addf(out, "%s . %u : %s . %u", proto_name(p->proto), p->port,
			  ip_text(&p->to, false, text), p->to_port);
	}
	list_end(&l);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void allow_write(const struct firewall_allow *a, const char *chain, struct text *out)
{
	const char *family = family_name(a->from.family);
	const struct ip to = ip_network(&a->to);
	char text[IP_TEXT_MAX];

	text_addf(out, "insert rule %s hoy %s", family, chain);
	if (to.prefix)
		text_addf(out, " ct original %s daddr %s", family, ip_text(&to, true, text));
	if (a->proto)
		text_addf(out, " ct original protocol %u", a->proto);
	if (a->first || a->last)
		text_addf(out, " ct original proto-dst %u-%u", a->first, a->last);
	text_add(out, " return\n");
}

static void limit_write(const struct firewall_all *all, const struct ip *address, struct text *out)
{
	const char *family = family_name(address->family);
	char chain[FIREWALL_CHAIN_MAX], text[IP_TEXT_MAX];
	size_t i;

	firewall_chain(address, chain);
	text_addf(out, "add chain %s hoy %s\n", family, chain);
	text_addf(out, "add rule %s hoy %s goto refused\n", family, chain);
	text_addf(out, "add element %s hoy limited { %s : jump %s }\n", family,
		  ip_text(address, false, text), chain);
	for (i = 0; i < all->allows.n; i++)
		if (ip_compare(&all->allows.v[i].from, address) == 0)
			allow_write(&all->allows.v[i], chain, out);
}

static void limit_bridge_write(const struct firewall_limit *l, struct text *out)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT], bridge[MAC_TEXT];
	size_t i;

	mac_text(l->bridge, bridge);
	text_addf(out, "add element bridge hoy limited { \"%s\" }\n", l->interface);
	text_addf(out, "add element bridge hoy behind { %s : %s }\n", mac_text(l->mac, mac),
		  bridge);
	for (i = 0; i < l->n; i++) {
		const struct ip *a = &l->addresses[i];

		ip_text(a, false, text);
		text_addf(out, "add element bridge hoy %s { \"%s\" . %s : %s }\n",
			  a->family == AF_INET ? "owned4" : "owned6", l->interface, text, bridge);
		if (a->family == AF_INET)
			text_addf(out, "add element bridge hoy owned { \"%s\" . %s }\n",
				  l->interface, text);
	}
}

/* ---- Everything ------------------------------------------------------------------------------ */

void firewall_write(const struct firewall_all *all, struct text *out)
{
	static const int families[] = {AF_INET, AF_INET6};
	size_t i, k;

	/* Most hosts have no limited container, and need not look at what passes their bridges. */
	firewall_rules_write(all->limits.n > 0, out);
	for (i = 0; i < 2; i++) {
		nets_write(all, families[i], out);
		ports_write(all, families[i], true, out);
		ports_write(all, families[i], false, out);
	}
	for (i = 0; i < all->limits.n; i++) {
		limit_bridge_write(&all->limits.v[i], out);
		for (k = 0; k < all->limits.v[i].n; k++)
			limit_write(all, &all->limits.v[i].addresses[k], out);
	}
}
