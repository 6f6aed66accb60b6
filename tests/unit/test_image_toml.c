/* SPDX-License-Identifier: Apache-2.0 */
/* TOML: the tree of what is valid, written as JSON, and the place of what is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "image/toml.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void write_json(const struct json *j, struct text *out)
{
	const char *before = "";

	if (j->type == JSON_STRING)
		text_add_json(out, j->text);
	else if (j->type == JSON_NUMBER)
		text_addf(out, "<%s>", j->text);
	else if (j->type == JSON_TRUE || j->type == JSON_FALSE)
		text_add(out, j->type == JSON_TRUE ? "true" : "false");
	if (j->type != JSON_OBJECT && j->type != JSON_LIST)
		return;
	text_add(out, j->type == JSON_LIST ? "[" : "{");
	for (const struct json *c = j->first; c; c = c->next, before = ",") {
		text_add(out, before);
		if (c->key) {
			text_add_json(out, c->key);
			text_add(out, ":");
		}
		write_json(c, out);
	}
	text_add(out, j->type == JSON_LIST ? "]" : "}");
}

static void valid(void **state)
{
	static const char *const cases[][2] = {
		{"", "{}"},
		{"\n# nothing\r\n\t\n", "{}"},
		{"a = 1", "{\"a\":<1>}"},
		{"a=true#x\nb = false\r\n", "{\"a\":true,\"b\":false}"},
		{"a = 1979-05-27T07:32:00.5-07:00\nb = -1_0.5e+3\nc = +inf\nd = 0xff",
		 "{\"a\":<1979-05-27T07:32:00.5-07:00>,\"b\":<-1_0.5e+3>,\"c\":<+inf>,\"d\":<0xff>"
		 "}"},
		{"\"a b\" = 'c:\\d'\n'' = \"\"", "{\"a b\":\"c:\\\\d\",\"\":\"\"}"},
		{"a = \"\\\"\\\\\\t\\u00e9\\U0001F6A2\"",
		 "{\"a\":\"\\\"\\\\\\t\xc3\xa9\xf0\x9f\x9a\xa2\"}"},
		{"a.b . \"c\" = 1\na.d = 2", "{\"a\":{\"b\":{\"c\":<1>},\"d\":<2>}}"},
		{"a = \"\"\"\nx\n y\\\n   z\"\"\"", "{\"a\":\"x\\n yz\"}"},
		{"a = \"\"\"\"x\"\"\"\"\"", "{\"a\":\"\\\"x\\\"\\\"\"}"},
		{"a = '''\n\\n''two'''", "{\"a\":\"\\\\n''two\"}"},
		{"a = \"\"\"\"\"\"\nb = ''''''", "{\"a\":\"\",\"b\":\"\"}"},
		{"a = [ 1, [\"x\"],\n # c\n 'y', ]", "{\"a\":[<1>,[\"x\"],\"y\"]}"},
		{"a = []\nb = {}", "{\"a\":[],\"b\":{}}"},
		{"a = { b = 1, c.d = \"x\", c.e = [{}] }",
		 "{\"a\":{\"b\":<1>,\"c\":{\"d\":\"x\",\"e\":[{}]}}}"},
		{"[a]\nb = 1\n[ c . d ]\ne = 2\n[c]\nf = 3",
		 "{\"a\":{\"b\":<1>},\"c\":{\"d\":{\"e\":<2>},\"f\":<3>}}"},
		{"[[a]]\nb = 1\n[[a.c]]\n[[a.c]]\nd = 1\n[a.e]\n[[a]]",
		 "{\"a\":[{\"b\":<1>,\"c\":[{},{\"d\":<1>}],\"e\":{}},{}]}"},
		{"[a]\nb.c = 1\n[a.b.d]\n", "{\"a\":{\"b\":{\"c\":<1>,\"d\":{}}}}"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		struct text out = TEXT_INIT;
		const struct json *j;

		if (toml_parse(cases[i][0], strlen(cases[i][0]), &a, &j, &e) < 0)
			fail_msg("case %zu: %s: %s", i, e.field, e.why);
		write_json(j, &out);
		assert_string_equal(out.s, cases[i][1]);
		text_free(&out);
	}
}

static void invalid(void **state)
{
	static const char *const cases[][2] = {
		/* text, where */
		{"a", "1:2"},
		{"a =", "1:4"},
		{"= 1", "1:1"},
		{"a = b", "1:5"},
		{"a = 1 b = 2", "1:7"},
		{"a = 1\na = 2", "2:1"},
		{"a.b = 1\na = 2", "2:1"},
		{"a = 1\na.b = 2", "2:1"},
		{"[a]\n[a]", "2:1"},
		{"[a.b]\n[a]\nb.c = 1", "3:1"},
		{"a.b = 1\n[a]", "2:1"},
		{"a = {}\n[a.b]", "2:1"},
		{"a = {}\na.b = 1", "2:1"},
		{"a = []\n[[a]]", "2:1"},
		{"[[a]]\n[a]", "2:1"},
		{"[a]\n[[a]]", "2:1"},
		{"[]", "1:2"},
		{"[(]", "1:2"},
		{"[a", "1:3"},
		{"[[a]", "1:4"},
		{"[ [a]]", "1:3"},
		{"[a] b = 1", "1:5"},
		{"a = \"x", "1:6"},
		{"a = \"x\ny\"", "1:6"},
		{"a = \"\"\"x\n", "1:8"},
		{"a = '''x'''''''", "1:9"},
		{"a = \"\\q\"", "1:6"},
		{"a = \"\\u12\"", "1:8"},
		{"a = \"\\ud800\"", "1:8"},
		{"a = \"\\u0000\"", "1:8"},
		{"a = \"\\U00110000\"", "1:8"},
		{"a = [1", "1:7"},
		{"a = [1 2]", "1:8"},
		{"a = [,]", "1:6"},
		{"a = {b = 1,}", "1:12"},
		{"a = {b = 1\n}", "1:11"},
		{"a = {b = 1, b = 2}", "1:12"},
		{"a = 'x\x01'", "1:7"},
		{"# \x7f", "1:3"},
		{"a = 1\rb = 2", "1:6"},
		{"# \xff", "1:3"},
		{"# \xc3", "1:3"},
		{"# \xed\xa0\x80", "1:3"},
		{"\xc3\xa9 = 1", "1:1"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		const struct json *j = NULL;

		if (toml_parse(cases[i][0], strlen(cases[i][0]), &a, &j, &e) != -EINVAL)
			fail_msg("case %zu was taken", i);
		assert_null(j);
		assert_string_equal(e.field, cases[i][1]);
		assert_int_equal(toml_parse(cases[i][0], strlen(cases[i][0]), &a, &j, NULL),
				 -EINVAL);
	}
}

static void bounds(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct text t = TEXT_INIT;
	struct error e = ERROR_INIT;
	const struct json *j;

	(void)state;
	assert_int_equal(toml_parse("a = 1\0b", 7, &a, &j, &e), -EINVAL);
	assert_string_equal(e.field, "1:6");
	text_add(&t, "a = ");
	for (int i = 0; i < 100000; i++)
		text_add(&t, "[");
	assert_int_equal(toml_parse(t.s, t.len, &a, &j, NULL), -EINVAL);
	t.len = 0;
	text_add(&t, "a");
	for (int i = 0; i < TOML_DEPTH_MAX; i++)
		text_add(&t, ".a");
	assert_int_equal(toml_parse(t.s, t.len, &a, &j, NULL), -EINVAL);
	t.len = 0;
	text_add(&t, "a = [");
	for (int i = 0; i <= TOML_VALUES_MAX; i++)
		text_add(&t, "1,");
	text_add(&t, "]");
	assert_int_equal(toml_parse(t.s, t.len, &a, &j, NULL), -EINVAL);
	text_space(&t, TOML_TEXT_MAX + 1);
	assert_int_equal(toml_parse(t.s, TOML_TEXT_MAX + 1, &a, &j, NULL), -EFBIG);
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid),
		cmocka_unit_test(invalid),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
