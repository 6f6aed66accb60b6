/* SPDX-License-Identifier: Apache-2.0 */
/* Words of --publish and --expose, and the holder of a port in the kernel's files. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/list.h"
#include "engine/port_holder.h"
#include "engine/publish.h"

static struct arena arena;

static int arena_end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* "tcp 127.0.0.1 8080+1 80, …" */
static const char *shown(const struct net_ports *ports)
{
	const char *text = "";
	size_t i;

	for (i = 0; i < ports->n; i++) {
		const struct net_port *p = &ports->v[i];

		text = arena_printf(&arena, "%s%s%s %s %u+%u %u", text, i ? ", " : "", p->protocol,
				    p->host ? p->host : "*", p->port, p->count, p->to);
	}
	return text;
}

static void test_forms(void **state)
{
	static const struct {
		const char *text, *shown;
	} forms[] = {
		{"8080:80", "tcp * 8080+1 80"},
		{"80", "tcp * 0+1 80"},
		{"80/udp", "udp * 0+1 80"},
		{"80/UDP", "udp * 0+1 80"},
		{":80", "tcp * 0+1 80"},
		{"127.0.0.1:8080:80/udp", "udp 127.0.0.1 8080+1 80"},
		{"127.0.0.1::80", "tcp 127.0.0.1 0+1 80"},
		{"0.0.0.0:1:2", "tcp 0.0.0.0 1+1 2"},
		{"[::1]:8080:80", "tcp ::1 8080+1 80"},
		{"[0:0::1]::80", "tcp ::1 0+1 80"},
		{"[::]:8080:80/tcp", "tcp :: 8080+1 80"},
		{"8000-8010:80-90", "tcp * 8000+11 80"},
		{"80-82", "tcp * 0+1 80, tcp * 0+1 81, tcp * 0+1 82"},
		{"65535:65535", "tcp * 65535+1 65535"},
		{"9000:9000/sctp", "sctp * 9000+1 9000"},
		{"192.0.2.1:9000:9000/sctp", "sctp 192.0.2.1 9000+1 9000"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct error err = ERROR_INIT;
		struct net_ports ports = {0};

		assert_int_equal(publish_parse(forms[i].text, &arena, &ports, &err), 0);
		assert_string_equal(shown(&ports), forms[i].shown);
	}
}

static void test_wrong_forms(void **state)
{
	static const struct {
		const char *text, *why;
	} forms[] = {
		{"", "must be"},
		{":", "must be"},
		{"/", "must be"},
		{"/tcp", "must be"},
		{"0", "must be"},
		{"65536:1", "must be"},
		{"1:65536", "must be"},
		{"-1:80", "must be"},
		{"+1:80", "must be"},
		{"80-", "must be"},
		{"90-80:90-80", "must be"},
		{"65530-65540:1-11", "must be"},
		{"a:80", "must be"},
		{"80/tc", "must be"},
		{"80/", "must be"},
		{"80/tcp/udp", "must be"},
		{"::80", "must be"},
		{"::1:8080:80", "must be"},
		{"[::1]:80", "must be"},
		{"[::1]8080:80", "must be"},
		{"[::1", "must be"},
		{"[127.0.0.1]:8080:80", "must be"},
		{"[::ffff:127.0.0.1]:8080:80", "must be"},
		{"[fe80::1/64]:8080:80", "must be"},
		{"127.0.0.1:80", "must be"},
		{"127.0.0.1/8:80:80", "must be"},
		{"127.1:8080:80", "must be"},
		{"localhost:8080:80", "must be"},
		{"8080:80:80", "must be"},
		{"8080:80\n", "must be"},
		{"8000-8010:80", "11 ports of the host, but 1 of the container"},
		{"8000:80-81", "1 ports of the host, but 2 of the container"},
		{"80/sctp", "needs a port of the host"},
		{"127.0.0.2:80:80/sctp", "not relayed from 127.0.0.2"},
		{"[::1]:80:80/sctp", "not relayed from ::1"},
		{"1000-1256:1000-1256", "at most 256 ports"},
		{"1-60000", "at most 256 ports"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct error err = ERROR_INIT;
		struct net_ports ports = {0};

		assert_int_equal(publish_parse(forms[i].text, &arena, &ports, &err), -22);
		if (!strstr(err.why, forms[i].why))
			fail_msg("%s: %s", forms[i].text, err.why);
	}
}

static void test_twice(void **state)
{
	static const struct {
		const char *a, *b;
		bool collide;
	} pairs[] = {
		{"8080:80", "8080:81", true},
		{"8080:80", "8080:80/udp", false},
		{"8080:80", "127.0.0.1:8080:80", true},
		{"8080:80", "[::1]:8080:80", true},
		{"127.0.0.1:8080:80", "127.0.0.2:8080:80", false},
		{"127.0.0.1:8080:80", "[::1]:8080:80", false},
		{"0.0.0.0:8080:80", "[::]:8080:80", false},
		{"[::]:8080:80", "[::1]:8080:80", true},
		{"8000-8010:1-11", "8010:80", true},
		{"8000-8010:1-11", "8011:80", false},
		{"80", "80", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct error err = ERROR_INIT;
		struct net_ports ports = {0};

		assert_int_equal(publish_parse(pairs[i].a, &arena, &ports, &err), 0);
		assert_int_equal(publish_parse(pairs[i].b, &arena, &ports, &err),
				 pairs[i].collide ? -22 : 0);
		if (pairs[i].collide)
			assert_non_null(strstr(err.why, "published twice"));
	}
}

static const char *configured(struct run_options *o, const struct image_names *image,
			      struct net_wants *wants)
{
	struct error err = ERROR_INIT;
	char text[1024];

	if (publish_configure(o, image, NULL, &arena, wants, &err) < 0)
		return arena_strdup(&arena, error_text(&err, text, sizeof(text)));
	return shown(&wants->ports);
}

static void test_options(void **state)
{
	struct image_name names[] = {{"80/tcp"}, {"443"}, {"53/udp"}};
	const struct image_names image = {3, names};
	struct image_name bad[] = {{"eighty"}};
	const struct image_names bad_image = {1, bad};
	struct net_use use = {.network = "sea"};
	struct net_wants wants = {.networks = {1, &use}}, none = {0}, joined = {.join = "x"};
	struct run_options o = {.publish_all = true};

	(void)state;
	assert_string_equal(configured(&o, &image, &wants),
			    "tcp * 0+1 80, tcp * 0+1 443, udp * 0+1 53");
	option_list_add(&o.publish, "8080:80", &arena);
	option_list_add(&o.expose, "9000-9001/udp", &arena);
	option_list_add(&o.expose, "443", &arena);
	assert_string_equal(configured(&o, &image, &wants),
			    "tcp * 8080+1 80, udp * 0+1 9000, udp * 0+1 9001, tcp * 0+1 443, "
			    "udp * 0+1 53");
	assert_non_null(strstr(configured(&o, &bad_image, &wants), "ExposedPorts of the image"));
	o.publish_all = false;
	assert_string_equal(configured(&o, &bad_image, &wants), "tcp * 8080+1 80");
	assert_non_null(strstr(configured(&o, &image, &none), "needs --network"));
	assert_non_null(strstr(configured(&o, &image, &joined), "whose network it is"));
	o.network = RUN_HOST;
	assert_string_equal(configured(&o, &image, &none), "");
	option_list_add(&o.expose, "80:80", &arena);
	assert_non_null(strstr(configured(&o, &image, &wants), "--expose: must be PORT"));
	o = (struct run_options){0};
	assert_string_equal(configured(&o, &image, &none), "");
}

/* ---- Who holds it ---------------------------------------------------------------------------- */

static bool holds(const char *line, int family, int protocol, const char *at, uint16_t port)
{
	unsigned long inode = 0;
	struct ip ip;

	assert_int_equal(ip_parse(at, false, &ip), 0);
	return port_holder_line(line, family, protocol, &ip, port, &inode) && inode == 41496578;
}

/* As a machine writes them whose words begin with the lowest byte. */
#define REST " 00000000:00000000 00:00000000 00000000     0        0 41496578 1 0"

static void test_holder(void **state)
{
	static const char any[] = "   0: 00000000:1F90 00000000:0000 0A" REST,
			  loopback[] = "   1: 0100007F:1F90 00000000:0000 0A" REST,
			  connected[] = "   2: 0100007F:1F90 0100007F:D866 01" REST,
			  any6[] = "   0: 00000000000000000000000000000000:1F90 "
				   "00000000000000000000000000000000:0000 0A" REST,
			  one6[] = "   0: 00000000000000000000000001000000:1F90 "
				   "00000000000000000000000000000000:0000 0A" REST,
			  mapped[] = "   0: 0000000000000000FFFF00000100007F:1F90 "
				     "00000000000000000000000000000000:0000 0A" REST;

	(void)state;
	if (htons(1) == 1)
		skip();
	assert_true(holds(any, AF_INET, IPPROTO_TCP, "127.0.0.1", 8080));
	assert_false(holds(any, AF_INET, IPPROTO_TCP, "127.0.0.1", 8081));
	assert_true(holds(loopback, AF_INET, IPPROTO_TCP, "0.0.0.0", 8080));
	assert_true(holds(loopback, AF_INET, IPPROTO_TCP, "127.0.0.1", 8080));
	assert_false(holds(loopback, AF_INET, IPPROTO_TCP, "127.0.0.2", 8080));
	assert_false(holds(loopback, AF_INET, IPPROTO_TCP, "::", 8080));
	assert_false(holds(connected, AF_INET, IPPROTO_TCP, "127.0.0.1", 8080));
	assert_true(holds(connected, AF_INET, IPPROTO_UDP, "127.0.0.1", 8080));
	assert_true(holds(any6, AF_INET6, IPPROTO_TCP, "::1", 8080));
	assert_true(holds(any6, AF_INET6, IPPROTO_TCP, "127.0.0.1", 8080));
	assert_true(holds(one6, AF_INET6, IPPROTO_TCP, "::", 8080));
	assert_true(holds(one6, AF_INET6, IPPROTO_TCP, "::1", 8080));
	assert_false(holds(one6, AF_INET6, IPPROTO_TCP, "127.0.0.1", 8080));
	assert_true(holds(mapped, AF_INET6, IPPROTO_TCP, "127.0.0.1", 8080));
	assert_false(holds(mapped, AF_INET6, IPPROTO_TCP, "127.0.0.2", 8080));
	assert_false(holds("", AF_INET, IPPROTO_TCP, "127.0.0.1", 8080));
	assert_false(holds("  sl  local_address rem_address   st tx_queue", AF_INET, IPPROTO_TCP,
			   "127.0.0.1", 8080));
	assert_false(holds("   0: 000000:1F90 00000000:0000 0A" REST, AF_INET, IPPROTO_TCP,
			   "127.0.0.1", 8080));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),  cmocka_unit_test(test_wrong_forms),
		cmocka_unit_test(test_twice),  cmocka_unit_test(test_options),
		cmocka_unit_test(test_holder),
	};

	return cmocka_run_group_tests(tests, NULL, arena_end);
}
