/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void ip_put(struct nlmsghdr *h, uint16_t type, const struct ip *a)
{
	mnl_attr_put(h, type, ip_size(a), a->bytes);
}

void address_add(struct netlink *n, int index, const struct ip *a)
{
	char text[IP_TEXT_MAX];
	struct nlmsghdr *h =
		netlink_add(n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
			    "give the interface the address %s", ip_text(a, true, text));
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct ip last = ip_last(a);

	m->ifa_family = (uint8_t)a->family;
	m->ifa_prefixlen = (uint8_t)a->prefix;
	m->ifa_index = (uint32_t)index;
	ip_put(h, IFA_LOCAL, a);
	ip_put(h, IFA_ADDRESS, a);
	if (a->family == AF_INET6)
		mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD | IFA_F_PERMANENT);
	else if (a->prefix < 31)
		ip_put(h, IFA_BROADCAST, &last);
}

static void route_put(struct nlmsghdr *h, int index, const struct ip *to, const struct ip *gateway)
{
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = (uint8_t)to->family;
	m->rtm_dst_len = (uint8_t)to->prefix;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	m->rtm_type = RTN_UNICAST;
	if (to->prefix)
		ip_put(h, RTA_DST, to);
	if (gateway)
		ip_put(h, RTA_GATEWAY, gateway);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)index);
}

void route_add(struct netlink *n, int index, const struct ip *to, const struct ip *gateway)
{
	char text[IP_TEXT_MAX], by[IP_TEXT_MAX];
	struct nlmsghdr *h =
		netlink_add(n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
			    "make the route to %s%s%s", ip_text(to, true, text),
			    gateway ? " by " : "", gateway ? ip_text(gateway, false, by) : "");

	route_put(h, index, to, gateway);
}

void route_add_default(struct netlink *n, int index, const struct ip *gateway)
{
	const struct ip all = {.family = gateway->family};
	char by[IP_TEXT_MAX];
	struct nlmsghdr *h =
		netlink_add(n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
			    "make the default route by %s", ip_text(gateway, false, by));

	route_put(h, index, &all, gateway);
	netlink_forgive(n, EEXIST);
}

struct listing {
	route_each *each;
	void *arg;
};

static int take_each(void *arg, const struct nlmsghdr *h, struct error *err)
{
	const struct listing *t = arg;
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct ip to = {.family = m->rtm_family, .prefix = m->rtm_dst_len};
	const struct nlattr *attr;

	(void)err;
	if (h->nlmsg_type != RTM_NEWROUTE || (to.family != AF_INET && to.family != AF_INET6) ||
	    m->rtm_type != RTN_UNICAST || !to.prefix)
		return 0;
	mnl_attr_for_each(attr, h, sizeof(*m))
	{
		if (mnl_attr_get_type(attr) == RTA_DST &&
		    mnl_attr_get_payload_len(attr) == ip_size(&to))
			memcpy(to.bytes, mnl_attr_get_payload(attr), ip_size(&to));
	}
	return t->each(t->arg, &to);
}

int route_list(struct netlink *n, int family, route_each *each, void *arg, struct error *err)
{
	struct listing t = {each, arg};
	struct nlmsghdr *h = netlink_add(n, RTM_GETROUTE, NLM_F_DUMP, "list the routes");
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = (uint8_t)family;
	return netlink_ask(n, take_each, &t, err);
}
