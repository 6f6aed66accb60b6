/* SPDX-License-Identifier: Apache-2.0 */
/* --change: the instructions, their quotes, and what they replace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "image/change.h"

static int apply(struct arena *a, struct image_execution *c, const char *text)
{
	const char *v[] = {text, NULL};
	const struct strings s = {1, v};

	return changes_apply(&s, c, a, NULL);
}

static void commands(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct image_execution c = {0};

	(void)state;
	assert_int_equal(apply(&a, &c, "CMD [\"a\", \"b c\"]"), 0);
	assert_int_equal(c.cmd->n, 2);
	assert_string_equal(c.cmd->v[1], "b c");
	assert_int_equal(apply(&a, &c, "cmd echo \"hi\""), 0);
	assert_int_equal(c.cmd->n, 3);
	assert_string_equal(c.cmd->v[0], "/bin/sh");
	assert_string_equal(c.cmd->v[2], "echo \"hi\"");
	/* Not a list of strings: a line for the shell, as docker has it. */
	assert_int_equal(apply(&a, &c, "CMD [1]"), 0);
	assert_string_equal(c.cmd->v[2], "[1]");
	assert_int_equal(apply(&a, &c, "ENTRYPOINT [\"x\"]"), 0);
	assert_null(c.cmd);
	assert_string_equal(c.entrypoint->v[0], "x");
}

static void entrypoint_and_command_together(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *v[] = {"CMD [\"c\"]", "ENTRYPOINT [\"e\"]", NULL};
	const struct strings s = {2, v};
	struct image_execution c = {0};

	(void)state;
	assert_int_equal(changes_apply(&s, &c, &a, NULL), 0);
	assert_string_equal(c.cmd->v[0], "c");
	assert_string_equal(c.entrypoint->v[0], "e");
}

static void pairs(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct image_execution c = {0};

	(void)state;
	assert_int_equal(apply(&a, &c, "ENV A=1 B=\"two words\" C='x\\y' D=a\\ b"), 0);
	assert_int_equal(c.env.n, 4);
	assert_string_equal(c.env.v[1], "B=two words");
	assert_string_equal(c.env.v[2], "C=x\\y");
	assert_string_equal(c.env.v[3], "D=a b");
	assert_int_equal(apply(&a, &c, "ENV A 2 and more"), 0);
	assert_int_equal(c.env.n, 4);
	assert_string_equal(c.env.v[3], "A=2 and more");
	assert_int_equal(apply(&a, &c, "LABEL k=v k=w"), 0);
	assert_int_equal(c.labels.n, 1);
	assert_string_equal(c.labels.v[0].value, "w");
	assert_true(apply(&a, &c, "ENV A") < 0);
	assert_true(apply(&a, &c, "ENV =x") < 0);
	assert_true(apply(&a, &c, "ENV A=1 B") < 0);
}

static void words(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct image_execution c = {0};

	(void)state;
	assert_int_equal(apply(&a, &c, "EXPOSE 80 53/udp 80/tcp"), 0);
	assert_int_equal(c.exposed_ports.n, 2);
	assert_int_equal(apply(&a, &c, "VOLUME [\"/a b\"]"), 0);
	assert_int_equal(apply(&a, &c, "VOLUME /c /d"), 0);
	assert_int_equal(c.volumes.n, 3);
	assert_string_equal(c.volumes.v[0].key, "/a b");
	assert_int_equal(apply(&a, &c, "WORKDIR /srv"), 0);
	assert_int_equal(apply(&a, &c, "WORKDIR www"), 0);
	assert_string_equal(c.working_dir, "/srv/www");
	assert_int_equal(apply(&a, &c, "USER 1000:1000"), 0);
	assert_string_equal(c.user, "1000:1000");
	assert_int_equal(apply(&a, &c, " STOPSIGNAL SIGINT "), 0);
	assert_string_equal(c.stop_signal, "SIGINT");
}

static void refused(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	static const char *const bad[] = {
		"",
		"CMD",
		"RUN ls",
		"EXPOSE 0",
		"EXPOSE 65536",
		"EXPOSE 80/icmp",
		"USER a b",
		"VOLUME rel",
		"CMDX [\"\"]",
		"STOPSIGNAL \"\"",
		"EXPOSE x",
	};
	struct image_execution c = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(apply(&a, &c, bad[i]) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands), cmocka_unit_test(entrypoint_and_command_together),
		cmocka_unit_test(pairs),    cmocka_unit_test(words),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
