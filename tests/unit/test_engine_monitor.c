/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor decides and writes: restarts, pauses, lines of the log, points in time. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/cri_log.h"
#include "engine/restart.h"
#include "engine/settings.h"
#include "engine/values.h"
#include "engine/when.h"

static void policies(void **state)
{
	static const char *const good[] = {"no", "on-failure", "on-failure:7", "always", "unless-stopped"};
	static const char *const bad[] = {"", "on-failure:", "on-failure:-1", "on-failure:x", "Always",
					  "always:3", "on-failure:4294967296"};
	struct arena a = ARENA_INIT;
	struct restart_policy p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(restart_parse(good[i], &p), 0);
		assert_string_equal(restart_text(&p, &a), good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(restart_parse(bad[i], &p), -EINVAL);
	arena_free(&a);
}

static void wanted(void **state)
{
	struct restart_policy p;

	(void)state;
	restart_parse("no", &p);
	assert_false(restart_wanted(&p, 1, 0));
	restart_parse("on-failure:2", &p);
	assert_false(restart_wanted(&p, 0, 0));
	assert_true(restart_wanted(&p, 137, 1));
	assert_false(restart_wanted(&p, 1, 2));
	assert_false(restart_at_boot(&p, false));
	restart_parse("always", &p);
	assert_true(restart_wanted(&p, 0, 1000));
	assert_true(restart_at_boot(&p, true));
	restart_parse("unless-stopped", &p);
	assert_true(restart_at_boot(&p, false));
	assert_false(restart_at_boot(&p, true));
}

static void delays(void **state)
{
	unsigned ms = 0, i;
	static const unsigned expected[] = {100,  200,	 400,	800,   1600,  3200,
					    6400, 12800, 25600, 51200, 60000, 60000};

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		ms = restart_delay(ms, 9999);
		assert_int_equal(ms, expected[i]);
	}
	assert_int_equal(restart_delay(ms, 10000), 100);
}

static void settings_there_and_back(void **state)
{
	const char *opts[] = {"max-size=1m", "max-file=5", NULL};
	const struct run_options opt = {.restart = "on-failure:3",
					.stop_timeout = "-1",
					.detach = true,
					.interactive = true,
					.log_opts = {opts, 2}};
	struct arena a = ARENA_INIT;
	struct string_map map = {0};
	struct settings s, back;
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(settings_of_options(&opt, &s, &err), 0);
	settings_annotate(&s, &map, &a);
	settings_read(&map, &back);
	assert_int_equal(back.restart.when, RESTART_ON_FAILURE);
	assert_int_equal(back.restart.max, 3);
	assert_int_equal(back.stop_timeout, -1);
	assert_int_equal(back.log_size, 1 << 20);
	assert_int_equal(back.log_files, 5);
	assert_true(back.stdin_open && back.log && !back.rm);
	/* Without a word nothing is written down. */
	map = (struct string_map){0};
	assert_int_equal(settings_of_options(&(struct run_options){0}, &s, &err), 0);
	settings_annotate(&s, &map, &a);
	assert_int_equal(map.n, 0);
	arena_free(&a);
}

static void broken_settings(void **state)
{
	static const char *const logs[] = {"", "none ", "k8s-file", "k8s-file:", "k8s-file:1",
					   "k8s-file:x:3", "k8s-file:1:0", "k8s-file:1:101",
					   "k8s-file:99999999999999999999999999:1"};
	struct arena a = ARENA_INIT;
	struct settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct string_map map = {0};

		map_set(&map, (struct string_pair){"dev.hoy.log", logs[i]}, &a);
		map_set(&map, (struct string_pair){"dev.hoy.stop-timeout", "soon"}, &a);
		map_set(&map, (struct string_pair){ANNOTATION_STOP_SIGNAL, "NOSUCH"}, &a);
		settings_read(&map, &s);
		assert_true(s.log);
		assert_int_equal(s.log_size, SETTINGS_LOG_SIZE);
		assert_int_equal(s.log_files, SETTINGS_LOG_FILES);
		assert_int_equal(s.stop_timeout, SETTINGS_STOP_TIMEOUT);
		assert_int_equal(s.stop_signal, 15);
	}
	arena_free(&a);
}

/* ---- The log ----------------------------------------------------------------------------------- */

static char *directory(char *path)
{
	assert_non_null(mkdtemp(path));
	return path;
}

static const char *content(int dir, const char *name, struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	text_add(&t, "");
	assert_int_equal(file_read_at(dir, name, 1 << 20, &t), 0);
	return arena_strdup(a, t.s);
}

static void lines(void **state)
{
	static struct cri_log l;
	char path[] = "/tmp/hoy-cri-XXXXXX";
	const struct timespec now = {1772366400, 5};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int dir = open(directory(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(cri_log_open(&l, dir, 0, 1), 0);
	cri_log_add(&l, CRI_STDOUT, &now, "on", 2);
	cri_log_add(&l, CRI_STDERR, &now, "err\n", 4);
	cri_log_add(&l, CRI_STDOUT, &now, "e\n\nend", 6);
	cri_log_finish(&l, &now);
	cri_log_close(&l);
	assert_string_equal(content(dir, "log", &a),
			    "2026-03-01T12:00:00.000000005Z stderr F err\n"
			    "2026-03-01T12:00:00.000000005Z stdout F one\n"
			    "2026-03-01T12:00:00.000000005Z stdout F \n"
			    "2026-03-01T12:00:00.000000005Z stdout P end\n");
	close(dir);
	tree_remove_at(AT_FDCWD, path);
}

static void long_lines(void **state)
{
	static struct cri_log l;
	static char bytes[2 * CRI_LINE_MAX + 3];
	char path[] = "/tmp/hoy-cri-XXXXXX";
	const struct timespec now = {0, 0};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int dir = open(directory(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *text;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = '\n';
	assert_int_equal(cri_log_open(&l, dir, 0, 1), 0);
	cri_log_add(&l, CRI_STDOUT, &now, bytes, sizeof(bytes));
	/* One that just fits is whole. */
	cri_log_add(&l, CRI_STDOUT, &now, bytes + sizeof(bytes) - CRI_LINE_MAX - 1, CRI_LINE_MAX + 1);
	cri_log_close(&l);
	text = content(dir, "log", &a);
	assert_int_equal(strlen(text), 4 * strlen("1970-01-01T00:00:00.000000000Z stdout F ") + 4 +
						3 * CRI_LINE_MAX + 2);
	assert_non_null(strstr(text, " stdout F xx\n"));
	close(dir);
	tree_remove_at(AT_FDCWD, path);
}

static void rotation(void **state)
{
	static struct cri_log l;
	char path[] = "/tmp/hoy-cri-XXXXXX", name[16];
	const struct timespec now = {0, 0};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int dir = open(directory(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC), i;

	(void)state;
	/* A line takes 42 bytes. */
	assert_int_equal(cri_log_open(&l, dir, 100, 3), 0);
	for (i = 0; i < 9; i++) {
		char digit[2] = {(char)('0' + i), '\n'};

		cri_log_add(&l, CRI_STDOUT, &now, digit, 2);
	}
	cri_log_close(&l);
	assert_non_null(strstr(content(dir, "log", &a), " 8\n"));
	assert_non_null(strstr(content(dir, "log.1", &a), " 7\n"));
	assert_non_null(strstr(content(dir, "log.2", &a), " 4\n"));
	assert_int_equal(faccessat(dir, "log.3", F_OK, 0), -1);
	assert_string_equal(cri_log_name(0, name), "log");
	assert_string_equal(cri_log_name(12, name), "log.12");
	close(dir);
	tree_remove_at(AT_FDCWD, path);
}

static void reading(void **state)
{
	static const char *const bad[] = {
		"", "x", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z ", "2026-03-01T12:00:00Z stdout",
		"2026-03-01T12:00:00Z stdout ", "2026-03-01T12:00:00Z stdout Q x",
		"2026-03-01T12:00:00Z stdin F x", "2026-03-01 stdout F x",
	};
	struct cri_entry e;
	const char *line = "2026-03-01T12:00:00.5Z stderr P:tag a b ";
	size_t i;

	(void)state;
	assert_true(cri_parse(line, strlen(line), &e));
	assert_int_equal(e.stream, CRI_STDERR);
	assert_true(e.partial);
	assert_int_equal(e.time.tv_nsec, 500000000);
	assert_int_equal(e.n, 4);
	assert_memory_equal(e.text, "a b ", 4);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(cri_parse(bad[i], strlen(bad[i]), &e));
}

/* ---- Time -------------------------------------------------------------------------------------- */

static void points(void **state)
{
	static const struct timespec now = {1772366400, 250000000}; /* 2026-03-01T12:00:00.25Z */
	static const struct {
		const char *text;
		int64_t seconds;
		long nanos;
	} good[] = {
		{"2026-03-01T12:00:00Z", 1772366400, 0},
		{"2026-03-01T12:00:00.123456789123Z", 1772366400, 123456789},
		{"2026-03-01T14:00:00+02:00", 1772366400, 0},
		{"2026-03-01T10:30:00-01:30", 1772366400, 0},
		{"2026-03-01", 1772323200, 0},
		{"2026-03-01T12:00", 1772366400, 0},
		{"2026-03-01 12:00:00", 1772366400, 0},
		{"1772366400", 1772366400, 0},
		{"1772366400.5", 1772366400, 500000000},
		{"10s", 1772366390, 250000000},
		{"500ms", 1772366399, 750000000},
		{"1h30m", 1772361000, 250000000},
	};
	static const char *const bad[] = {"", "x", "-1", "10", "1d", "h", "1h30", "2026-13-01", "2026-02-00",
					  "2026-03-01T25:00:00Z", "2026-03-01Tx", "1.s", "99999999999999",
					  "2026-03-01T12:00:00Zx"};
	struct timespec t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(when_parse(good[i].text, &now, &t), 0);
		assert_int_equal(t.tv_sec, good[i].seconds);
		assert_int_equal(t.tv_nsec, good[i].nanos);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!streq(bad[i], "10"))
			assert_int_equal(when_parse(bad[i], &now, &t), -EINVAL);
}

static void spans(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	assert_string_equal(when_span(-5, &a), "Less than a second");
	assert_string_equal(when_span(1, &a), "1 second");
	assert_string_equal(when_span(59, &a), "59 seconds");
	assert_string_equal(when_span(60, &a), "About a minute");
	assert_string_equal(when_span(150, &a), "2 minutes");
	assert_string_equal(when_span(3600, &a), "About an hour");
	assert_string_equal(when_span(7200, &a), "2 hours");
	assert_string_equal(when_span(48 * 3600, &a), "2 days");
	assert_string_equal(when_span(21 * 86400, &a), "3 weeks");
	assert_string_equal(when_span(90 * 86400, &a), "3 months");
	assert_string_equal(when_span(800 * 86400, &a), "2 years");
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies),   cmocka_unit_test(wanted),
		cmocka_unit_test(delays),     cmocka_unit_test(settings_there_and_back),
		cmocka_unit_test(broken_settings), cmocka_unit_test(lines),
		cmocka_unit_test(long_lines), cmocka_unit_test(rotation),
		cmocka_unit_test(reading),    cmocka_unit_test(points),
		cmocka_unit_test(spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
