/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attach.h"

#include <unistd.h>

#include "base/fd.h"
#include "cmd/verb.h"
#include "engine/keys.h"

#define ATTACH(type, member) OPTION_FIELD(type, struct attach_options, member)

const struct option_spec attach_table[] = {
	{.name = "detach-keys", .value = "KEYS", .kind = OPTION_STRING,
	 .offset = ATTACH(const char *, keys),
	 .help = "those that leave a container with a terminal, which goes on: characters, ctrl-X or DEL "
		 "with commas between them (" KEYS_DEFAULT "); \"\": none"},
	{.name = "sig-proxy", .kind = OPTION_FLAG_NOT, .offset = ATTACH(bool, no_signals),
	 .help = "send signals on to a container without a terminal (the default; =false: not)"},
	{0},
};

static const struct option_spec attach_own_table[] = {
	{.name = "no-stdin", .kind = OPTION_FLAG, .offset = ATTACH(bool, no_input),
	 .help = "standard input is not for the container"},
	{0},
};

static const struct option_spec *const attach_tables[] = {attach_table, attach_own_table, NULL};

int attach_exit_status(int status)
{
	if (status != ATTACH_LEFT)
		return status;
	if (isatty(STDERR_FILENO))
		fd_write_all(STDERR_FILENO, "\n", 1);
	return 0;
}

static int attach_check(const struct call *c, struct error *err)
{
	const struct attach_options *opt = c->opt;
	struct keys keys;

	return keys_parse(opt->keys, &keys, err);
}

static int attach_run(const struct call *c, struct error *err)
{
	int status, r = engine_attach(c->rt, c->args[0], c->opt, &status, err);

	return r < 0 ? r : attach_exit_status(status);
}

static const char *const attach_text[] = {
	"Shows what a container of \"hoy run -d\" or \"hoy start\" writes from now on, and gives it what "
	"stands at standard input, if it was made with --interactive. Several may be attached at once.",
	"The end of standard input is the end of the container's too, unless that is a terminal. At a "
	"terminal the keys leave the container, which goes on, with exit status 0; a signal leaves it too. "
	"Without a terminal signals are sent on to the container.",
	"The exit status is the container's own when it ends, also if it is then started again. Who takes "
	"nothing of what it writes for ten seconds is hung up on.",
	NULL,
};

const struct verb verb_attach = {
	.name = "attach",
	.names = 1,
	.synopsis = "[OPTION...] ID",
	.help = "be at the streams of a running container",
	.text = attach_text,
	.tables = attach_tables,
	.options_size = sizeof(struct attach_options),
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.check = attach_check,
	.run = attach_run,
};
