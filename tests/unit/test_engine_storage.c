/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's own files go, how much they may be, and under which number they are counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "engine/project.h"
#include "engine/storage.h"

static int read_words(const char *const *words, size_t n, bool memory, struct storage *s,
		      struct error *err)
{
	const struct run_options opt = {.storage = {words, n}, .writable_tmpfs = memory};

	return storage_of_options(&opt, s, err);
}

static void sizes(void **state)
{
	static const char *const last[] = {"size=10G", "size=3k"};
	struct storage s;

	(void)state;
	assert_int_equal(read_words(NULL, 0, false, &s, NULL), 0);
	assert_false(s.memory);
	assert_int_equal(s.size, 0);
	assert_int_equal(read_words(last, 2, true, &s, NULL), 0);
	assert_true(s.memory);
	assert_int_equal(s.size, 3072);
}

static void wrong(void **state)
{
	static const char *const words[] = {"",	      "size",	"size=",    "size=0",	 "size=-1",
					    "size=x", "Size=1", "size=1=2", "size=1m\n", "=1m"};
	struct storage s = {.size = 7};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		err = (struct error)ERROR_INIT;
		assert_int_equal(read_words(&words[i], 1, false, &s, &err), -EINVAL);
		assert_true(starts_with(err.why, "--storage-opt"));
		assert_int_equal(s.size, 7);
	}
}

static void options_in_memory(void **state)
{
	struct arena a = ARENA_INIT;
	struct strings options = {0};
	struct storage s = {.memory = true};

	(void)state;
	storage_memory_options(&s, "/like", &a, &options);
	s.size = 1u << 20;
	storage_memory_options(&s, "/like", &a, &options);
	assert_int_equal(options.n, 4);
	assert_string_equal(options.v[0], "upperdir=/like");
	assert_string_equal(options.v[1], "tmpfsupper");
	assert_string_equal(options.v[3], "tmpfsupper=1048576");
	arena_free(&a);
}

#define REST "0123456789abcdef0123456789abcdef0123456789abcdef01234567"

static void numbers(void **state)
{
	static const char *const ids[] = {"00000000" REST, "ffffffff" REST, "3fffffff" REST,
					  "7fffffff" REST, "12345678" REST};
	size_t i;
	unsigned t;

	(void)state;
	assert_int_equal(project_number(ids[0], 0), PROJECT_FIRST);
	assert_int_equal(project_number(ids[2], 0), PROJECT_LAST);
	assert_int_equal(project_number(ids[2], 1), PROJECT_FIRST);
	assert_int_equal(project_number(ids[4], 0), PROJECT_FIRST + 0x12345678);
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		for (t = 0; t < PROJECT_TRIES; t++) {
			uint32_t n = project_number(ids[i], t);

			assert_in_range(n, PROJECT_FIRST, PROJECT_LAST);
			assert_true(!t || n != project_number(ids[i], t - 1));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(wrong),
		cmocka_unit_test(options_in_memory),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
