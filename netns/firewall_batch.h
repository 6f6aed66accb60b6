/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall_batch: elements of the sets of hoy's tables, in a transaction: what firewall.c and
 * firewall_limit.c have in common.
 */
#ifndef HOY_NETNS_FIREWALL_BATCH_H
#define HOY_NETNS_FIREWALL_BATCH_H

#include <netinet/in.h> /* where it comes first, the kernel's headers leave out what they have of it */

#include <linux/netfilter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/ip.h"
#include "netns/link.h"
#include "netns/transaction.h"

/* What fails. The tables not being there shows first. */
enum batch_kind { BATCH_ELEMENT, BATCH_TABLE, BATCH_PORT };

struct firewall {
	struct transaction *t;
	bool ip, ip6, bridge; /* tables that it is about */
};

/* A key, or what a map has for it. Each of several fields begins on four bytes. */
#define ELEMENT_MAX 64
struct element_data {
	uint32_t n; /* bytes */
	uint8_t bytes[ELEMENT_MAX];
};
void element_put(struct element_data *d, const void *p, size_t n);
void element_put_u8(struct element_data *d, uint8_t value);
void element_put_u16(struct element_data *d, uint16_t value); /* in the network's order */
void element_put_ip(struct element_data *d, const struct ip *a);
/* The only field: nothing is filled up. */
void element_put_mac(struct element_data *d, const uint8_t mac[MAC_SIZE]);
void element_put_interface(struct element_data *d, const char *name);

struct element {
	int family; /* NFPROTO_… */
	const char *set;
	struct element_data key;
	struct element_data data; /* n 0: none */
	const char *chain;	  /* instead of data: to jump to; NULL: none */
	struct element_data end;  /* n 0: the key alone; else what the interval ends before */
	enum batch_kind kind;
};

/* Notes that a table is about to be changed: when it isn't there, all fails. To be called before anything is
 * added for it. */
void batch_need(struct firewall *f, int family);
/* One of the two. */
typedef void element_change(struct firewall *f, const struct element *e, const char *what);
void element_add(struct firewall *f, const struct element *e, const char *what);
/* Adds and removes: what isn't there needs no care, and what is another's by now stays. */
void element_remove(struct firewall *f, const struct element *e, const char *what);
int family_of(const struct ip *a);

#endif
