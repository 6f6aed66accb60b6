/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transaction: changes of nf_tables (nft(8)) that all happen or none, in one round trip.
 *
 *	transaction_open(&t, err)
 *	h = transaction_add(t, NFT_MSG_NEWSETELEM, NFPROTO_IPV4, NLM_F_CREATE, "publish port 80")
 *	…				attributes by mnl_attr_put, at once: the next may move them
 *	transaction_send(t, &failed, err)	as often as wanted: nothing is added any more behind it
 *	transaction_close(t)
 *
 * The kernel looks at every message, also behind one that fails, and then takes none. It answers while
 * it is asked, so nothing here ever waits.
 */
#ifndef HOY_NETNS_TRANSACTION_H
#define HOY_NETNS_TRANSACTION_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct transaction;

/* 0 or -errno with err. NULL is closed too. */
int transaction_open(struct transaction **ret, struct error *err);
void transaction_close(struct transaction *t);

/* type: NFT_MSG_…; family: NFPROTO_…; what: words for an error, copied. The attributes of one take at most
 * TRANSACTION_MESSAGE_MAX bytes. */
#define TRANSACTION_MESSAGE_MAX 2048
struct nlmsghdr *transaction_add(struct transaction *t, int type, int family, int flags,
				 const char *what, ...) __attribute__((format(printf, 5, 6)));
/* What was added last is of this kind, which transaction_send tells when it is what fails; 0: of none. */
void transaction_mark(struct transaction *t, int kind);
/* Of what was added, the last n belong together. Where the first of them fails with this errno, all n are
 * left out, and the rest is sent again. */
void transaction_forgive(struct transaction *t, int code, size_t n);

/* All of it. 0, or -errno with err; *kind (may be NULL): that of the first that failed. Nothing is added any
 * more. */
int transaction_send(struct transaction *t, int *kind, struct error *err);
/* Whether there is a set of this name in the family's table. 1, 0, or -errno with err. No change, and none of
 * the transaction. */
int transaction_has_set(struct transaction *t, int family, const char *table, const char *set,
			struct error *err);

#endif
