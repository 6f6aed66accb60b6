/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of CPUs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "spec/names.h"

/* The mask as a list of numbers, "0 1 2 7 ". */
static const char *numbers(const unsigned char *mask)
{
	static char out[512];
	size_t used = 0;
	unsigned i;

	out[0] = 0;
	for (i = 0; i < CPU_LIST_BYTES * 8 && used < sizeof(out) - 8; i++)
		if ((mask[i / 8] >> i % 8) & 1)
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%u ", i);
	return out;
}

static void test_lists(void **state)
{
	static const struct {
		const char *text, *cpus;
	} rows[] = {
		{"0", "0 "},
		{"7", "7 "},
		{"0-3,7", "0 1 2 3 7 "},
		{"3-3", "3 "},
		{"1,1,0-1", "0 1 "},
		{"9,2", "2 9 "},
		{" 1 , 4 - 5 ", "1 4 5 "},
		{"007", "7 "},
		{"8191", "8191 "},
		{"63,64,127-128", "63 64 127 128 "},
	};
	unsigned char mask[CPU_LIST_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(mask, 0xff, sizeof(mask));
		assert_int_equal(cpu_list_parse(rows[i].text, mask), 0);
		assert_string_equal(numbers(mask), rows[i].cpus);
	}
	assert_int_equal(cpu_list_parse("0-8191", mask), 0);
	for (i = 0; i < sizeof(mask); i++)
		assert_int_equal(mask[i], 0xff);
}

static void test_no_lists(void **state)
{
	static const char *const bad[] = {"",
					  " ",
					  ",",
					  "0,",
					  ",0",
					  "0,,1",
					  "-",
					  "-1",
					  "1-",
					  "3-1",
					  "1-2-3",
					  "0 1",
					  "0-a",
					  "0x1",
					  "+1",
					  "1.0",
					  "0;1",
					  "0\n",
					  "\t0",
					  "0-3/2",
					  "8192",
					  "0-8192",
					  "4294967296",
					  "99999999999999999999999",
					  "9223372036854775808-9223372036854775809"};
	unsigned char mask[CPU_LIST_BYTES], was[CPU_LIST_BYTES];
	size_t i;

	(void)state;
	memset(mask, 0x5a, sizeof(mask));
	memcpy(was, mask, sizeof(mask));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (cpu_list_parse(bad[i], mask) != -EINVAL)
			fail_msg("\"%s\" is taken", bad[i]);
		/* untouched on failure */
		assert_memory_equal(mask, was, sizeof(mask));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_no_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
