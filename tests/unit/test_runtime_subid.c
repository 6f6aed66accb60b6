/* SPDX-License-Identifier: Apache-2.0 */
/* Who stands in /etc/subuid, with what, and what newuidmap is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "runtime/subid.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "sailor:x:1000:1000:a sailor:/home/sailor:/bin/sh\n"
			     "# a comment\n"
			     "short:x\n"
			     ":x:1000:1000::/:/bin/sh\n"
			     "twin:x:1000:1000::/:/bin/sh";

static void names(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct strings n;

	(void)state;
	subid_names(passwd, 1000, &a, &n);
	assert_int_equal(n.n, 3);
	assert_string_equal(n.v[0], "1000");
	assert_string_equal(n.v[1], "sailor");
	assert_string_equal(n.v[2], "twin");
	/* A user that no passwd knows has his number. */
	subid_names("", 7, &a, &n);
	assert_int_equal(n.n, 1);
	assert_string_equal(n.v[0], "7");
}

static void ranges(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		struct subid_range v[2];
	} cases[] = {
		{"", 0, {{0}}},
		{"sailor:100000:65536\n", 1, {{100000, 65536}}},
		{"sailor:100000:65536", 1, {{100000, 65536}}},
		{"other:1:1\n1000:5:6\nsailor:300000:10\n", 2, {{5, 6}, {300000, 10}}},
		/* None of these is his, or a range. */
		{"sailo:1:1\nsailors:1:1\n10000:1:1\n:1:1\n\n:\n::\n", 0, {{0}}},
		{"sailor\nsailor:\nsailor:1\nsailor:1:\nsailor::1\nsailor:1:1:1\n", 0, {{0}}},
		{"sailor: 1:1\nsailor:1:1 \nsailor:-1:1\nsailor:0x1:1\nsailor:a:1\n", 0, {{0}}},
		{"sailor:0:1\nsailor:1:0\nsailor:4294967295:1\nsailor:4294967294:2\n", 0, {{0}}},
		{"sailor:99999999999999999999:1\nsailor:1:18446744073709551616\n", 0, {{0}}},
		{"sailor:4294967294:1\nsailor:1:4294967294\n", 2, {{4294967294, 1}, {1, 4294967294}}},
	};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct subid_ranges r;
	struct strings n;
	size_t i;

	(void)state;
	subid_names(passwd, 1000, &a, &n);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		subid_parse(cases[i].text, &n, &r);
		assert_int_equal(r.n, cases[i].n);
		assert_memory_equal(r.v, cases[i].v, r.n * sizeof(r.v[0]));
	}
}

static void too_many(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct subid_ranges r;
	struct strings n;
	unsigned i;

	(void)state;
	subid_names(passwd, 1000, &a, &n);
	for (i = 0; i < 2 * SUBID_RANGES_MAX; i++)
		text_addf(&t, "1000:%u:1\n", i + 1);
	subid_parse(t.s, &n, &r);
	assert_int_equal(r.n, SUBID_RANGES_MAX);
	assert_int_equal(r.v[SUBID_RANGES_MAX - 1].first, SUBID_RANGES_MAX);
}

static const char *joined(const struct strings *s, struct text *t)
{
	size_t i;

	text_free(t);
	text_add(t, "");
	for (i = 0; i < s->n; i++)
		text_addf(t, "%s%s", i ? " " : "", s->v[i]);
	return t->s;
}

static void arguments(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct subid_ranges r = {2, {{100000, 65536}, {5, 6}}};
	struct strings s;

	(void)state;
	subid_arguments(1000, &r, &a, &s);
	assert_string_equal(joined(&s, &t), "0 1000 1 1 100000 65536 65537 5 6");
	assert_null(s.v[s.n]);
	/* There are no more numbers. */
	r = (struct subid_ranges){2, {{1, 4294967294}, {5, 6}}};
	subid_arguments(1000, &r, &a, &s);
	assert_string_equal(joined(&s, &t), "0 1000 1 1 1 4294967294");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(ranges),
		cmocka_unit_test(too_many),
		cmocka_unit_test(arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
