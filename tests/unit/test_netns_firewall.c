/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's calls and errors, in a network namespace of the test's own. What its rules do:
 * firewall.bats. */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "netns/conntrack.h"
#include "netns/firewall.h"

static struct firewall *fw;
static struct firewall_net net = {.interface = "hoy-a", .n = 2};
static struct firewall_port port = {.proto = IPPROTO_TCP, .port = 80, .to_port = 8080};
static struct firewall_limit limit = {
	.interface = "v-a", .mac = {2, 0, 0, 0, 0, 1}, .bridge = {2, 0, 0, 0, 0, 2}, .n = 1};
static struct firewall_allow allow = {.proto = IPPROTO_UDP, .first = 53, .last = 53};

static int namespace(void **state)
{
	(void)state;
	ip_parse("10.90.1.0/24", true, &net.subnets[0]);
	ip_parse("fd90:1::/64", true, &net.subnets[1]);
	ip_parse("10.90.1.2", false, &port.to);
	port.host.family = AF_INET;
	limit.addresses[0] = allow.from = port.to;
	ip_parse("10.0.0.0/9", true, &allow.to);
	if (unshare(CLONE_NEWNET) < 0)
		return 0;
	return firewall_open(&fw, NULL);
}

static int close_it(void **state)
{
	(void)state;
	firewall_close(fw);
	return 0;
}

static void need_namespace(void)
{
	if (!fw)
		skip();
}

static void all_add(void)
{
	firewall_add_net(fw, &net);
	firewall_add_port(fw, &port);
	firewall_limit(fw, &limit);
	firewall_add_allow(fw, &allow);
}

static void test_commit(void **state)
{
	struct firewall_all none = {.nets = {0}},
			    all = {{1, &net}, {1, &port}, {1, &limit}, {1, &allow}};
	_cleanup_(text_free) struct text built = TEXT_INIT, committed = TEXT_INIT;
	struct error err = ERROR_INIT;
	int i;

	(void)state;
	need_namespace();
	/* Nothing to do is done. */
	assert_int_equal(firewall_commit(fw, &err), 0);
	all_add();
	assert_int_equal(firewall_commit(fw, &err), -ENOENT);
	assert_int_equal(firewall_build(&none, &err), 0);
	/* Without a limited container there is no table for bridges. */
	all_add();
	assert_int_equal(firewall_commit(fw, &err), -ENOENT);
	assert_string_equal(err.why, "");
	assert_int_equal(firewall_build(&all, &err), 0);
	assert_int_equal(firewall_show(&built, &err), 0);
	for (i = 0; i < 3; i++) {
		all_add();
		assert_int_equal(firewall_commit(fw, &err), 0);
	}
	assert_int_equal(firewall_show(&committed, &err), 0);
	assert_true(strstr(built.s, "80 : 10.90.1.2 . 8080") && streq(built.s, committed.s));
	firewall_remove_limit(fw, &limit);
	firewall_remove_port(fw, &port);
	firewall_remove_net(fw, &net);
	assert_int_equal(firewall_commit(fw, &err), 0);
}

static void test_port_taken(void **state)
{
	struct firewall_port others = port, twice[2] = {port, port};
	struct firewall_all all = {.ports = {2, twice}};
	struct error err = ERROR_INIT;

	(void)state;
	need_namespace();
	others.to.bytes[3]++;
	firewall_add_port(fw, &port);
	assert_int_equal(firewall_commit(fw, &err), 0);
	firewall_add_port(fw, &others);
	assert_int_equal(firewall_commit(fw, &err), -EEXIST);
	assert_string_equal(err.why, "publish the port 80/tcp of every address: it goes to another "
				     "container already");
	/* Its removal leaves the other's. */
	firewall_remove_port(fw, &others);
	assert_int_equal(firewall_commit(fw, NULL), 0);
	firewall_add_port(fw, &others);
	assert_int_equal(firewall_commit(fw, NULL), -EEXIST);
	err = (struct error)ERROR_INIT;
	assert_int_equal(firewall_build(&all, &err), -EEXIST);
	assert_string_equal(err.why,
			    "publish the port 80/tcp of every address: two containers want it");
}

static void test_wrong_names(void **state)
{
	struct firewall_net bad = net;
	struct firewall_all all = {.nets = {1, &bad}};
	const char *const names[] = {"", "a\"b", "hoy*", "a b", "0123456789abcdef", "a;b\n"};
	size_t i;

	(void)state;
	need_namespace();
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		bad.interface = names[i];
		assert_int_equal(firewall_build(&all, NULL), -EINVAL);
	}
}

static void test_remove(void **state)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	(void)state;
	need_namespace();
	assert_int_equal(firewall_remove(NULL), 0);
	assert_int_equal(firewall_remove(NULL), 0);
	assert_int_equal(firewall_show(&out, NULL), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(conntrack_forget(&port.to, NULL), 0);
	assert_int_equal(conntrack_forget(&net.subnets[1], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_port_taken),
		cmocka_unit_test(test_wrong_names),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, namespace, close_it);
}
