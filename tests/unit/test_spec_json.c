/* SPDX-License-Identifier: Apache-2.0 */
/* What json_parse() lets through, and in which words it refuses the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "spec/json.h"

/* A copy without a NUL behind it, so that the sanitizer sees who reads on. */
static int parse_bytes(const char *text, size_t len, struct arena *a, const struct json **tree,
		       struct error *err)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = json_parse(copy, len, a, tree, err);
	free(copy);
	return r;
}

static void refuses_bytes(const char *text, size_t len, const char *message)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	const struct json *untouched = (const struct json *)&a, *tree = untouched;
	char buf[4096];

	assert_true(parse_bytes(text, len, &a, &tree, &err) < 0);
	error_doc(&err, "doc");
	assert_string_equal(error_text(&err, buf, sizeof(buf)), message);
	assert_ptr_equal(tree, untouched);
	arena_free(&a);
}

static void refuses(const char *text, const char *message)
{
	refuses_bytes(text, strlen(text), message);
}

static const struct json *accepts(const char *text, struct arena *a)
{
	struct error err = ERROR_INIT;
	const struct json *tree = NULL;

	if (parse_bytes(text, strlen(text), a, &tree, &err) < 0)
		fail_msg("%s: %s", text, err.why);
	return tree;
}

static void test_tree(void **state)
{
	struct arena a = ARENA_INIT;
	const struct json *t = accepts(" {\"a\": [1, -2.5e3, null], \"\": {}, \"b\": true,\n"
				       "\"c\": \"\\u00e9\\ud83d\\ude00\\n\\/\"}\n",
				       &a);
	const struct json *c = t->first;

	(void)state;
	assert_int_equal(t->type, JSON_OBJECT);
	assert_int_equal(t->n, 4);
	assert_null(t->key);
	assert_string_equal(c->key, "a");
	assert_int_equal(c->n, 3);
	assert_string_equal(c->first->text, "1");
	assert_string_equal(c->first->next->text, "-2.5e3");
	assert_int_equal(c->first->next->next->type, JSON_NULL);
	assert_null(c->first->next->next->next);
	c = c->next;
	assert_string_equal(c->key, "");
	assert_int_equal(c->type, JSON_OBJECT);
	c = c->next;
	assert_int_equal(c->type, JSON_TRUE);
	c = c->next;
	assert_string_equal(c->text, "\xc3\xa9\xf0\x9f\x98\x80\n/");
	assert_null(c->next);
	arena_free(&a);
}

static void test_broken_text(void **state)
{
	(void)state;
	refuses("", "doc: is empty");
	refuses(" \n\t ", "doc: is empty");
	refuses("{\"a\": 1 2}", "doc:1:9: is not valid JSON: parse error: after key and value, "
				"inside map, I expect "
				"',' or '}'");
	refuses("{\n  \"a\": 1,\n}",
		"doc:3:1: is not valid JSON: parse error: invalid object key (must be a string)");
	refuses("{\"a\": [1,\n 2", "doc:2:3: is not valid JSON: parse error: premature EOF");
	refuses("{\"a\": \"x", "doc:1:9: is not valid JSON: parse error: premature EOF");
	refuses("{} x", "doc:1:4: is not valid JSON: parse error: trailing garbage");
	refuses("{} {}", "doc:1:4: is not valid JSON: parse error: trailing garbage");
	refuses("{'a': 1}", "doc:1:2: is not valid JSON: lexical error: invalid char in json text");
	refuses("// x\n{}", "doc:1:1: is not valid JSON: lexical error: probable comment found in "
			    "input text, comments are not enabled");
	refuses("{\"a\": \"\\x\"}",
		"doc:1:9: is not valid JSON: lexical error: inside a string, '\\' "
		"occurs before a character which it may not");
	refuses("[1 2]",
		"doc:1:4: is not valid JSON: parse error: after array element, I expect ',' "
		"or ']'");
	refuses("\xef\xbb\xbf{}",
		"doc:1:1: is not valid JSON: lexical error: invalid char in json text");
}

/* Every control character must be written as an escape (RFC 8259). */
static void test_control_characters(void **state)
{
	(void)state;
	for (char c = 0; c < 0x20; c++) {
		char text[] = "[\"ab\"]";

		text[3] = c;
		refuses_bytes(text, 6,
			      "doc:1:4: is not valid JSON: lexical error: invalid character "
			      "inside string");
	}
}

static void test_nul(void **state)
{
	(void)state;
	refuses("{\"a\": [\"x\", {\"b\": \"y\\u0000z\"}]}",
		"doc: a[1].b: must not contain a NUL character");
	refuses("[\"\\u0000\"]", "doc: [0]: must not contain a NUL character");
	refuses("{\"a\": {\"b\\u0000\": 1}}",
		"doc: a.b: a property's name must not contain a NUL character");
	refuses_bytes("{}\0", 3, "doc:1:3: is not valid JSON: parse error: trailing garbage");
}

static void test_utf8(void **state)
{
	static const char *const bad[] = {"\x80",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xc3",
					  "\xe0\x9f\xbf",
					  "\xe2\x82",
					  "\xed\xa0\x80",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xff",
					  "\xc3\x28"};
	static const char *const good[] = {"\xc2\x80",	       "\xdf\xbf",	  "\xe0\xa0\x80",
					   "\xed\x9f\xbf",     "\xee\x80\x80",	  "\xef\xbf\xbf",
					   "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "[\n\"%s\"]", bad[i]);
		refuses(text, "doc:2:2: is not valid UTF-8");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct arena a = ARENA_INIT;

		snprintf(text, sizeof(text), "[\"%s\"]", good[i]);
		assert_string_equal(accepts(text, &a)->first->text, good[i]);
		arena_free(&a);
	}
}

/* yajl would make "?" of them. */
static void test_surrogates(void **state)
{
	(void)state;
	refuses("[\"\\ud800\"]", "doc:1:3: is half of a surrogate pair");
	refuses("[\"\\ud800x\"]", "doc:1:3: is half of a surrogate pair");
	refuses("[\"\\uDC00\"]", "doc:1:3: is half of a surrogate pair");
	refuses("[\"\\ud800\\u0041\"]", "doc:1:3: is half of a surrogate pair");
	refuses("[\"\\ud800\\ud800\"]", "doc:1:3: is half of a surrogate pair");
	refuses("[\"\\u12",
		"doc:1:7: is not valid JSON: lexical error: invalid (non-hex) character "
		"occurs after '\\u' inside string");
	refuses("[\"\\ud8",
		"doc:1:7: is not valid JSON: lexical error: invalid (non-hex) character "
		"occurs after '\\u' inside string");
	refuses("[\"\\", "doc:1:4: is not valid JSON: lexical error: inside a string, '\\' occurs "
			 "before a character which it may not");
}

static void test_duplicate_keys(void **state)
{
	struct text t = TEXT_INIT;

	(void)state;
	refuses("{\"a\": 1, \"b\": 2, \"a\": 1}", "doc: a: is there twice in the same object");
	refuses("{\"m\": [{}, {\"x\": {\"k\": 1, \"\\u006b\": 2}}]}",
		"doc: m[1].x.k: is there twice in the same object");
	refuses("{\"\": 1, \"\": 1}", "doc:1:14: is there twice in the same object");

	/* Many keys take another way. */
	text_add(&t, "{\"o\": {");
	for (int i = 0; i < 200000; i++)
		text_addf(&t, "\"k%d\": 0, ", i);
	text_add(&t, "\"k77\": 0}}");
	refuses(t.s, "doc: o.k77: is there twice in the same object");
	text_free(&t);
}

static void nested(struct text *t, int levels)
{
	for (int i = 0; i < levels; i++)
		text_add(t, "[");
	for (int i = 0; i < levels; i++)
		text_add(t, "]");
}

static void test_depth(void **state)
{
	struct text t = TEXT_INIT;
	struct arena a = ARENA_INIT;

	(void)state;
	nested(&t, JSON_DEPTH_MAX);
	accepts(t.s, &a);
	arena_free(&a);
	t.len = 0;
	nested(&t, JSON_DEPTH_MAX + 1);
	refuses(t.s, "doc:1:129: is nested deeper than 128 levels");
	t.len = 0;
	nested(&t, 100000);
	refuses(t.s, "doc:1:129: is nested deeper than 128 levels");
	text_free(&t);
}

static void test_size(void **state)
{
	char *big = malloc(JSON_TEXT_MAX + 1);
	struct text t = TEXT_INIT;

	(void)state;
	assert_non_null(big);
	memset(big, ' ', JSON_TEXT_MAX + 1);
	big[0] = '1';
	refuses_bytes(big, JSON_TEXT_MAX + 1, "doc: is larger than 16 MiB");
	free(big);

	text_add(&t, "[0");
	for (int i = 1; i < JSON_VALUES_MAX; i++)
		text_add(&t, ",0");
	text_add(&t, "]");
	refuses(t.s, "doc: [999999]: the document has more than 1000000 values");
	text_free(&t);
}

/* Every prefix of a document is broken, and says so. */
static void test_torn(void **state)
{
	static const char text[] = "{\"a\": [true, false, null, -1.5e+7, \"\\u00e9\xc3\xa9\"]}";

	(void)state;
	for (size_t len = 1; len < sizeof(text) - 1; len++) {
		struct arena a = ARENA_INIT;
		struct error err = ERROR_INIT;
		const struct json *tree = NULL;

		assert_true(parse_bytes(text, len, &a, &tree, &err) < 0);
	error_doc(&err, "doc");
		assert_string_not_equal(err.why, "");
		assert_string_not_equal(err.field, "");
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_broken_text),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_surrogates),
		cmocka_unit_test(test_duplicate_keys),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
