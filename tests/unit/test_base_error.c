/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: which part is kept, and the one line that is made of them. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "helpers.h"

static const char *said(const struct error *e)
{
	static char buf[4096];

	return error_text(e, buf, sizeof(buf));
}

static void test_reasons(void **state)
{
	struct error e = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set(&e, ENOENT, "open %s", "/x"), -ENOENT);
	assert_string_equal(said(&e), "open /x: no such file or directory");
	assert_int_equal(e.code, ENOENT);

	e = (struct error)ERROR_INIT;
	assert_int_equal(error_set(&e, 0, "no code"), -EINVAL);
	assert_string_equal(said(&e), "no code");

	e = (struct error)ERROR_INIT;
	assert_int_equal(error_set(&e, EPERM, "%s", ""), -EPERM);
	assert_string_equal(said(&e), "operation not permitted");

	e = (struct error)ERROR_INIT;
	assert_int_equal(error_say(&e, ENOTSUP, "is not %d", 7), -ENOTSUP);
	assert_int_equal(e.code, 0);
	assert_string_equal(said(&e), "is not 7");
	assert_int_equal(error_say(&e, 0, "again"), -EINVAL);

	e = (struct error)ERROR_INIT;
	assert_int_equal(error_at(&e, "process.cwd", "must be %s", "absolute"), -EINVAL);
	assert_string_equal(said(&e), "process.cwd: must be absolute");
}

static void test_nobody_listens(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, EIO, "x"), -EIO);
	assert_int_equal(error_say(NULL, EIO, "x"), -EIO);
	assert_int_equal(error_at(NULL, "f", "x"), -EINVAL);
	error_doc(NULL, "d");
	error_field(NULL, "f");
	error_step(NULL, "s");
	error_hint(NULL, "h");
}

static void test_innermost_part_is_kept(void **state)
{
	struct error e = ERROR_INIT;

	(void)state;
	error_doc(&e, "config.json");
	error_doc(&e, "other.json");
	error_field(&e, "mounts[%d]", 3);
	error_field(&e, "mounts");
	error_step(&e, "mount %s on %s", "tmpfs", "/run");
	error_step(&e, "start");
	error_hint(&e, "look at %s", "that");
	error_hint(&e, "or not");
	error_set(&e, ENOSPC, "the kernel refused");
	assert_string_equal(said(&e), "config.json: mounts[3]: mount tmpfs on /run: "
				      "the kernel refused: no space left on device (look at that)");
	/* The field of error_at yields to one that is there. */
	error_at(&e, "late", "why");
	assert_string_equal(e.field, "mounts[3]");
}

static void test_places_in_broken_documents(void **state)
{
	struct error e = {.doc = "config.json", .field = "12:7", .why = "unexpected \"}\""};

	(void)state;
	assert_string_equal(said(&e), "config.json:12:7: unexpected \"}\"");
	memcpy(e.field, "a12", 4);
	assert_string_equal(said(&e), "config.json: a12: unexpected \"}\"");
}

static void test_empty(void **state)
{
	struct error e = ERROR_INIT;

	(void)state;
	assert_string_equal(said(&e), "");
	error_hint(&e, "h");
	assert_string_equal(said(&e), "h)");
}

static void test_one_line_whatever_it_names(void **state)
{
	struct error e = ERROR_INIT;

	(void)state;
	error_step(&e, "open %s", "a\nb\x1b[2J\x7f\tc");
	error_set(&e, EIO, "d\r");
	error_hint(&e, "\x01");
	assert_string_equal(said(&e), "open a\\x0ab\\x1b[2J\\x7f\\x09c: d\\x0d: "
				      "input/output error (\\x01)");
	/* Letters beyond ASCII are no control characters. */
	e = (struct error)ERROR_INIT;
	error_set(&e, 0, "caf\xc3\xa9");
	assert_string_equal(said(&e), "caf\xc3\xa9");
}

static void test_too_long_is_cut(void **state)
{
	struct error e = ERROR_INIT;
	char *big = malloc(100000), *buf;
	size_t size;

	(void)state;
	assert_non_null(big);
	memset(big, '\n', 99999);
	big[99999] = 0;
	error_doc(&e, big);
	error_field(&e, "%s", big);
	error_step(&e, "%s", big);
	error_hint(&e, "%s", big);
	error_set(&e, EIO, "%s", big);
	assert_int_equal(strlen(e.doc), sizeof(e.doc) - 1);
	assert_int_equal(strlen(e.field), sizeof(e.field) - 1);
	assert_int_equal(strlen(e.step), sizeof(e.step) - 1);
	assert_int_equal(strlen(e.why), sizeof(e.why) - 1);
	assert_int_equal(strlen(e.hint), sizeof(e.hint) - 1);
	/* Of exactly its size, so that a byte beyond it shows. */
	for (size = 1; size < 600; size++) {
		buf = malloc(size);
		assert_non_null(buf);
		assert_true(error_text(&e, buf, size) == buf);
		assert_true(strlen(buf) < size);
		free(buf);
	}
	free(big);
}

static void test_errno_texts(void **state)
{
	static const struct {
		int code;
		const char *text;
	} rows[] = {
		{ENOENT, "no such file or directory"},
		{EINVAL, "invalid argument"},
		{EDOTDOT, "RFS specific error"},
		{ELIBSCN, ".lib section in a.out corrupted"},
		{99999, "error 99999"},
		{-5, "error -5"},
		{INT_MIN, "error -2147483648"},
	};
	char buf[64];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++)
		assert_string_equal(errno_text(rows[i].code, buf, sizeof(buf)), rows[i].text);
	for (i = 1; i < 12; i++) {
		char *small = malloc(i);

		assert_non_null(small);
		assert_true(strlen(errno_text(ENOENT, small, i)) == i - 1);
		free(small);
	}
}

/* All that the C library knows, in its words but for the first letter. */
static void test_errno_texts_are_glibcs(void **state)
{
	char buf[128];
	int code;

	(void)state;
	for (code = -1; code < 200; code++) {
		const char *known = strerrordesc_np(code), *text = errno_text(code, buf, sizeof(buf));

		if (!known || code == 0) {
			assert_int_equal(strncmp(text, "error ", 6), 0);
			continue;
		}
		assert_string_equal(text + 1, known + 1);
		assert_int_equal(text[0] | 0x20, known[0] | 0x20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_innermost_part_is_kept),
		cmocka_unit_test(test_places_in_broken_documents),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_one_line_whatever_it_names),
		cmocka_unit_test(test_too_long_is_cut),
		cmocka_unit_test(test_errno_texts),
		cmocka_unit_test(test_errno_texts_are_glibcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
