/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

/* ---- Looking --------------------------------------------------------------------------------- */

static void stats_read(const struct nlattr *attr, struct link *l)
{
	struct rtnl_link_stats64 s = {0};
	size_t n = mnl_attr_get_payload_len(attr);

	/* An older kernel has fewer, a newer one more. */
	memcpy(&s, mnl_attr_get_payload(attr), n < sizeof(s) ? n : sizeof(s));
	l->rx_bytes = s.rx_bytes;
	l->rx_packets = s.rx_packets;
	l->rx_dropped = s.rx_dropped;
	l->rx_errors = s.rx_errors;
	l->tx_bytes = s.tx_bytes;
	l->tx_packets = s.tx_packets;
	l->tx_dropped = s.tx_dropped;
	l->tx_errors = s.tx_errors;
}

static void text_read(const struct nlattr *attr, char *buf, size_t size)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(buf, size, "%s", mnl_attr_get_str(attr));
}

static void kind_read(const struct nlattr *info, struct link *l)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info) if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		text_read(attr, l->kind, sizeof(l->kind));
}

static unsigned number_read(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 ? mnl_attr_get_u32(attr) : 0;
}

static void attr_read(const struct nlattr *attr, struct link *l)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		text_read(attr, l->name, sizeof(l->name));
		break;
	case IFLA_MTU:
		l->mtu = number_read(attr);
		break;
	case IFLA_MASTER:
		l->master = (int)number_read(attr);
		break;
	case IFLA_LINK:
		l->peer = (int)number_read(attr);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == MAC_SIZE)
			memcpy(l->mac, mnl_attr_get_payload(attr), MAC_SIZE);
		break;
	case IFLA_LINKINFO:
		kind_read(attr, l);
		break;
	case IFLA_STATS64:
		stats_read(attr, l);
		break;
	}
}

static bool link_read(const struct nlmsghdr *h, struct link *l)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;

	if (h->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return false;
	*l = (struct link){.index = m->ifi_index, .up = m->ifi_flags & IFF_UP};
	mnl_attr_for_each(attr, h, sizeof(*m)) attr_read(attr, l);
	return true;
}

static int take_one(void *arg, const struct nlmsghdr *h, struct error *err)
{
	(void)err;
	link_read(h, arg);
	return 0;
}

int link_find(struct netlink *n, const char *name, struct link *ret, struct error *err)
{
	struct nlmsghdr *h = netlink_add(n, RTM_GETLINK, 0, "look for the interface %s", name);
	struct link l = {.index = 0};
	int r;

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	/* Adding them up costs the kernel more than all the rest. */
	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	netlink_forgive(n, ENODEV);
	r = netlink_ask(n, take_one, &l, err);
	if (r < 0)
		return r;
	if (!l.index)
		return -ENODEV;
	*ret = l;
	return 0;
}

struct listing {
	int (*each)(void *arg, const struct link *l);
	void *arg;
};

static int take_each(void *arg, const struct nlmsghdr *h, struct error *err)
{
	const struct listing *t = arg;
	struct link l;

	(void)err;
	return link_read(h, &l) ? t->each(t->arg, &l) : 0;
}

int link_list(struct netlink *n, int (*each)(void *arg, const struct link *l), void *arg,
	      struct error *err)
{
	struct listing t = {each, arg};
	struct nlmsghdr *h = netlink_add(n, RTM_GETLINK, NLM_F_DUMP, "list the interfaces");

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	return netlink_ask(n, take_each, &t, err);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static struct nlmsghdr *link_new(struct netlink *n, const char *name, const char *what, bool up)
{
	struct nlmsghdr *h = netlink_add(n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
					 "make the %s %s", what, name);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	if (up)
		m->ifi_flags = m->ifi_change = IFF_UP;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return h;
}

void link_add_bridge(struct netlink *n, const char *name, unsigned mtu, const uint8_t mac[MAC_SIZE])
{
	struct nlmsghdr *h = link_new(n, name, "bridge", true);
	struct nlattr *info;

	if (mtu)
		mnl_attr_put_u32(h, IFLA_MTU, mtu);
	/* Without one of its own a bridge takes the lowest of its ports', and changes with them. */
	if (mac)
		mnl_attr_put(h, IFLA_ADDRESS, MAC_SIZE, mac);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(h, info);
}

static void veth_peer_put(struct nlmsghdr *h, const struct link_veth *v)
{
	struct nlattr *peer = mnl_attr_nest_start(h, VETH_INFO_PEER);

	/* It can't be up before it knows its other end (ENOTCONN). */
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, v->peer);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)v->netns);
	if (v->mtu)
		mnl_attr_put_u32(h, IFLA_MTU, v->mtu);
	if (v->mac)
		mnl_attr_put(h, IFLA_ADDRESS, MAC_SIZE, v->mac);
	mnl_attr_nest_end(h, peer);
}

/* The kernel ignores what is said of a port before it is one. It is up only then. */
static void port_set(struct netlink *n, const struct link_veth *v)
{
	struct nlmsghdr *h = netlink_add(n, RTM_NEWLINK, 0, "set the port %s", v->name);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct nlattr *info, *data;

	m->ifi_flags = m->ifi_change = IFF_UP;
	mnl_attr_put_strz(h, IFLA_IFNAME, v->name);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(h, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(h, IFLA_BRPORT_ISOLATED, v->isolated);
	mnl_attr_put_u8(h, IFLA_BRPORT_MODE, v->hairpin);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
}

void link_add_veth(struct netlink *n, const struct link_veth *v)
{
	struct nlmsghdr *h = link_new(n, v->name, "veth pair", !v->isolated && !v->hairpin);
	struct nlattr *info, *data;

	if (v->master)
		mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)v->master);
	if (v->mtu)
		mnl_attr_put_u32(h, IFLA_MTU, v->mtu);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	veth_peer_put(h, v);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	if (v->isolated || v->hairpin)
		port_set(n, v);
}

void link_add_up(struct netlink *n, int index, const char *name)
{
	struct nlmsghdr *h = netlink_add(n, RTM_NEWLINK, 0, "set the interface %s up", name);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_index = index;
	m->ifi_flags = m->ifi_change = IFF_UP;
}

void link_add_remove(struct netlink *n, const char *name)
{
	struct nlmsghdr *h = netlink_add(n, RTM_DELLINK, 0, "remove the interface %s", name);

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	netlink_forgive(n, ENODEV);
}
