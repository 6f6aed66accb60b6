/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits. Each limited address has a chain whose last rule refuses; what is allowed stands before it. So
 * a chain without rules for anything allows nothing, in whatever order they come.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "netns/firewall.h"
#include "netns/firewall_batch.h"
#include "netns/firewall_rules.h"

/* ---- Rules ----------------------------------------------------------------------------------- */

struct rule {
	struct nlmsghdr *h;
	struct nlattr *expressions, *one, *data;
};

/* flags: NLM_F_APPEND, or it comes first. */
static struct rule rule_begin(struct firewall *f, int family, const char *chain, int flags,
			      const char *what)
{
	struct rule r = {.h = transaction_add(f->t, NFT_MSG_NEWRULE, family, NLM_F_CREATE | flags,
					      "%s", what)};

	mnl_attr_put_strz(r.h, NFTA_RULE_TABLE, FIREWALL_TABLE);
	mnl_attr_put_strz(r.h, NFTA_RULE_CHAIN, chain);
	r.expressions = mnl_attr_nest_start(r.h, NFTA_RULE_EXPRESSIONS);
	return r;
}

static void rule_end(struct rule *r)
{
	mnl_attr_nest_end(r->h, r->expressions);
}

static void expression_begin(struct rule *r, const char *name)
{
	r->one = mnl_attr_nest_start(r->h, NFTA_LIST_ELEM);
	mnl_attr_put_strz(r->h, NFTA_EXPR_NAME, name);
	r->data = mnl_attr_nest_start(r->h, NFTA_EXPR_DATA);
}

static void expression_end(struct rule *r)
{
	mnl_attr_nest_end(r->h, r->data);
	mnl_attr_nest_end(r->h, r->one);
}

static void number_put(struct rule *r, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(r->h, type, htonl(value));
}

static void bytes_put(struct rule *r, uint16_t type, const void *p, size_t n)
{
	struct nlattr *nest = mnl_attr_nest_start(r->h, type);

	mnl_attr_put(r->h, NFTA_DATA_VALUE, n, p);
	mnl_attr_nest_end(r->h, nest);
}

/* Of the packet that began the connection, into register 1. */
static void ct_put(struct rule *r, uint32_t key)
{
	expression_begin(r, "ct");
	number_put(r, NFTA_CT_KEY, key);
	number_put(r, NFTA_CT_DREG, NFT_REG_1);
	mnl_attr_put_u8(r->h, NFTA_CT_DIRECTION, IP_CT_DIR_ORIGINAL);
	expression_end(r);
}

static void mask_put(struct rule *r, const struct ip *mask)
{
	static const uint8_t none[IP_BYTES_MAX];

	expression_begin(r, "bitwise");
	number_put(r, NFTA_BITWISE_SREG, NFT_REG_1);
	number_put(r, NFTA_BITWISE_DREG, NFT_REG_1);
	number_put(r, NFTA_BITWISE_LEN, ip_size(mask));
	bytes_put(r, NFTA_BITWISE_MASK, mask->bytes, ip_size(mask));
	bytes_put(r, NFTA_BITWISE_XOR, none, ip_size(mask));
	expression_end(r);
}

static void compare_put(struct rule *r, uint32_t operation, const void *p, size_t n)
{
	expression_begin(r, "cmp");
	number_put(r, NFTA_CMP_SREG, NFT_REG_1);
	number_put(r, NFTA_CMP_OP, operation);
	bytes_put(r, NFTA_CMP_DATA, p, n);
	expression_end(r);
}

/* chain: with NFT_GOTO. */
static void verdict_put(struct rule *r, int code, const char *chain)
{
	struct nlattr *data, *verdict;

	expression_begin(r, "immediate");
	number_put(r, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(r->h, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(r->h, NFTA_DATA_VERDICT);
	number_put(r, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		mnl_attr_put_strz(r->h, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(r->h, verdict);
	mnl_attr_nest_end(r->h, data);
	expression_end(r);
}

/* ---- Chains ---------------------------------------------------------------------------------- */

static void chain_message(struct firewall *f, int type, const struct ip *a, const char *what)
{
	struct nlmsghdr *h = transaction_add(
		f->t, type, family_of(a), type == NFT_MSG_NEWCHAIN ? NLM_F_CREATE : 0, "%s", what);
	char chain[FIREWALL_CHAIN_MAX];

	firewall_chain(a, chain);
	if (type == NFT_MSG_DELRULE) { /* without a handle: all of the chain */
		mnl_attr_put_strz(h, NFTA_RULE_TABLE, FIREWALL_TABLE);
		mnl_attr_put_strz(h, NFTA_RULE_CHAIN, chain);
	} else {
		mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, FIREWALL_TABLE);
		mnl_attr_put_strz(h, NFTA_CHAIN_NAME, chain);
	}
}

static void address_change(struct firewall *f, const struct ip *a, bool remove, const char *what)
{
	char chain[FIREWALL_CHAIN_MAX];
	struct element e = {.family = family_of(a), .set = "limited", .chain = chain};
	struct rule r;

	firewall_chain(a, chain);
	element_put_ip(&e.key, a);
	batch_need(f, e.family);
	chain_message(f, NFT_MSG_NEWCHAIN, a, what);
	chain_message(f, NFT_MSG_DELRULE, a, what);
	if (remove) {
		element_remove(f, &e, what);
		chain_message(f, NFT_MSG_DELCHAIN, a, what);
		return;
	}
	r = rule_begin(f, e.family, chain, NLM_F_APPEND, what);
	verdict_put(&r, NFT_GOTO, "refused");
	rule_end(&r);
	element_add(f, &e, what);
}

/* ---- What is allowed ------------------------------------------------------------------------- */

static struct ip mask_of(const struct ip *subnet)
{
	const struct ip none = {.family = subnet->family, .prefix = subnet->prefix};
	struct ip mask = ip_last(&none);
	size_t i;

	for (i = 0; i < ip_size(&mask); i++)
		mask.bytes[i] = (uint8_t)~mask.bytes[i];
	return mask;
}

/* A field that isn't asked for isn't looked at. */
static void allow_put(struct rule *r, const struct firewall_allow *a)
{
	const struct ip to = ip_network(&a->to), mask = mask_of(&a->to);
	const uint16_t first = htons(a->first), last = htons(a->last);

	if (to.prefix) {
		ct_put(r, to.family == AF_INET ? NFT_CT_DST_IP : NFT_CT_DST_IP6);
		mask_put(r, &mask);
		compare_put(r, NFT_CMP_EQ, to.bytes, ip_size(&to));
	}
	if (a->proto) {
		ct_put(r, NFT_CT_PROTOCOL);
		compare_put(r, NFT_CMP_EQ, &a->proto, sizeof(a->proto));
	}
	if (a->first || a->last) {
		ct_put(r, NFT_CT_PROTO_DST);
		compare_put(r, NFT_CMP_GTE, &first, sizeof(first));
		compare_put(r, NFT_CMP_LTE, &last, sizeof(last));
	}
}

void firewall_add_allow(struct firewall *f, const struct firewall_allow *a)
{
	char chain[FIREWALL_CHAIN_MAX], what[160], to[IP_TEXT_MAX], from[IP_TEXT_MAX];
	struct rule r;

	snprintf(what, sizeof(what), "allow %s to reach %s", ip_text(&a->from, false, from),
		 ip_text(&a->to, true, to));
	batch_need(f, family_of(&a->from));
	r = rule_begin(f, family_of(&a->from), firewall_chain(&a->from, chain), 0, what);
	allow_put(&r, a);
	verdict_put(&r, NFT_RETURN, NULL);
	rule_end(&r);
}

/* ---- Its port on the bridge ------------------------------------------------------------------ */

static void port_change(struct firewall *f, const struct firewall_limit *l, element_change *change,
			const char *what)
{
	struct element port = {.family = NFPROTO_BRIDGE, .set = "limited"};
	struct element behind = {.family = NFPROTO_BRIDGE, .set = "behind"};

	batch_need(f, NFPROTO_BRIDGE);
	element_put_interface(&port.key, l->interface);
	change(f, &port, what);
	element_put_mac(&behind.key, l->mac);
	element_put_mac(&behind.data, l->bridge);
	change(f, &behind, what);
}

static void owned_change(struct firewall *f, const struct firewall_limit *l, const struct ip *a,
			 element_change *change, const char *what)
{
	struct element owned = {.family = NFPROTO_BRIDGE,
				.set = a->family == AF_INET ? "owned4" : "owned6"};

	element_put_interface(&owned.key, l->interface);
	element_put_ip(&owned.key, a);
	element_put_mac(&owned.data, l->bridge);
	change(f, &owned, what);
	if (a->family == AF_INET) {
		owned.set = "owned";
		owned.data.n = 0;
		change(f, &owned, what);
	}
}

static void limit_change(struct firewall *f, const struct firewall_limit *l, bool remove)
{
	element_change *change = remove ? element_remove : element_add;
	char what[160];
	size_t i;

	snprintf(what, sizeof(what), "%s what the container behind %s may reach",
		 remove ? "no longer limit" : "limit", l->interface);
	port_change(f, l, change, what);
	for (i = 0; i < l->n; i++) {
		owned_change(f, l, &l->addresses[i], change, what);
		address_change(f, &l->addresses[i], remove, what);
	}
}

void firewall_limit(struct firewall *f, const struct firewall_limit *l)
{
	limit_change(f, l, false);
}

void firewall_remove_limit(struct firewall *f, const struct firewall_limit *l)
{
	limit_change(f, l, true);
}
