/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that grow, JSON strings, and numbers. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "helpers.h"

#define FFFD "\xef\xbf\xbd"

static void test_growing(void **state)
{
	struct text t = TEXT_INIT;
	char *s;
	int i;

	(void)state;
	text_add(&t, "");
	assert_string_equal(t.s, "");
	for (i = 0; i < 1000; i++) {
		text_add(&t, "ab");
		text_add_bytes(&t, "\0c", 2);
		text_addf(&t, "%03d", i);
		assert_int_equal(t.len, (size_t)(i + 1) * 7);
		assert_int_equal(t.s[t.len], 0);
		assert_true(t.room > t.len);
	}
	assert_memory_equal(t.s + 7 * 999, "ab\0c999", 8);
	text_add_bytes(&t, NULL, 0);
	assert_int_equal(t.len, 7000);
	s = text_take(&t);
	assert_null(t.s);
	assert_int_equal(t.len, 0);
	free(s);
	s = text_take(&t);
	assert_string_equal(s, "");
	free(s);
	/* Exactly what there is room for, and one more. */
	for (i = 60; i < 70; i++) {
		text_addf(&t, "%*s", i, "");
		assert_int_equal(t.len, i);
		text_free(&t);
	}
	text_free(&t);
}

static void test_json_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},
		{"plain /path", "plain /path"},
		{"\"\\", "\\\"\\\\"},
		{"a\nb\tc", "a\\nb\\tc"},
		{"\x01\x1f\x7f\r\b", "\\u0001\\u001f\\u007f\\u000d\\u0008"},
		/* The ends of every length. */
		{"\xc2\x80 \xdf\xbf", "\xc2\x80 \xdf\xbf"},
		{"\xe0\xa0\x80 \xed\x9f\xbf", "\xe0\xa0\x80 \xed\x9f\xbf"},
		{"\xee\x80\x80 \xef\xbf\xbf", "\xee\x80\x80 \xef\xbf\xbf"},
		{"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"},
		/* Overlong forms. */
		{"\xc0\x80", FFFD FFFD},
		{"\xc1\xbf", FFFD FFFD},
		{"\xe0\x9f\xbf", FFFD FFFD FFFD},
		{"\xf0\x8f\xbf\xbf", FFFD FFFD FFFD FFFD},
		/* Surrogates, and what is above the last letter. */
		{"\xed\xa0\x80", FFFD FFFD FFFD},
		{"\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD},
		{"\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD},
		{"\xff\xfe", FFFD FFFD},
		/* Cut off, at the end and by another letter. */
		{"\xc3", FFFD},
		{"\xe2\x82", FFFD FFFD},
		{"\xf0\x9f\x98", FFFD FFFD FFFD},
		{"\xc3\"", FFFD "\\\""},
		{"\xe2\x82\\", FFFD FFFD "\\\\"},
		{"\xf0\x9f\xc3\xa9", FFFD FFFD "\xc3\xa9"},
		{"\x80" "a", FFFD "a"},
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		struct text t = TEXT_INIT;
		char *in;

		/* Of exactly its size, so that a byte read beyond it shows. */
		len = strlen(rows[i].in) + 1;
		in = malloc(len);
		assert_non_null(in);
		memcpy(in, rows[i].in, len);
		text_add_json(&t, in);
		free(in);
		assert_int_equal(t.len, strlen(rows[i].out) + 2);
		assert_int_equal(t.s[0], '"');
		assert_int_equal(t.s[t.len - 1], '"');
		assert_memory_equal(t.s + 1, rows[i].out, t.len - 2);
		text_free(&t);
	}
}

static void test_comparing(void **state)
{
	(void)state;
	assert_true(streq("", ""));
	assert_false(streq("a", "ab"));
	assert_true(starts_with("abc", "ab"));
	assert_true(starts_with("abc", ""));
	assert_false(starts_with("ab", "abc"));
}

static void test_unsigned_numbers(void **state)
{
	static const struct {
		const char *s;
		unsigned long long min, max;
		int r;
		unsigned long long v;
	} rows[] = {
		{"0", 0, ULLONG_MAX, 0, 0},
		{"007", 0, 10, 0, 7},
		{"18446744073709551615", 0, ULLONG_MAX, 0, ULLONG_MAX},
		{"18446744073709551616", 0, ULLONG_MAX, -ERANGE, 0},
		{"184467440737095516150", 0, ULLONG_MAX, -ERANGE, 0},
		{"99999999999999999999999999999999", 0, ULLONG_MAX, -ERANGE, 0},
		{"5", 6, 10, -ERANGE, 0},
		{"11", 6, 10, -ERANGE, 0},
		{"6", 6, 6, 0, 6},
		{"", 0, 10, -EINVAL, 0},
		{"-1", 0, 10, -EINVAL, 0},
		{"+1", 0, 10, -EINVAL, 0},
		{" 1", 0, 10, -EINVAL, 0},
		{"1 ", 0, 10, -EINVAL, 0},
		{"1\n", 0, 10, -EINVAL, 0},
		{"0x1", 0, 10, -EINVAL, 0},
		{"1e1", 0, 10, -EINVAL, 0},
		{"1.0", 0, 10, -EINVAL, 0},
		{"\xd9\xa1", 0, 10, -EINVAL, 0},
	};
	unsigned long long v;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		v = 77;
		assert_int_equal(parse_u64(rows[i].s, rows[i].min, rows[i].max, &v), rows[i].r);
		assert_true(v == (rows[i].r ? 77 : rows[i].v));
	}
}

static void test_signed_numbers(void **state)
{
	static const struct {
		const char *s;
		int r;
		long long v;
	} rows[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"-17", 0, -17},
		{"9223372036854775807", 0, LLONG_MAX},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775808", 0, LLONG_MIN},
		{"-9223372036854775809", -ERANGE, 0},
		{"-18446744073709551616", -ERANGE, 0},
		{"-", -EINVAL, 0},
		{"--1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"- 1", -EINVAL, 0},
	};
	long long v;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		v = 77;
		assert_int_equal(parse_i64(rows[i].s, LLONG_MIN, LLONG_MAX, &v), rows[i].r);
		assert_true(v == (rows[i].r ? 77 : rows[i].v));
	}
	assert_int_equal(parse_i64("-1001", -1000, 1000, &v), -ERANGE);
	assert_int_equal(parse_i64("1001", -1000, 1000, &v), -ERANGE);
	assert_int_equal(parse_i64("-1000", -1000, 1000, &v), 0);
}

static void test_joining(void **state)
{
	struct arena a = ARENA_INIT;
	char longer[5000];
	int i;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	assert_string_equal(arena_join(&a, "", NULL), "");
	for (i = 0; i < 1000; i++) {
		assert_string_equal(arena_join(&a, "mounts", "[", "3", "]", NULL), "mounts[3]");
		assert_string_equal(arena_join(&a, "a", "", "b", NULL), "ab");
	}
	assert_int_equal(strlen(arena_join(&a, longer, "/", longer, NULL)), 2 * strlen(longer) + 1);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_joining),
		cmocka_unit_test(test_json_strings),
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_unsigned_numbers),
		cmocka_unit_test(test_signed_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
