/* SPDX-License-Identifier: Apache-2.0 */
/* Users: numbers and names, and files that mean harm. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "engine/user.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "torn:x\n"
			     ":::\n"
			     "sailor:x:1000:1001:a sailor:/home/sailor:/bin/sh\n"
			     "sailor:x:0:0:the second is not looked at:/:/bin/sh\n"
			     "1000:x:0:0:a number is no name:/:/bin/sh\n"
			     "wide:x:4294967296:0::/:\n"
			     "last:x:4294967295:0::/:\n"
			     "minus:x:-1:0::/:\n"
			     "plus:x:+1:0::/:\n"
			     "hex:x:0x10:0::/:\n"
			     "blank:x: 5:0::/:\n"
			     "empty:x::0::/:\n"
			     "group:x:7:4294967296::/:\n"
			     "top:x:4294967294:4294967294::/:\n"
			     "end:x:9:9";
static const char group[] = "root:x:0:root\n"
			    "sailor:x:1001:\n"
			    "crew:x:2000:bosun,sailor,cook\n"
			    "deck:x:2001:sailor\n"
			    "hold:x:2002:sailors,asailor\n"
			    "deck2:x:2001:sailor\n"
			    "wide:x:4294967296:sailor\n"
			    "torn:x:12\n"
			    "watch:x:2003:x,sailor";

struct fixture {
	char dir[64];
	int root;
	struct arena a;
};

static void put(const struct fixture *f, const char *name, const char *text)
{
	int fd = openat(f->root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	memcpy(f->dir, "/tmp/hoy-user.XXXXXX", sizeof("/tmp/hoy-user.XXXXXX"));
	assert_non_null(mkdtemp(f->dir));
	f->root = open(f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(f->root, "etc", 0755);
	put(f, "etc/passwd", passwd);
	put(f, "etc/group", group);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->root);
	tree_remove_at(AT_FDCWD, f->dir);
	arena_free(&f->a);
	free(f);
	return 0;
}

/* "uid:gid:group,group,…", or the error. */
static const char *resolved(struct fixture *f, const char *user, const char *add, int *r)
{
	const char *const words[] = {add, NULL};
	struct option_list groups = {words, add ? 1 : 0};
	struct error err = ERROR_INIT;
	struct user u = {0};
	const char *text;

	*r = user_resolve(f->root, user, &groups, &f->a, &u, &err);
	if (*r < 0)
		return arena_strdup(&f->a, err.why);
	text = arena_printf(&f->a, "%u:%u:", u.uid, u.gid);
	for (size_t i = 0; i < u.additional_gids.n; i++)
		text = arena_printf(&f->a, "%s%s%u", text, i ? "," : "", u.additional_gids.v[i]);
	return text;
}

static void is(struct fixture *f, const char *user, const char *add, const char *expected)
{
	int r;
	const char *text = resolved(f, user, add, &r);

	if (r < 0)
		print_message("%s: %s\n", user ? user : "NULL", text);
	assert_int_equal(r, 0);
	assert_string_equal(text, expected);
}

static void fails(struct fixture *f, const char *user, const char *add, const char *word)
{
	int r;
	const char *text = resolved(f, user, add, &r);

	if (r == 0 || !strstr(text, word))
		print_message("%s: %s, expected %s\n", user, text, word);
	assert_true(r < 0);
	assert_non_null(strstr(text, word));
}

static void good(void **state)
{
	struct fixture *f = *state;

	is(f, NULL, NULL, "0:0:0");
	is(f, "", NULL, "0:0:0");
	is(f, "root", NULL, "0:0:0");
	is(f, "sailor", NULL, "1000:1001:1001,2000,2001,2003");
	is(f, "sailor:crew", NULL, "1000:2000:2000");
	is(f, "sailor:5", NULL, "1000:5:5");
	is(f, "end", NULL, "9:9:9");
	/* A number gets its line's group, but nobody's further ones. */
	is(f, "1000", NULL, "1000:1001:1001");
	is(f, "77", NULL, "77:0:0");
	is(f, "1:2", NULL, "1:2:2");
	is(f, "1:crew", NULL, "1:2000:2000");
	is(f, "007", NULL, "7:0:0");
	is(f, "2147483648", NULL, "2147483648:0:0");
	is(f, "4294967294", NULL, "4294967294:4294967294:4294967294");
	is(f, "5", "crew", "5:0:0,2000");
	is(f, "5", "2000", "5:0:0,2000");
	is(f, NULL, "0", "0:0:0");
}

static void bad(void **state)
{
	struct fixture *f = *state;
	static const char *const numbers[] = {"4294967295", "4294967296", "18446744073709551616",
					      "99999999999999999999999"};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		fails(f, numbers[i], NULL, "from 0 to 4294967294");
		fails(f, arena_join(&f->a, "1:", numbers[i], NULL), NULL, "from 0 to 4294967294");
	}
	fails(f, "-1", NULL, "no user \"-1\"");
	fails(f, "+1", NULL, "no user");
	fails(f, "0x1", NULL, "no user");
	fails(f, " 1", NULL, "no user");
	fails(f, "1 ", NULL, "no user");
	fails(f, "1:", NULL, "USER or USER:GROUP");
	fails(f, ":1", NULL, "USER or USER:GROUP");
	fails(f, ":", NULL, "USER or USER:GROUP");
	fails(f, "1:2:3", NULL, "USER or USER:GROUP");
	fails(f, "sailor\n", NULL, "control character");
	fails(f, "nobody", NULL, "no user");
	fails(f, "sail", NULL, "no user");
	fails(f, "sailor:none", NULL, "no group");
	fails(f, "# a comment", NULL, "no valid numbers");
	fails(f, "torn", NULL, "no valid numbers");
	fails(f, "wide", NULL, "no valid numbers");
	fails(f, "last", NULL, "no valid numbers");
	fails(f, "minus", NULL, "no valid numbers");
	fails(f, "plus", NULL, "no valid numbers");
	fails(f, "hex", NULL, "no valid numbers");
	fails(f, "blank", NULL, "no valid numbers");
	fails(f, "empty", NULL, "no valid numbers");
	fails(f, "group", NULL, "no valid numbers");
	fails(f, "sailor:wide", NULL, "no valid number");
	fails(f, NULL, "none", "no group");
	fails(f, NULL, "-1", "no group");
	fails(f, NULL, "", "no group");
}

/* Numbers need no file, names do. */
static void absent(void **state)
{
	struct fixture *f = *state;

	unlinkat(f->root, "etc/passwd", 0);
	unlinkat(f->root, "etc/group", 0);
	is(f, "1:2", NULL, "1:2:2");
	is(f, "3", NULL, "3:0:0");
	is(f, NULL, NULL, "0:0:0");
	fails(f, "root", NULL, "no user");
	fails(f, "1:root", NULL, "no group");
}

static void hostile(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	int fd;

	unlinkat(f->root, "etc/passwd", 0);
	mkfifoat(f->root, "etc/passwd", 0666);
	fails(f, "sailor", NULL, "not a regular file");
	is(f, "1:2", NULL, "1:2:2");
	unlinkat(f->root, "etc/passwd", 0);

	/* The link is resolved in the root, where there is no such file. */
	assert_int_equal(symlinkat("/etc/passwd.host", f->root, "etc/passwd"), 0);
	fails(f, "sailor", NULL, "no user");
	unlinkat(f->root, "etc/passwd", 0);
	assert_int_equal(symlinkat("../../../../../proc/self/environ", f->root, "etc/passwd"), 0);
	fails(f, "sailor", NULL, "no user");
	unlinkat(f->root, "etc/passwd", 0);
	put(f, "etc/real", passwd);
	assert_int_equal(symlinkat("/etc/real", f->root, "etc/passwd"), 0);
	is(f, "sailor:5", NULL, "1000:5:5");
	unlinkat(f->root, "etc/passwd", 0);
	mkdirat(f->root, "etc/passwd", 0755);
	fails(f, "sailor", NULL, "not a regular file");
	unlinkat(f->root, "etc/passwd", AT_REMOVEDIR);
	if (mknodat(f->root, "etc/passwd", S_IFCHR | 0666, makedev(1, 5)) == 0) {
		fails(f, "sailor", NULL, "not a regular file");
		unlinkat(f->root, "etc/passwd", 0);
	}

	fd = openat(f->root, "etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(fd, 10LL << 30), 0);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	fails(f, "sailor", NULL, "larger than");
}

/* A file full of one user's groups. */
static void many(void **state)
{
	struct fixture *f = *state;
	struct text t = TEXT_INIT;

	for (int i = 0; i < 2000; i++)
		text_addf(&t, "g%d:x:%d:sailor\n", i, i + 10);
	put(f, "etc/group", t.s);
	text_free(&t);
	fails(f, "sailor", NULL, "more than 1024 groups");
	is(f, "sailor:g1999", NULL, "1000:2009:2009");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good, setup, teardown),
		cmocka_unit_test_setup_teardown(bad, setup, teardown),
		cmocka_unit_test_setup_teardown(absent, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
