/* SPDX-License-Identifier: Apache-2.0 */
/* Definition files of networks: what is read, completed, refused, and kept. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "netns/network.h"

#define FILE(subnets) \
	"{\"name\":\"sea\",\"driver\":\"bridge\",\"interface\":\"hoy-1\",\"subnets\":" subnets "}"

static const char *refused(const char *text, struct arena *a)
{
	struct error err = ERROR_INIT;
	struct net n;

	assert_true(network_parse(text, strlen(text), "sea.json", a, &n, &err) < 0);
	return arena_join(a, err.field, ": ", err.why, NULL);
}

static const char *text_of(struct ip i, struct arena *a)
{
	char buf[IP_TEXT_MAX];

	return arena_strdup(a, ip_text(&i, true, buf));
}

static void test_complete(void **state)
{
	static const char file[] = FILE("[{\"subnet\":\"10.90.1.0/24\"},{\"subnet\":\"fd00:1::/"
					"64\",\"gateway\":\"fd00:1::ff\","
					"\"range\":\"fd00:1::100/120\"}]");
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct net n;

	(void)state;
	assert_int_equal(network_parse(file, strlen(file), "sea.json", &a, &n, &err), 0);
	assert_string_equal(n.subnets.v[0].gateway, "10.90.1.1");
	assert_string_equal(text_of(n.subnets.v[0].first, &a), "10.90.1.1/24");
	assert_string_equal(text_of(n.subnets.v[0].last, &a), "10.90.1.254/24");
	assert_string_equal(text_of(n.subnets.v[1].router, &a), "fd00:1::ff/64");
	assert_string_equal(text_of(n.subnets.v[1].first, &a), "fd00:1::100/64");
	assert_string_equal(text_of(n.subnets.v[1].last, &a), "fd00:1::1ff/64");
	arena_free(&a);
}

static void test_refused(void **state)
{
	static const struct {
		const char *subnets, *why;
	} rows[] = {
		{"[]", "subnets"},
		{"[{\"subnet\":\"10.90.1.1/24\"}]", "subnets[0].subnet: must be a subnet"},
		{"[{\"subnet\":\"10.90.1.0\"}]", "subnets[0].subnet: must be a subnet"},
		{"[{\"subnet\":\"10.90.1.0/31\"}]", "subnets[0].subnet: must be one with room"},
		{"[{\"subnet\":\"0.0.0.0/0\"}]", "subnets[0].subnet: must be one with room"},
		{"[{\"subnet\":\"10.90.1.0/24\",\"gateway\":\"10.90.2.1\"}]",
		 "subnets[0].gateway: must be"},
		{"[{\"subnet\":\"10.90.1.0/24\",\"gateway\":\"10.90.1.1/24\"}]",
		 "subnets[0].gateway: must be"},
		{"[{\"subnet\":\"10.90.1.0/24\",\"range\":\"10.90.0.0/16\"}]",
		 "subnets[0].range: must be"},
		{"[{\"subnet\":\"10.90.1.0/24\"},{\"subnet\":\"10.90.2.0/24\"}]",
		 "subnets[1]: at most one"},
		{"[{\"subnet\":\"10.90.1.0/24\"},{\"subnet\":\"fd00::/64\"},{\"subnet\":\"fd01::/"
		 "64\"}]",
		 "subnets: at most one"},
	};
	struct arena a = ARENA_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why;
		char *text = arena_join(&a,
					"{\"name\":\"sea\",\"driver\":\"bridge\",\"interface\":"
					"\"hoy-1\",\"subnets\":",
					rows[i].subnets, "}", NULL);

		why = refused(text, &a);
		if (!strstr(why, rows[i].why))
			fail_msg("%s: %s", rows[i].subnets, why);
	}
	assert_non_null(
		strstr(refused("{\"name\":\"../"
			       "sea\",\"driver\":\"bridge\",\"interface\":\"h\",\"subnets\":"
			       "[{\"subnet\":\"10.90.1.0/24\"}]}",
			       &a),
		       "is no name of a network"));
	assert_non_null(strstr(refused("{\"name\":\"sea\",\"driver\":\"bridge\",\"interface\":\"h/"
				       "../x\",\"subnets\":"
				       "[{\"subnet\":\"10.90.1.0/24\"}]}",
				       &a),
			       "must be an interface's name"));
	arena_free(&a);
}

static void test_names(void **state)
{
	static const char *const wrong[] = {"",	   ".",	  "..",	     "a/b", "-a",
					    "a b", "a\n", ".hidden", "ä"};
	char one[IF_NAMESIZE], other[IF_NAMESIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(network_name_check(wrong[i], NULL), -EINVAL);
	assert_int_equal(network_name_check("a_b.c-1", NULL), 0);
	network_interface("sea", one);
	network_interface("lake", other);
	assert_string_not_equal(one, other);
	network_interface(NETWORK_DEFAULT, one);
	assert_string_equal(one, "hoy0");
}

static void test_files(void **state)
{
	static const char file[] = FILE("[{\"subnet\":\"10.90.1.0/24\"}]");
	char data[] = "/tmp/hoy-network.XXXXXX";
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct strings names;
	struct net n, back;

	(void)state;
	assert_non_null(mkdtemp(data));
	assert_int_equal(network_load(data, "sea", &a, &n, &err), -ENOENT);
	assert_int_equal(network_list(data, &a, &names, &err), 0);
	assert_int_equal(names.n, 0);
	assert_int_equal(network_parse(file, strlen(file), "sea.json", &a, &n, &err), 0);
	n.mtu = 1400;
	n.internal = true;
	assert_int_equal(network_store(data, &n, &err), 0);
	assert_int_equal(network_store(data, &n, &err), -EEXIST);
	assert_int_equal(network_load(data, "sea", &a, &back, &err), 0);
	assert_true(back.mtu == 1400 && back.internal && !back.isolated);
	assert_string_equal(back.subnets.v[0].gateway, "10.90.1.1");
	assert_int_equal(network_list(data, &a, &names, &err), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "sea");
	assert_int_equal(network_remove(data, "sea", &err), 0);
	assert_int_equal(network_load(data, "sea", &a, &back, &err), -ENOENT);
	assert_int_equal(tree_remove_at(AT_FDCWD, data), 0);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
