/* SPDX-License-Identifier: Apache-2.0 */
/* linux.cgroupsPath and the steps down a path. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/cgroup.h"
#include "cgroups/walk.h"

static void good_paths(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{NULL, "/hoy-web"},
		{"", "/hoy-web"},
		{"/a", "/a"},
		{"/a/b/c", "/a/b/c"},
		{"a/b", "/a/b"},
		{"/kubepods/pod1:2:3/x", "/kubepods/pod1:2:3/x"},
		{"a:b", "/a:b"},
		{"/..a/b..", "/..a/b.."},
		{"/...", "/..."},
		{"/with blank", "/with blank"},
		{"/gr\xc3\xbc\xc3\x9f"
		 "e",
		 "/gr\xc3\xbc\xc3\x9f"
		 "e"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		const char *ret = NULL;

		assert_int_equal(cgroup_path_resolve(cases[i].in, "web", &a, &ret, &e), 0);
		assert_string_equal(ret, cases[i].out);
		assert_string_equal(e.why, "");
	}
}

static void bad_paths(void **state)
{
	char name[300] = "/", path[5000] = "";

	memset(name + 1, 'a', 256);
	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "/a", 3);
	const char *const cases[] = {
		"/",
		"//",
		"/a/",
		"/a//b",
		"//a",
		"/..",
		"/a/../b",
		"..",
		"../a",
		"a/..",
		"/.",
		"/a/./b",
		"./a",
		"/a\nb",
		"/a\x7f",
		"\x01",
		"a//b",
		"a/",
		"system.slice:hoy:web",
		":a:b",
		"a::",
		name,
		path,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		const char *ret = NULL;

		assert_int_equal(cgroup_path_resolve(cases[i], "web", &a, &ret, &e), -EINVAL);
		assert_null(ret);
		assert_string_equal(e.field, "linux.cgroupsPath");
		assert_true(strlen(e.why) > 0);
		assert_int_equal(cgroup_path_resolve(cases[i], "web", &a, &ret, NULL), -EINVAL);
	}
}

static void systemd_path_has_a_hint(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct error e = ERROR_INIT;
	const char *ret = NULL;

	(void)state;
	assert_int_equal(cgroup_path_resolve("machine.slice:libpod:1", "1", &a, &ret, &e), -EINVAL);
	assert_non_null(strstr(e.hint, "--systemd-cgroup"));
}

static void components(void **state)
{
	char name[CGROUP_NAME_SIZE];
	const char *p = "/a/bc";

	(void)state;
	assert_int_equal(path_next(&p, name), 1);
	assert_string_equal(name, "a");
	assert_int_equal(path_next(&p, name), 1);
	assert_string_equal(name, "bc");
	assert_int_equal(path_next(&p, name), 0);
	assert_int_equal(path_depth(""), 0);
	assert_int_equal(path_depth("/a/b/c"), 3);
	assert_int_equal(path_depth("a"), -EINVAL);
	assert_int_equal(path_depth("/a/../b"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_paths),
		cmocka_unit_test(bad_paths),
		cmocka_unit_test(systemd_path_has_a_hint),
		cmocka_unit_test(components),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
