/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/firewall_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <string.h>

#include "netns/firewall_rules.h"

int family_of(const struct ip *a)
{
	return a->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

void element_put(struct element_data *d, const void *p, size_t n)
{
	memcpy(d->bytes + d->n, p, n);
	d->n += (uint32_t)(n + 3) & ~3U;
}

void element_put_u8(struct element_data *d, uint8_t value)
{
	element_put(d, &value, sizeof(value));
}

void element_put_u16(struct element_data *d, uint16_t value)
{
	uint16_t there = htons(value);

	element_put(d, &there, sizeof(there));
}

void element_put_ip(struct element_data *d, const struct ip *a)
{
	element_put(d, a->bytes, ip_size(a));
}

void element_put_mac(struct element_data *d, const uint8_t mac[MAC_SIZE])
{
	memcpy(d->bytes, mac, MAC_SIZE);
	d->n = MAC_SIZE;
}

void element_put_interface(struct element_data *d, const char *name)
{
	char whole[IF_NAMESIZE] = "";

	strncat(whole, name, sizeof(whole) - 1);
	element_put(d, whole, sizeof(whole));
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void list_begin(struct nlmsghdr *h, const char *set, struct nlattr **elements)
{
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, FIREWALL_TABLE);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set);
	*elements = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
}

/* No element at all is added to the set whose name is the version: that is no change, but must find it. */
void batch_need(struct firewall *f, int family)
{
	bool *known = family == NFPROTO_IPV4   ? &f->ip
		      : family == NFPROTO_IPV6 ? &f->ip6
					       : &f->bridge;
	char version[FIREWALL_VERSION_MAX];
	struct nlattr *elements;
	struct nlmsghdr *h;

	if (*known)
		return;
	*known = true;
	h = transaction_add(f->t, NFT_MSG_NEWSETELEM, family, NLM_F_CREATE,
			    "look for the firewall's rules");
	transaction_mark(f->t, BATCH_TABLE);
	list_begin(h, firewall_version(version), &elements);
	mnl_attr_nest_end(h, elements);
}

static void value_put(struct nlmsghdr *h, uint16_t type, const struct element_data *d)
{
	struct nlattr *nest = mnl_attr_nest_start(h, type);

	mnl_attr_put(h, NFTA_DATA_VALUE, d->n, d->bytes);
	mnl_attr_nest_end(h, nest);
}

static void jump_put(struct nlmsghdr *h, const char *chain)
{
	struct nlattr *data = mnl_attr_nest_start(h, NFTA_SET_ELEM_DATA);
	struct nlattr *verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(h, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_JUMP));
	mnl_attr_put_strz(h, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(h, verdict);
	mnl_attr_nest_end(h, data);
}

static void message_add(struct firewall *f, int type, const struct element *e, const char *what)
{
	struct nlmsghdr *h = transaction_add(
		f->t, type, e->family, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, "%s", what);
	struct nlattr *elements, *one;

	transaction_mark(f->t, e->kind);
	list_begin(h, e->set, &elements);
	one = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	value_put(h, NFTA_SET_ELEM_KEY, &e->key);
	if (e->chain)
		jump_put(h, e->chain);
	else if (e->data.n)
		value_put(h, NFTA_SET_ELEM_DATA, &e->data);
	mnl_attr_nest_end(h, one);
	if (e->end.n) {
		one = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
		value_put(h, NFTA_SET_ELEM_KEY, &e->end);
		mnl_attr_put_u32(h, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
		mnl_attr_nest_end(h, one);
	}
	mnl_attr_nest_end(h, elements);
}

void element_add(struct firewall *f, const struct element *e, const char *what)
{
	message_add(f, NFT_MSG_NEWSETELEM, e, what);
}

void element_remove(struct firewall *f, const struct element *e, const char *what)
{
	message_add(f, NFT_MSG_NEWSETELEM, e, what);
	message_add(f, NFT_MSG_DELSETELEM, e, what);
	transaction_forgive(f->t, EEXIST, 2);
}
