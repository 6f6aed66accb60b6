/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net-floor BRIDGE NAME ADDRESS GATEWAY: what the kernel itself needs to give one container a network: a
 * network namespace, a veth pair between it and the bridge, an address (of a /24), a default route. The
 * fewest requests of netlink that do it, and no answer is looked at but whether it is an error. No check
 * of anything, no leases, no rules, no names: no tool can be faster. When it ends, the namespace does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char buf[16384];
static size_t used;
static unsigned seq, waiting;

static struct nlmsghdr *add(int type, int flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf + used);

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	h->nlmsg_seq = ++seq;
	waiting++;
	return h;
}

static void end(const struct nlmsghdr *h)
{
	used += MNL_ALIGN(h->nlmsg_len);
}

static void send_all(struct mnl_socket *s)
{
	char answer[8192];
	struct nlmsghdr *h;
	int len;

	mnl_socket_sendto(s, buf, used);
	used = 0;
	while (waiting) {
		len = (int)mnl_socket_recvfrom(s, answer, sizeof(answer));
		for (h = (void *)answer; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (e->error) {
				fprintf(stderr, "net-floor: request %u: error %d\n", h->nlmsg_seq, -e->error);
				exit(1);
			}
			waiting--;
		}
	}
}

static struct mnl_socket *route_socket(void)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID);
	return s;
}

static void link_up(int index)
{
	struct nlmsghdr *h = add(RTM_NEWLINK, 0);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_index = index;
	m->ifi_flags = m->ifi_change = IFF_UP;
	end(h);
}

static void veth(const char *name, unsigned master, int netns)
{
	struct nlmsghdr *h = add(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct nlattr *info, *data, *peer;

	m->ifi_flags = m->ifi_change = IFF_UP;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_MASTER, master);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	end(h);
}

static void inside(unsigned index, const char *address, const char *gateway)
{
	struct nlmsghdr *h;
	struct ifaddrmsg *a;
	struct rtmsg *r;

	link_up(1);
	link_up((int)index);
	h = add(RTM_NEWADDR, NLM_F_CREATE);
	a = mnl_nlmsg_put_extra_header(h, sizeof(*a));
	a->ifa_family = AF_INET;
	a->ifa_prefixlen = 24;
	a->ifa_index = index;
	mnl_attr_put_u32(h, IFA_LOCAL, inet_addr(address));
	mnl_attr_put_u32(h, IFA_ADDRESS, inet_addr(address));
	end(h);
	h = add(RTM_NEWROUTE, NLM_F_CREATE);
	r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	r->rtm_family = AF_INET;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = RT_SCOPE_UNIVERSE;
	r->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_GATEWAY, inet_addr(gateway));
	mnl_attr_put_u32(h, RTA_OIF, index);
	end(h);
}

int main(int argc, char **argv)
{
	struct mnl_socket *host = route_socket(), *in;
	unsigned master = argc == 5 ? if_nametoindex(argv[1]) : 0;
	int netns;

	if (!master || unshare(CLONE_NEWNET) < 0)
		return 1;
	netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	veth(argv[2], master, netns);
	send_all(host);
	in = route_socket();
	inside(if_nametoindex("eth0"), argv[3], argv[4]);
	send_all(in);
	mnl_socket_close(in);
	mnl_socket_close(host);
	return 0;
}
