/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/firewall.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "netns/firewall_batch.h"
#include "netns/firewall_rules.h"
#include "netns/firewall_write.h"
#include "netns/nft.h"

int firewall_open(struct firewall **ret, struct error *err)
{
	struct firewall *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return error_set(err, ENOMEM, "open the firewall");
	r = transaction_open(&f->t, err);
	if (r < 0) {
		free(f);
		return r;
	}
	*ret = f;
	return 0;
}

void firewall_close(struct firewall *f)
{
	if (!f)
		return;
	transaction_close(f->t);
	free(f);
}

/* ---- Networks -------------------------------------------------------------------------------- */

static void bridge_change(struct firewall *f, int family, const char *set, const char *interface,
			  bool pair, element_change *change, const char *what)
{
	struct element e = {.family = family, .set = set};

	element_put_interface(&e.key, interface);
	if (pair)
		element_put_interface(&e.key, interface);
	change(f, &e, what);
}

static void subnet_change(struct firewall *f, const struct ip *subnet, element_change *change,
			  const char *what)
{
	struct element e = {.family = family_of(subnet), .set = "subnets"};
	struct ip first = ip_network(subnet), last = ip_last(subnet), end;

	element_put_ip(&e.key, &first);
	/* The address behind the subnet's last; behind the very last one there is none, and the interval
	 * has no end. */
	last.prefix = 0;
	if (ip_next(&last, 1, &end))
		element_put_ip(&e.end, &end);
	change(f, &e, what);
}

/* A network of one family is isolated in the other, too. */
static void net_change(struct firewall *f, const struct firewall_net *n, bool remove)
{
	static const int families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	element_change *change = remove ? element_remove : element_add;
	char what[160];
	size_t i;

	snprintf(what, sizeof(what), "%s the network of %s %s the firewall",
		 remove ? "remove" : "add", n->interface, remove ? "from" : "to");
	for (i = 0; i < 2; i++) {
		batch_need(f, families[i]);
		bridge_change(f, families[i], "bridges", n->interface, false, change, what);
		bridge_change(f, families[i], "within", n->interface, true, change, what);
		if (n->internal || remove)
			bridge_change(f, families[i], "internal", n->interface, false, change,
				      what);
		if (n->isolated || remove)
			bridge_change(f, families[i], "isolated", n->interface, false, change,
				      what);
	}
	for (i = 0; i < n->n; i++)
		subnet_change(f, &n->subnets[i], change, what);
}

void firewall_add_net(struct firewall *f, const struct firewall_net *n)
{
	net_change(f, n, false);
}

void firewall_remove_net(struct firewall *f, const struct firewall_net *n)
{
	net_change(f, n, true);
}

/* ---- Ports ----------------------------------------------------------------------------------- */

static void port_change(struct firewall *f, const struct firewall_port *p, bool remove)
{
	bool any = firewall_port_is_any(p);
	struct element e = {
		.family = family_of(&p->to), .set = any ? "ports" : "ports-at", .kind = BATCH_PORT};
	char what[160], text[FIREWALL_PORT_TEXT];

	if (firewall_port_is_relayed(p))
		return;
	snprintf(what, sizeof(what), "%s the %s", remove ? "remove" : "publish",
		 firewall_port_text(p, text));
	batch_need(f, e.family);
	if (!any)
		element_put_ip(&e.key, &p->host);
	element_put_u8(&e.key, p->proto);
	element_put_u16(&e.key, p->port);
	element_put_ip(&e.data, &p->to);
	element_put_u16(&e.data, p->to_port);
	(remove ? element_remove : element_add)(f, &e, what);
}

void firewall_add_port(struct firewall *f, const struct firewall_port *p)
{
	port_change(f, p, false);
}

void firewall_remove_port(struct firewall *f, const struct firewall_port *p)
{
	port_change(f, p, true);
}

/* ---- Changing -------------------------------------------------------------------------------- */

/* Whether somebody has emptied the chains and left the sets: `nft flush table ip hoy`. */
static int rules_check(struct firewall *f, struct error *err)
{
	int r = 1;

	if (f->ip)
		r = transaction_has_set(f->t, NFPROTO_IPV4, FIREWALL_TABLE, FIREWALL_RULES_SET,
					err);
	if (r > 0 && f->ip6)
		r = transaction_has_set(f->t, NFPROTO_IPV6, FIREWALL_TABLE, FIREWALL_RULES_SET,
					err);
	if (r > 0 && f->bridge)
		r = transaction_has_set(f->t, NFPROTO_BRIDGE, FIREWALL_TABLE, FIREWALL_RULES_SET,
					err);
	return r > 0 ? 0 : r < 0 ? r : -ENOENT;
}

int firewall_commit(struct firewall *f, struct error *err)
{
	struct error failed = ERROR_INIT;
	int kind, r;

	r = transaction_send(f->t, &kind, &failed);
	if (r == 0)
		r = rules_check(f, &failed);
	f->ip = f->ip6 = f->bridge = false;
	/* Something that is no port is there with other values: a leftover of what nobody knows any more. It
	 * goes when all is built anew. */
	if (r == -ENOENT || (r == -EEXIST && kind != BATCH_PORT))
		return -ENOENT;
	if (r == -EEXIST)
		return error_say(err, EEXIST, "%s: it goes to another container already",
				 failed.why);
	if (r < 0 && err)
		*err = failed;
	return r;
}

/* ---- Everything ------------------------------------------------------------------------------ */

static int port_compare(const void *a, const void *b)
{
	const struct firewall_port *p = *(const struct firewall_port *const *)a;
	const struct firewall_port *q = *(const struct firewall_port *const *)b;
	int r = p->to.family - q->to.family;

	if (r == 0)
		r = memcmp(p->host.bytes, q->host.bytes, sizeof(p->host.bytes));
	if (r == 0)
		r = p->proto - q->proto;
	return r ? r : p->port - q->port;
}

/* nft(8) would say it without a name. */
static int ports_check(const struct firewall_all *all, struct error *err)
{
	const struct firewall_port **sorted =
		calloc(all->ports.n + 1, sizeof(struct firewall_port *));
	char text[FIREWALL_PORT_TEXT];
	size_t i;
	int r = 0;

	if (!sorted)
		return error_set(err, ENOMEM, "build the firewall");
	for (i = 0; i < all->ports.n; i++)
		sorted[i] = &all->ports.v[i];
	qsort(sorted, all->ports.n, sizeof(*sorted), port_compare);
	for (i = 1; r == 0 && i < all->ports.n; i++)
		if (port_compare(&sorted[i - 1], &sorted[i]) == 0 &&
		    !firewall_port_is_relayed(sorted[i]))
			r = error_say(err, EEXIST, "publish the %s: two containers want it",
				      firewall_port_text(sorted[i], text));
	free(sorted);
	return r;
}

/* They stand in nft's language. */
static int interface_check(const char *name, struct error *err)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	if (n && !name[n] && n < IF_NAMESIZE)
		return 0;
	return error_say(err, EINVAL, "build the firewall: \"%.32s\" is no name for an interface",
			 name);
}

static int interfaces_check(const struct firewall_all *all, struct error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < all->nets.n; i++)
		r = interface_check(all->nets.v[i].interface, err);
	for (i = 0; r == 0 && i < all->limits.n; i++)
		r = interface_check(all->limits.v[i].interface, err);
	return r;
}

static void table_remove(struct transaction *t, int family)
{
	struct nlmsghdr *h = transaction_add(t, NFT_MSG_DELTABLE, family, 0, "remove the firewall");

	mnl_attr_put_strz(h, NFTA_TABLE_NAME, FIREWALL_TABLE);
	transaction_forgive(t, ENOENT, 1);
}

static int tables_remove(const int *families, size_t n, struct error *err)
{
	struct transaction *t;
	size_t i;
	int r = transaction_open(&t, err);

	if (r < 0)
		return r;
	for (i = 0; i < n; i++)
		table_remove(t, families[i]);
	r = transaction_send(t, NULL, err);
	transaction_close(t);
	return r;
}

int firewall_build(const struct firewall_all *all, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	static const int bridge = NFPROTO_BRIDGE;
	int r;

	r = interfaces_check(all, err);
	if (r == 0)
		r = ports_check(all, err);
	if (r < 0)
		return r;
	firewall_write(all, &text);
	r = nft_run(text.s, NULL, err);
	if (r == -ENOENT)
		return error_say(err, EOPNOTSUPP,
				 "build the firewall: this kernel lacks a part of nf_tables%s",
				 all->limits.n ? " (limits need the family bridge)" : "");
	/* Of those who were limited nobody is left: what is still there can only be too strict. */
	return r < 0 || all->limits.n ? r : tables_remove(&bridge, 1, err);
}

int firewall_remove(struct error *err)
{
	static const int all[] = {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_BRIDGE};

	return tables_remove(all, 3, err);
}

int firewall_show(struct text *out, struct error *err)
{
	static const char *const commands[] = {"list table ip hoy", "list table ip6 hoy",
					       "list table bridge hoy"};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < 3; i++) {
		r = nft_run(commands[i], out, err);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}
