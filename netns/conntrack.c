/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "netns/netlink.h"

#define TYPE(message) (NFNL_SUBSYS_CTNETLINK << 8 | (message))
/* So many are found before they are removed; then the rest is looked for. */
#define FOUND_MAX 48
#define TUPLE_MAX 256
/* Which part of a tuple a filter looks at: its source. The kernel's headers for programs don't name it. */
#define CTA_FILTER_FLAG_SRC 1

/* Whose source is looked for: the address's own connections, or those that were sent on to it. */
enum side { ORIGINAL, REPLY };

struct found {
	size_t n;
	bool more;
	struct {
		size_t len; /* of tuple */
		uint32_t id;
		uint16_t zone;
		bool has_zone;
		uint8_t tuple[TUPLE_MAX];
	} v[FOUND_MAX];
};

static void header_put(struct nlmsghdr *h, const struct ip *a)
{
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->nfgen_family = (uint8_t)a->family;
	g->version = NFNETLINK_V0;
}

static int take_each(void *arg, const struct nlmsghdr *h, struct error *err)
{
	struct found *f = arg;
	const struct nlattr *attr;
	size_t i = f->n;

	(void)err;
	if (f->n == FOUND_MAX) {
		f->more = true;
		return 0;
	}
	memset(&f->v[i], 0, sizeof(f->v[i]));
	mnl_attr_for_each(attr, h, sizeof(struct nfgenmsg))
	{
		uint16_t type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);
		const void *p = mnl_attr_get_payload(attr);

		if (type == CTA_TUPLE_ORIG && len <= TUPLE_MAX) {
			memcpy(f->v[i].tuple, p, len);
			f->v[i].len = len;
		} else if (type == CTA_ID && len == sizeof(f->v[i].id)) {
			memcpy(&f->v[i].id, p, len);
		} else if (type == CTA_ZONE && len == sizeof(f->v[i].zone)) {
			memcpy(&f->v[i].zone, p, len);
			f->v[i].has_zone = true;
		}
	}
	f->n += f->v[i].len > 0;
	return 0;
}

/* The kernel looks through them, so that of a hundred thousand none is copied in vain (Linux 5.8). */
static int list(struct netlink *n, const struct ip *a, enum side side, struct found *ret,
		struct error *err)
{
	char text[IP_TEXT_MAX];
	struct nlmsghdr *h = netlink_add(n, TYPE(IPCTNL_MSG_CT_GET), NLM_F_DUMP,
					 "list the connections of %s", ip_text(a, false, text));
	struct nlattr *tuple, *ip, *filter;

	header_put(h, a);
	tuple = mnl_attr_nest_start(h, side == ORIGINAL ? CTA_TUPLE_ORIG : CTA_TUPLE_REPLY);
	ip = mnl_attr_nest_start(h, CTA_TUPLE_IP);
	mnl_attr_put(h, a->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, ip_size(a), a->bytes);
	mnl_attr_nest_end(h, ip);
	mnl_attr_nest_end(h, tuple);
	filter = mnl_attr_nest_start(h, CTA_FILTER);
	mnl_attr_put_u32(h, CTA_FILTER_ORIG_FLAGS, side == ORIGINAL ? CTA_FILTER_FLAG_SRC : 0);
	mnl_attr_put_u32(h, CTA_FILTER_REPLY_FLAGS, side == REPLY ? CTA_FILTER_FLAG_SRC : 0);
	mnl_attr_nest_end(h, filter);
	return netlink_ask(n, take_each, ret, err);
}

static void remove_add(struct netlink *n, const struct ip *a, const struct found *f, size_t i)
{
	char text[IP_TEXT_MAX];
	struct nlmsghdr *h = netlink_add(n, TYPE(IPCTNL_MSG_CT_DELETE), 0,
					 "forget a connection of %s", ip_text(a, false, text));

	header_put(h, a);
	mnl_attr_put(h, NLA_F_NESTED | CTA_TUPLE_ORIG, f->v[i].len, f->v[i].tuple);
	/* Not one that has come at the same place meanwhile. */
	mnl_attr_put(h, CTA_ID, sizeof(f->v[i].id), &f->v[i].id);
	if (f->v[i].has_zone)
		mnl_attr_put(h, CTA_ZONE, sizeof(f->v[i].zone), &f->v[i].zone);
	/* It may have ended by itself. */
	netlink_forgive(n, ENOENT);
}

static int side_forget(struct netlink *n, const struct ip *a, enum side side, struct error *err)
{
	struct found found;
	size_t i;
	int r;

	do {
		found.n = 0;
		found.more = false;
		r = list(n, a, side, &found, err);
		if (r < 0)
			return r;
		for (i = 0; i < found.n; i++)
			remove_add(n, a, &found, i);
		r = netlink_send(n, err);
	} while (r == 0 && found.more);
	return r;
}

int conntrack_forget(const struct ip *address, struct error *err)
{
	struct netlink *n;
	int r = netlink_open(NETLINK_NETFILTER, &n, err);

	if (r < 0)
		return r;
	r = side_forget(n, address, ORIGINAL, err);
	if (r == 0)
		r = side_forget(n, address, REPLY, err);
	netlink_close(n);
	return r;
}
