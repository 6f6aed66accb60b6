/* SPDX-License-Identifier: Apache-2.0 */
/* registries.conf: which entry a reference has, and where that sends it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "image/registries_conf.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define HEX_64	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char text[] = "unqualified-search-registries = [\"one.example\", \"two.example\"]\n"
			   "[[registry]]\n"
			   "location = \"r.example\"\n"
			   "[[registry]]\n"
			   "prefix = \"r.example/team\"\n"
			   "location = \"team.example:5000/inner/\"\n"
			   "insecure = true\n"
			   "[[registry.mirror]]\n"
			   "location = \"m1.example\"\n"
			   "pull-from-mirror = \"digest-only\"\n"
			   "[[registry.mirror]]\n"
			   "location = \"m2.example/hub\"\n"
			   "insecure = true\n"
			   "pull-from-mirror = \"tag-only\"\n"
			   "[[registry.mirror]]\n"
			   "location = \"m3.example\"\n"
			   "[[registry]]\n"
			   "prefix = \"*.wild.example\"\n"
			   "insecure = true\n"
			   "[[registry]]\n"
			   "prefix = \"bad.wild.example\"\n"
			   "blocked = true\n"
			   "[[registry]]\n"
			   "prefix = \"digests.example\"\n"
			   "mirror-by-digest-only = true\n"
			   "mirror = [{location = \"m4.example\"}]\n"
			   "[aliases]\n"
			   "\"fedora\" = \"registry.fedoraproject.org/fedora\"\n"
			   "\"gone\" = \"\"\n";

static struct arena arena = ARENA_INIT;
static struct registries_conf conf;

static int conf_read(void **state)
{
	(void)state;
	return registries_conf_add(&conf, text, strlen(text), &arena, NULL);
}

static int conf_free(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* "host/repository" of each place, a "!" behind insecure ones, then where pushes go. */
static const char *places(const char *name, struct error *err)
{
	struct registries_places p;
	struct reference ref;
	const char *s = "";

	assert_int_equal(reference_parse(name, &arena, &ref, NULL), 0);
	if (registries_conf_places(&conf, &ref, &arena, &p, err) < 0)
		return NULL;
	for (size_t i = 0; i < p.n; i++) {
		assert_int_equal(p.v[i].mirror, i + 1 < p.n);
		s = arena_join(&arena, s, p.v[i].host, "/", p.v[i].repository,
			       p.v[i].insecure ? "! " : " ", NULL);
	}
	return arena_join(&arena, s, "> ", p.home.host, "/", p.home.repository,
			  p.home.insecure ? "!" : "", NULL);
}

static void references(void **state)
{
	static const char *const cases[][2] = {
		{"r.example/x", "r.example/x > r.example/x"},
		{"r.example/team/x:1",
		 "m2.example/hub/x! m3.example/x team.example:5000/inner/x! > r.example/team/x!"},
		{"r.example/team/x@sha256:" HEX_64,
		 "m1.example/x m3.example/x team.example:5000/inner/x! > r.example/team/x!"},
		{"r.example/teams/x", "r.example/teams/x > r.example/teams/x"},
		{"r.example:443/team/x", "r.example:443/team/x > r.example:443/team/x"},
		{"a.wild.example/x", "a.wild.example/x! > a.wild.example/x!"},
		{"a.b.wild.example:5000/x", "a.b.wild.example:5000/x > a.b.wild.example:5000/x"},
		{"wild.example/x", "wild.example/x > wild.example/x"},
		{"notwild.example/x", "notwild.example/x > notwild.example/x"},
		{"evil.example/a.wild.example/x",
		 "evil.example/a.wild.example/x > evil.example/a.wild.example/x"},
		{"digests.example/x", "digests.example/x > digests.example/x"},
		{"digests.example/x@sha256:" HEX_64,
		 "m4.example/x digests.example/x > digests.example/x"},
		{"alpine", "docker.io/library/alpine > docker.io/library/alpine"},
	};
	struct error e = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		assert_string_equal(places(cases[i][0], NULL), cases[i][1]);
	assert_null(places("bad.wild.example/x", &e));
	assert_string_equal(e.why, "bad.wild.example may not be used");
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(conf.search->n, 2);
	assert_string_equal(conf.search->v[1], "two.example");
	assert_string_equal(registries_conf_alias(&conf, "fedora"),
			    "registry.fedoraproject.org/fedora");
	assert_null(registries_conf_alias(&conf, "gone"));
	assert_null(registries_conf_alias(&conf, "other"));
}

static void later_files_replace(void **state)
{
	static const char later[] = "unqualified-search-registries = []\n"
				    "[[registry]]\nlocation = \"r.example\"\ninsecure = true\n"
				    "[aliases]\nfedora = \"other.example/fedora\"\n";

	(void)state;
	assert_int_equal(registries_conf_add(&conf, later, strlen(later), &arena, NULL), 0);
	assert_int_equal(conf.search->n, 0);
	assert_string_equal(places("r.example/x", NULL), "r.example/x! > r.example/x!");
	assert_string_equal(places("a.wild.example/x", NULL),
			    "a.wild.example/x! > a.wild.example/x!");
	assert_string_equal(registries_conf_alias(&conf, "fedora"), "other.example/fedora");
}

static void bad_files(void **state)
{
	static const char *const cases[] = {
		"x",
		"a = ",
		"a = 1\na = 2\n",
		"\xff = 1\n",
		"unqualified-search-registries = \"x\"\n",
		"unqualified-search-registries = [1]\n",
		"registry = 1\n",
		"registry = [1]\n",
		"[[registry]]\n",
		"[[registry]]\nlocation = 1\n",
		"[[registry]]\nlocation = \"a\\u0000b\"\n",
		"[[registry]]\nlocation = \"a.example\"\nblocked = \"yes\"\n",
		"[[registry]]\nlocation = \"a.example\"\n[[registry.mirror]]\n",
		"registry = [{location = \"a\", mirror = [{location = \"b\", pull-from-mirror = \"c\"}]}]\n",
		"[registries.search]\nregistries = [\"a\"]\n",
		"aliases = 3\n",
		"[(]\n",
		"[[\x01]]\n",
		"a.(\n",
		"[aliases]\na = 3\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct error e = ERROR_INIT;

		if (registries_conf_add(&conf, cases[i], strlen(cases[i]), &arena, &e) != -EINVAL)
			fail_msg("case %zu was taken", i);
		assert_true(e.why[0] && e.field[0]);
	}
}

static void bad_locations(void **state)
{
	static const char later[] =
		"[[registry]]\nprefix = \"x.example\"\nlocation = \"not a host\"\n";
	struct error e = ERROR_INIT;

	(void)state;
	assert_int_equal(registries_conf_add(&conf, later, strlen(later), &arena, NULL), 0);
	assert_null(places("x.example/y", &e));
	assert_non_null(strstr(e.hint, "not a host"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references),	       cmocka_unit_test(names),
		cmocka_unit_test(later_files_replace), cmocka_unit_test(bad_files),
		cmocka_unit_test(bad_locations),
	};

	return cmocka_run_group_tests(tests, conf_read, conf_free);
}
