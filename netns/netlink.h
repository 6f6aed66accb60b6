/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink: requests to the kernel's networking (rtnetlink(7), netlink(7)) through libmnl, as many as one
 * round trip takes.
 *
 *	netlink_open(NETLINK_ROUTE, &n, err)
 *	h = netlink_add(n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make the bridge hoy0")
 *	…				attributes by mnl_attr_put
 *	netlink_send(n, err)		all that were added, in their order
 *	netlink_close(n)		always
 *
 * The kernel works on every request of a batch, also behind one that failed; netlink_send gives the first
 * failure, worded by what the request was for and by the kernel's own text. A request may say which errno is
 * none for it.
 *
 * A socket belongs to the network namespace in which it was opened, wherever the process goes.
 */
#ifndef HOY_NETNS_NETLINK_H
#define HOY_NETNS_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct netlink;

/* bus: NETLINK_ROUTE or NETLINK_NETFILTER. 0 or -errno with err. */
int netlink_open(int bus, struct netlink **ret, struct error *err);
/* NULL does nothing. */
void netlink_close(struct netlink *n);

/* Adds a request with no more than its header; what stands behind it is the caller's to put there, at once.
 * what: words for an error, copied. Requests that don't fit are dropped, and netlink_send says so. */
struct nlmsghdr *netlink_add(struct netlink *n, int type, int flags, const char *what, ...)
	__attribute__((format(printf, 4, 5)));
/* The request that was added last may end with this errno, and that is no failure. */
void netlink_forgive(struct netlink *n, int code);
/* Sends what was added and waits for all answers. 0 or -errno with err; nothing is added any more. */
int netlink_send(struct netlink *n, struct error *err);
/* Sends the one request that was added, and calls `each` with every message of the answer, until it returns
 * a negative errno, with err. 0 or that. */
typedef int netlink_each(void *arg, const struct nlmsghdr *h, struct error *err);
int netlink_ask(struct netlink *n, netlink_each *each, void *arg, struct error *err);

#endif
