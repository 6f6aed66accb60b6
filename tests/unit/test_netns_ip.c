/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of both families. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <netinet/in.h>

#include <cmocka.h>

#include "netns/allow.h"
#include "netns/ip.h"

static struct ip ip(const char *text)
{
	struct ip a;

	assert_int_equal(ip_parse(text, false, &a), 0);
	return a;
}

static void says(struct ip a, const char *text)
{
	char buf[IP_TEXT_MAX];

	assert_string_equal(ip_text(&a, true, buf), text);
}

static void test_text(void **state)
{
	static const char *const wrong[] = {"",
					    "/",
					    "10.0.0.1/",
					    "10.0.0.1/33",
					    "10.0.0/8",
					    "10.0.0.256",
					    "::1/129",
					    "10.0.0.1/-1",
					    "10.0.0.1/ 8",
					    "fd00::g",
					    "1::2::3",
					    "10.0.0.1/8/8",
					    " 10.0.0.1",
					    "10.0.0.1 ",
					    "0x10.0.0.1",
					    "1234:1234:1234:1234:1234:1234:1234:1234:1234",
					    "/24"};
	struct ip a;
	size_t i;

	(void)state;
	says(ip("10.89.0.2/24"), "10.89.0.2/24");
	says(ip("10.89.0.2"), "10.89.0.2/32");
	says(ip("FD00:0::2/64"), "fd00::2/64");
	says(ip("::"), "::/128");
	says(ip("0.0.0.0/0"), "0.0.0.0/0");
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_true(ip_parse(wrong[i], false, &a) < 0);
	assert_true(ip_parse("10.0.0.1", true, &a) < 0);
}

static void test_subnets(void **state)
{
	struct ip a = ip("10.89.7.200/22"), b, six = ip("fd00:1::7/64"), other = ip("10.89.4.0/23");

	(void)state;
	says(ip_network(&a), "10.89.4.0/22");
	says(ip_last(&a), "10.89.7.255/22");
	says(ip_network(&six), "fd00:1::/64");
	says(ip_last(&six), "fd00:1::ffff:ffff:ffff:ffff/64");
	assert_true(ip_overlaps(&a, &other) && ip_overlaps(&other, &a));
	assert_false(ip_overlaps(&a, &six));
	b = ip("10.89.8.0/24");
	assert_false(ip_overlaps(&a, &b));
	b = ip("0.0.0.0/0");
	assert_true(ip_contains(&b, &a) && !ip_contains(&a, &b) == !ip_contains(&a, &b));
	assert_true(ip_compare(&a, &b) > 0 && ip_compare(&a, &six) < 0 && ip_compare(&a, &a) == 0);
}

static void test_next(void **state)
{
	struct ip a = ip("10.89.0.254/16"), six = ip("fd00::ffff:ffff:ffff:fffe/64"), b;

	(void)state;
	assert_true(ip_next(&a, 3, &b));
	says(b, "10.89.1.1/16");
	assert_false(ip_next(&a, 65536, &b));
	says(b, "10.89.1.1/16");
	assert_true(ip_next(&six, 1, &b));
	assert_false(ip_next(&six, 2, &b));
	a = ip("255.255.255.255/0");
	assert_false(ip_next(&a, 1, &b));
}

static void test_allow(void **state)
{
	static const char *const wrong[] = {"",
					    "x",
					    "10.0.0.1/8",
					    "10.0.0.0/8:",
					    "10.0.0.0/8:0",
					    "10.0.0.0/8:2-1",
					    "10.0.0.0/8:65536",
					    "10.0.0.0/33",
					    "10.0.0.0/8:80/x",
					    "[fd00::1",
					    "[fd00::1]x",
					    "fd00::1:80:",
					    "10.0.0.0/8/tcp/udp",
					    "/tcp",
					    "none/tcp"};
	struct net_allow a;
	size_t i;

	(void)state;
	assert_int_equal(allow_parse("none", &a), 0);
	assert_int_equal(allow_parse("10.0.0.0/8", &a), 1);
	assert_true(a.to.family == AF_INET && a.to.prefix == 8 && !a.proto && !a.first && !a.last);
	assert_int_equal(allow_parse("1.1.1.1:53/udp", &a), 1);
	assert_true(a.to.prefix == 32 && a.proto == IPPROTO_UDP && a.first == 53 && a.last == 53);
	assert_int_equal(allow_parse("[fd00::/8]:80-90/tcp", &a), 1);
	assert_true(a.to.family == AF_INET6 && a.to.prefix == 8 && a.first == 80 && a.last == 90);
	assert_int_equal(allow_parse("fd00::1", &a), 1);
	assert_true(a.to.prefix == 128 && !a.first);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (allow_parse(wrong[i], &a) >= 0)
			fail_msg("\"%s\" was taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_subnets),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
