/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces, addresses and routes, in network namespaces of the test's own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "netns/link.h"
#include "netns/route.h"

static struct netlink *host, *inside;
static int netns;

static int namespaces(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return 0;
	assert_int_equal(netlink_open(0, &host, NULL), 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(netlink_open(0, &inside, NULL), 0);
	netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	netlink_close(host);
	netlink_close(inside);
	return 0;
}

static void need_namespaces(void)
{
	if (!host)
		skip();
}

static void test_veth(void **state)
{
	static const uint8_t mac[MAC_SIZE] = {2, 0, 0, 0, 0, 7};
	struct link_veth v = {.name = "out0",
			      .peer = "eth0",
			      .netns = netns,
			      .mtu = 1400,
			      .mac = mac,
			      .isolated = true};
	struct error err = ERROR_INIT;
	struct link bridge, l;
	struct ip a, g;

	(void)state;
	need_namespaces();
	assert_int_equal(link_find(host, "br0", &bridge, &err), -ENODEV);
	link_add_bridge(host, "br0", 1400, mac);
	assert_int_equal(netlink_send(host, &err), 0);
	assert_int_equal(link_find(host, "br0", &bridge, &err), 0);
	assert_string_equal(bridge.kind, "bridge");
	assert_true(bridge.up && memcmp(bridge.mac, mac, MAC_SIZE) == 0);
	v.master = bridge.index;
	link_add_veth(host, &v);
	ip_parse("10.0.0.7/24", true, &a);
	ip_parse("10.0.0.1", false, &g);
	assert_int_equal(netlink_send(host, &err), 0);
	assert_int_equal(link_find(inside, "eth0", &l, &err), 0);
	link_add_up(inside, 1, "lo");
	address_add(inside, l.index, &a);
	link_add_up(inside, l.index, "eth0");
	route_add_default(inside, l.index, &g);
	assert_int_equal(netlink_send(inside, &err), 0);
	assert_int_equal(link_find(inside, "eth0", &l, &err), 0);
	assert_true(l.up && l.mtu == 1400 && memcmp(l.mac, mac, MAC_SIZE) == 0);
	assert_int_equal(link_find(host, "out0", &l, &err), 0);
	assert_true(l.up && l.master == bridge.index && streq(l.kind, "veth") && l.peer > 1);
	/* Its peer was never seen on this side. */
	assert_int_equal(link_find(host, "eth0", &l, &err), -ENODEV);
	link_add_remove(host, "out0");
	assert_int_equal(netlink_send(host, &err), 0);
	assert_int_equal(link_find(inside, "eth0", &l, &err), -ENODEV);
}

/* Of a batch every request is worked on, and the first failure is told, by what it was for. */
static void test_errors(void **state)
{
	struct error err = ERROR_INIT;
	struct link l;
	struct ip g;

	(void)state;
	need_namespaces();
	link_add_up(host, 999, "ghost");
	link_add_bridge(host, "br1", 0, NULL);
	link_add_remove(host, "nothing");
	assert_int_equal(netlink_send(host, &err), -ENODEV);
	assert_string_equal(err.why, "set the interface ghost up");
	assert_int_equal(link_find(host, "br1", &l, NULL), 0);
	link_add_bridge(host, "br1", 0, NULL);
	netlink_forgive(host, EEXIST);
	assert_int_equal(netlink_send(host, NULL), 0);
	/* With the kernel's own words. */
	err = (struct error)ERROR_INIT;
	ip_parse("10.9.9.1", false, &g);
	route_add_default(host, l.index, &g);
	assert_true(netlink_send(host, &err) < 0);
	assert_non_null(strstr(err.hint, "Nexthop has invalid gateway"));
}

static void test_too_many(void **state)
{
	struct error err = ERROR_INIT;
	int i;

	(void)state;
	need_namespaces();
	for (i = 0; i < 1000; i++)
		link_add_up(host, 1, "lo");
	assert_int_equal(netlink_send(host, &err), -E2BIG);
	link_add_up(host, 1, "lo");
	assert_int_equal(netlink_send(host, &err), 0);
}

static int count(void *arg, const struct link *l)
{
	*(int *)arg += l->index > 0 && l->name[0];
	return 0;
}

static void test_list(void **state)
{
	int n = 0;

	(void)state;
	need_namespaces();
	assert_int_equal(link_list(host, count, &n, NULL), 0);
	assert_true(n >= 3); /* lo, br0, br1 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_veth),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, namespaces, close_all);
}
