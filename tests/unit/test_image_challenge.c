/* SPDX-License-Identifier: Apache-2.0 */
/* What registries write into headers and bodies: challenges, ranges, delays, errors; and base64. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/fd.h"
#include "image/base64.h"
#include "image/challenge.h"
#include "image/registry_parts.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void challenges(void **state)
{
	static const struct {
		const char *header;
		enum challenge_scheme scheme;
		const char *parts; /* realm|service|scope|error */
	} cases[] = {
		{"Basic realm=\"here\"", CHALLENGE_BASIC, "here|||"},
		{"basic", CHALLENGE_BASIC, "|||"},
		{"Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"",
		 CHALLENGE_BEARER, "https://a/t|s|repository:a/b:pull,push|"},
		{"BEARER  Realm = https://a/t , error=\"insufficient_scope\"", CHALLENGE_BEARER,
		 "||",
		 /* a token has no colon */},
		{"Bearer realm=\"https://a/t?a=\\\"b\\\"\"", CHALLENGE_BEARER,
		 "https://a/t?a=\"b\"|||"},
		{"Bearer realm=\"a\", error=\"invalid_token\"", CHALLENGE_BEARER,
		 "a|||invalid_token"},
		/* Both: the token, whatever the order. */
		{"Basic realm=\"x\", Bearer realm=\"y\"", CHALLENGE_BEARER, "y|||"},
		{"Bearer realm=\"y\", Basic realm=\"x\"", CHALLENGE_BEARER, "y|||"},
		/* Without a place to go there is no token. */
		{"Bearer service=\"s\", Basic realm=\"x\"", CHALLENGE_BASIC, "x|||"},
		{"Bearer", CHALLENGE_NONE, "|||"},
		{"Negotiate abc==, Basic realm=\"x\"", CHALLENGE_BASIC, "x|||"},
		{"Digest realm=\"d\", nonce=\"n\"", CHALLENGE_NONE, "|||"},
		{"", CHALLENGE_NONE, "|||"},
		{",,, ,", CHALLENGE_NONE, "|||"},
		{"\"\"\"", CHALLENGE_NONE, "|||"},
		{"Bearer realm=\"never ends", CHALLENGE_BEARER, "never ends|||"},
		{"Bearer realm=\"a\\", CHALLENGE_BEARER, "a\\|||"},
		{"Bearer realm=", CHALLENGE_BEARER, "|||"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct challenge c;
		const char *parts;

		challenge_parse(cases[i].header, &a, &c);
		assert_int_equal(c.scheme, cases[i].scheme);
		parts = arena_printf(&a, "%s|%s|%s|%s", c.realm ? c.realm : "",
				     c.service ? c.service : "", c.scope ? c.scope : "",
				     c.error ? c.error : "");
		if (!streq(cases[i].parts, "||"))
			assert_string_equal(parts, cases[i].parts);
	}
}

static void base64_both_ways(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xfe", "//4="},
	};
	static const char *const bad[] = {
		"Z", "Zg=", "Zg===", "Zg==x", "Z g=", "Zg\n", "====", "=", "Zm8==", "-_"};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *bytes;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ROWS(pairs); i++) {
		assert_string_equal(base64_encode(pairs[i][0], strlen(pairs[i][0]), &a),
				    pairs[i][1]);
		assert_int_equal(base64_decode(pairs[i][1], &a, &bytes, &n), 0);
		assert_int_equal(n, strlen(pairs[i][0]));
		assert_string_equal(bytes, pairs[i][0]);
	}
	assert_int_equal(base64_decode("Zm8", &a, &bytes, &n), 0);
	assert_string_equal(bytes, "fo");
	for (size_t i = 0; i < ROWS(bad); i++)
		if (base64_decode(bad[i], &a, &bytes, &n) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void content_ranges(void **state)
{
	static const char *const bad[] = {
		"",
		"bytes",
		"bytes 0-",
		"bytes -5/6",
		"bytes 5-4/6",
		"bytes 0-6/6",
		"bytes 0-5/6x",
		"bytes */6",
		"items 0-5/6",
		"bytes 0-5",
		"bytes +0-5/6",
		"bytes 0x0-5/6",
		"bytes 0-5/-6",
		"bytes  0-5/6",
		"bytes 0-99999999999999999999/6",
		"bytes 0-9223372036854775808/*",
	};
	uint64_t from = 7, size = 7;

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++)
		if (content_range_parse(bad[i], &from, &size) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
	assert_int_equal(content_range_parse(NULL, &from, &size), -EINVAL);
	assert_int_equal(from, 7);
	assert_int_equal(content_range_parse("bytes 3-5/6", &from, &size), 0);
	assert_int_equal(from, 3);
	assert_int_equal(size, 6);
	assert_int_equal(content_range_parse("bytes 3-5/*", &from, &size), 0);
	assert_int_equal(size, 0);
}

static void delays(void **state)
{
	char date[64];
	time_t then = time(NULL) + 100;
	struct tm tm;
	int64_t seconds;

	(void)state;
	assert_int_equal(retry_after_seconds(NULL), -1);
	assert_int_equal(retry_after_seconds(""), -1);
	assert_int_equal(retry_after_seconds("-1"), -1);
	assert_int_equal(retry_after_seconds("soon"), -1);
	assert_int_equal(retry_after_seconds("99999999999999999999"), -1);
	assert_int_equal(retry_after_seconds("0"), 0);
	assert_int_equal(retry_after_seconds("120"), 120);
	assert_int_equal(retry_after_seconds("Fri, 31 Dec 1999 23:59:59 GMT"), 0);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
	seconds = retry_after_seconds(date);
	assert_true(seconds > 90 && seconds <= 100);
}

static void error_bodies(void **state)
{
	static const char *const cases[][2] = {
		{"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"no such manifest\"}]}",
		 "no such manifest"},
		{"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}", "manifest unknown"},
		{"{\"errors\":[{\"code\":\"DENIED\",\"message\":\"\"},{\"code\":\"X\"}]}",
		 "denied"},
		{"{\"errors\":[]}", ""},
		{"{\"errors\":null}", ""},
		{"{\"errors\":{}}", ""},
		{"{\"errors\":[1]}", ""},
		{"{\"errors\":[{\"message\":3}]}", ""},
		{"{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}", "expired"},
		{"{\"error\":\"invalid_grant\"}", "invalid_grant"},
		{"{\"details\":\"incorrect username or password\"}",
		 "incorrect username or password"},
		{"{\"message\":\"rate limit\"}", "rate limit"},
		{"<html>", ""},
		{"", ""},
		{"[]", ""},
		{"null", ""},
	};
	char said[64], longer[600] = "{\"message\":\"";

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		registry_error_text(cases[i][0], strlen(cases[i][0]), said, sizeof(said));
		assert_string_equal(said, cases[i][1]);
	}
	memset(longer + strlen(longer), 'x', 500);
	memcpy(longer + 512, "\"}", 3);
	registry_error_text(longer, strlen(longer), said, sizeof(said));
	assert_int_equal(strlen(said), sizeof(said) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges),	  cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(content_ranges), cmocka_unit_test(delays),
		cmocka_unit_test(error_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
