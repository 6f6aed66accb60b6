/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/route.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

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

void route_add(struct netlink *n, int index, const struct ip *to, const struct ip *gateway)
{
	char text[IP_TEXT_MAX], by[IP_TEXT_MAX];
	struct nlmsghdr *h =
		netlink_add(n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
			    "make the route to %s%s%s", ip_text(to, true, text),
			    gateway ? " by " : "", gateway ? ip_text(gateway, false, by) : "");
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

void route_add_default(struct netlink *n, int index, const struct ip *gateway)
{
	const struct ip all = {.family = gateway->family};

	route_add(n, index, &all, gateway);
}
