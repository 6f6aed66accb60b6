/* SPDX-License-Identifier: Apache-2.0 */
/* The keys by which a person leaves: words into bytes, and finding them in what is typed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "engine/keys.h"

static void good(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *bytes;
	} cases[] = {
		{NULL, 2, "\x10\x11"},
		{"ctrl-p,ctrl-q", 2, "\x10\x11"},
		{"", 0, ""},
		{"a", 1, "a"},
		{"a,b, ", 3, "ab "},
		{"ctrl-a,DEL,Z", 3, "\x01\x7fZ"},
		{"ctrl-@,ctrl-z,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", 7,
		 "\0\x1a\x1b\x1c\x1d\x1e\x1f"},
	};
	struct keys k;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(keys_parse(cases[i].text, &k, NULL), 0);
		assert_int_equal(k.n, cases[i].n);
		assert_int_equal(k.held, 0);
		assert_memory_equal(k.v, cases[i].bytes, k.n);
	}
}

static void bad(void **state)
{
	static const char *const words[] = {
		",",	  "a,",	    ",a",  "a,,b", "ctrl-",	    "ctrl-P", "ctrl-1", "ctrl-aa",
		"Ctrl-a", "CTRL-A", "del", "ab",   "ctrl-p ctrl-q", "^P",     "ctrl-p,"};
	struct keys k = {.n = 7};
	struct error err;
	char many[2 * KEYS_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		err = (struct error)ERROR_INIT;
		assert_int_equal(keys_parse(words[i], &k, &err), -EINVAL);
		assert_true(starts_with(err.why, "--detach-keys: must be keys"));
		assert_non_null(strstr(err.why, words[i]));
	}
	memset(many, ',', sizeof(many));
	for (i = 0; i < sizeof(many); i += 2)
		many[i] = 'a';
	many[sizeof(many) - 1] = 0;
	assert_int_equal(keys_parse(many, &k, &err), -EINVAL);
	many[2 * KEYS_MAX - 1] = 0;
	assert_int_equal(k.n, 7);
	assert_int_equal(keys_parse(many, &k, &err), 0);
	assert_int_equal(k.n, KEYS_MAX);
}

/* Types it in pieces of this size. Whether the keys were in it; what went on is in *out. */
static bool type(const char *keys, const char *typed, size_t piece, struct text *out)
{
	char room[64 + KEYS_MAX];
	struct keys k;
	bool left = false;
	size_t n;

	assert_int_equal(keys_parse(keys, &k, NULL), 0);
	for (; *typed && !left; typed += n) {
		n = strnlen(typed, piece);
		text_add_bytes(out, room, keys_filter(&k, typed, n, room, &left));
	}
	if (!left)
		text_add_bytes(out, room, keys_flush(&k, room));
	return left;
}

static void found(void **state)
{
	static const struct {
		const char *keys, *typed, *out;
		bool left;
	} cases[] = {
		{NULL, "abc", "abc", false},
		{NULL,
		 "ab\x10\x11"
		 "cd",
		 "ab", true},
		{NULL, "\x10\x10\x11", "\x10", true},
		{NULL, "\x10x\x10", "\x10x\x10", false},
		{NULL, "\x11\x10", "\x11\x10", false},
		{"", "\x10\x11", "\x10\x11", false},
		{"q", "xq", "x", true},
		{"a,a,b", "aaab", "a", true},
		{"a,a,b", "aabaab", "", true},
		{"a,b,a,b,c", "ababdababc", "ababd", true},
		{"a,b,a,b,c", "abababc", "ab", true},
		{"a,b,a,b,c", "ababab", "ababab", false},
	};
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (piece = 1; piece < 12; piece++) {
			struct text out = TEXT_INIT;

			text_add(&out, "");
			assert_int_equal(type(cases[i].keys, cases[i].typed, piece, &out),
					 cases[i].left);
			assert_string_equal(out.s, cases[i].out);
			text_free(&out);
		}
}

/* Against the plain way: of all that is typed with two letters, what stands before the keys goes on. */
static void every_word(void **state)
{
	static const char *const keys[] = {"a", "a,b", "a,a", "a,b,a", "a,a,b,a", "b,a,b,a,b"};
	size_t i;
	unsigned bits, at;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (bits = 0; bits < 1u << 12; bits++) {
			struct text out = TEXT_INIT;
			char typed[13] = "", plain[8] = "";
			const char *hit;

			for (at = 0; at < 12; at++)
				typed[at] = bits >> at & 1 ? 'a' : 'b';
			for (at = 0; keys[i][2 * at]; at++) {
				plain[at] = keys[i][2 * at];
				if (!keys[i][2 * at + 1])
					break;
			}
			hit = strstr(typed, plain);
			text_add(&out, "");
			assert_int_equal(type(keys[i], typed, 5, &out), hit != NULL);
			assert_int_equal(out.len, hit ? (size_t)(hit - typed) : 12);
			assert_memory_equal(out.s, typed, out.len);
			text_free(&out);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(found),
		cmocka_unit_test(every_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
