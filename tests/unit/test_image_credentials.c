/* SPDX-License-Identifier: Apache-2.0 */
/* Files with credentials, and what helpers answer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "image/credentials.h"
#include "tests/unit/helpers.h"

/* a:b, c:d, user:p:w */
#define A "{\"auth\":\"YTpi\"}"
#define C "{\"auth\":\"Yzpk\"}"

static void keys(void **state)
{
	static const struct {
		const char *file, *host, *repository;
		const char *found; /* "user:password", "token:…", "helper:…", "" for none */
	} cases[] = {
		{"{\"auths\":{\"r.example\":" A "}}", "r.example", "x", "a:b"},
		{"{\"auths\":{\"r.example\":" A "}}", "r.example:5000", "x", ""},
		{"{\"auths\":{\"r.example:5000\":" A "}}", "r.example:5000", "x", "a:b"},
		{"{\"auths\":{\"r.example\":" A "}}", "sub.r.example", "x", ""},
		{"{\"auths\":{\"r.example/team\":" A ",\"r.example\":" C "}}", "r.example",
		 "team/x", "a:b"},
		{"{\"auths\":{\"r.example\":" C ",\"r.example/team\":" A "}}", "r.example",
		 "teams/x", "c:d"},
		{"{\"auths\":{\"r.example/team/x\":" A ",\"r.example/team\":" C "}}", "r.example",
		 "team/x", "a:b"},
		{"{\"auths\":{\"https://r.example/v1/\":" A "}}", "r.example", "x", "a:b"},
		{"{\"auths\":{\"https://index.docker.io/v1/\":" A "}}", "docker.io", "library/x",
		 "a:b"},
		{"{\"auths\":{\"docker.io\":" A "}}", "docker.io", "library/x", "a:b"},
		{"{\"auths\":{\"r.example\":{\"identitytoken\":\"t\",\"auth\":\"YTpi\"}}}",
		 "r.example", "x", "token:t"},
		{"{\"auths\":{\"r.example\":{}},\"credsStore\":\"chest\"}", "r.example", "x",
		 "helper:chest"},
		{"{\"auths\":{\"r.example\":" A "},\"credsStore\":\"chest\"}", "r.example", "x",
		 "a:b"},
		{"{\"auths\":{\"r.example\":" A "},\"credHelpers\":{\"r.example\":\"h\"}}",
		 "r.example", "x", "helper:h"},
		{"{\"credHelpers\":{\"s.example\":\"h\"}}", "r.example", "x", ""},
		{"{\"auths\":{\"r.example\":{\"auth\":\"dXNlcjpwOnc=\"}}}", "r.example", "x",
		 "user:p:w"},
		/* docker pads with NULs. */
		{"{\"auths\":{\"r.example\":{\"auth\":\"YTpiAAA=\"}}}", "r.example", "x", "a:b"},
		{"{}", "r.example", "x", ""},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		struct credentials c = {0};
		const char *helper = NULL, *found = "";
		int r = credentials_read(cases[i].file, strlen(cases[i].file), cases[i].host,
					 cases[i].repository, &a, &c, &helper, &e);

		if (r < 0)
			fail_msg("case %zu: %s", i, e.why);
		if (r && helper)
			found = arena_join(&a, "helper:", helper, NULL);
		else if (r && c.identity_token)
			found = arena_join(&a, "token:", c.identity_token, NULL);
		else if (r)
			found = arena_join(&a, c.user, ":", c.password, NULL);
		assert_string_equal(found, cases[i].found);
	}
}

static void bad_files(void **state)
{
	static const char *const cases[] = {
		"",
		"[]",
		"{\"auths\":[]}",
		"{\"auths\":{\"r.example\":\"YTpi\"}}",
		"{\"auths\":{\"r.example\":{\"auth\":3}}}",
		"{\"auths\":{\"r.example\":{\"auth\":\"c2VjcmV0\"}}}",	   /* "secret" */
		"{\"auths\":{\"r.example\":{\"auth\":\"OnNlY3JldA==\"}}}", /* ":secret" */
		"{\"auths\":{\"r.example\":{\"auth\":\"secret!\"}}}",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		struct credentials c = {0};
		const char *helper = NULL;
		char text[4096];

		assert_true(credentials_read(cases[i], strlen(cases[i]), "r.example", "x", &a, &c,
					     &helper, &e) < 0);
		assert_true(e.why[0]);
		assert_null(strstr(error_text(&e, text, sizeof(text)), "secret"));
	}
}

static void helpers(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"x",
		"{\"Username\":\"a\"}",
		"{\"Username\":\"\",\"Secret\":\"s\"}",
		"{\"Username\":\"a\",\"Secret\":1}",
	};
	static const char *const names[] = {"", ".", "../x", "a/b", "a b", "a;b", "\xc3\xa4"};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct credentials c = {0};
	const char *text = "{\"ServerURL\":\"r\",\"Username\":\"a\",\"Secret\":\"s\"}";

	(void)state;
	assert_int_equal(credentials_answer_read(text, strlen(text), &a, &c, NULL), 1);
	assert_string_equal(c.user, "a");
	assert_string_equal(c.password, "s");
	text = "{\"Username\":\"<token>\",\"Secret\":\"s\"}";
	assert_int_equal(credentials_answer_read(text, strlen(text), &a, &c, NULL), 1);
	assert_null(c.user);
	assert_string_equal(c.identity_token, "s");
	for (size_t i = 0; i < ROWS(bad); i++)
		assert_true(credentials_answer_read(bad[i], strlen(bad[i]), &a, &c, NULL) < 0);
	for (size_t i = 0; i < ROWS(names); i++)
		assert_int_equal(credentials_ask(names[i], "r.example", &a, &c, NULL), -EINVAL);
}

/* One that writes what is there under `script`. */
static int ask(const struct temp *t, const char *script, struct credentials *ret, struct arena *a,
	       struct error *err)
{
	if (!file_make(t->fd, "docker-credential-test", script) ||
	    fchmodat(t->fd, "docker-credential-test", 0755, 0) < 0)
		return -errno;
	setenv("PATH", arena_join(a, t->path, ":/usr/bin:/bin", NULL), 1);
	return credentials_ask("test", "docker.io", a, ret, err);
}

static void helpers_run(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(temp_remove) struct temp t = temp_make();
	struct error e = ERROR_INIT;
	struct credentials c = {0};

	(void)state;
	/* More than a pipe's page, and what it says on standard error is no part of the answer. */
	assert_int_equal(ask(&t,
			     "#!/bin/sh\n[ $1 = get ] || exit 3\nread -r h; [ \"$h\" = "
			     "https://index.docker.io/v1/ ] "
			     "|| exit 4\nexec 2>/dev/null; echo noise >&2\nprintf '{\"Username\": "
			     "\"a\", \"Secret\": "
			     "\"%05000d\"}' 7\n",
			     &c, &a, &e),
			 1);
	assert_int_equal(strlen(c.password), 5000);
	assert_int_equal(ask(&t, "#!/bin/sh\necho credentials not found in native store\nexit 1\n",
			     &c, &a, &e),
			 0);
	assert_int_equal(ask(&t, "#!/bin/sh\necho the chest is locked\nexit 1\n", &c, &a, &e),
			 -EIO);
	assert_string_equal(e.why, "docker-credential-test failed: the chest is locked");
	e = (struct error)ERROR_INIT;
	assert_int_equal(ask(&t, "#!/bin/sh\necho secret\n", &c, &a, &e), -EPROTO);
	assert_null(strstr(e.why, "secret"));
	assert_int_equal(ask(&t, "#!/bin/sh\nhead -c 100000 /dev/zero\n", &c, &a, &e), -EFBIG);
	assert_int_equal(credentials_ask("not-there", "r.example", &a, &c, &e), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(helpers),
		cmocka_unit_test(helpers_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
