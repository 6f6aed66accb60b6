/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cmd/verb.h"

struct run_command {
	struct create_options create; /* first: the shared tables fill it */
	bool detach;
	bool no_subreaper; /* nothing to do: see the help */
};

_Static_assert(offsetof(struct run_command, create) == 0, "shared tables count from the start");

static int run_check(const struct call *c, struct error *err)
{
	const struct run_command *run = c->opt;

	if (run->create.bundle || c->as_runc)
		return 0;
	error_hint(err, "\"hoy run -b . %s\" takes the current directory", c->args[0]);
	return error_say(err, EINVAL, "-b BUNDLE is needed");
}

static int run_run(const struct call *c, struct error *err)
{
	const struct run_command *run = c->opt;
	struct create_options opt = run->create;
	int status, r;

	opt.id = c->args[0];
	if (!opt.bundle)
		opt.bundle = "."; /* under the name runc */
	if (run->detach)
		return container_run_detached(c->rt, &opt, err);
	r = container_run(c->rt, &opt, &status, err);
	return r < 0 ? r : status;
}

static const struct option_spec run_options[] = {
	{.name = "detach", .letter = 'd', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct run_command, detach),
	 .help = "return as soon as the program runs"},
	{.name = "keep", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct run_command, create.keep),
	 .help = "don't delete the container when it has ended"},
	{.name = "no-subreaper", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct run_command, no_subreaper),
	 .help = "accepted for compatibility: hoy never makes itself a subreaper"},
	{0},
};

static const struct option_spec *const run_tables[] = {
	bundle_options, run_options, create_table, NULL};

static const char *const run_text[] = {
	"Creates and starts a container from a bundle, waits for its end and deletes it. Signals "
	"are forwarded to it meanwhile. The exit status is the program's own, or 128 and the "
	"signal's number when it was killed.",
	"With --detach, returns as soon as the program runs; \"hoy delete\" removes the container "
	"later.",
	NULL,
};

const struct verb verb_run = {
	.name = "run",
	.synopsis = "[OPTION...] -b BUNDLE ID",
	.help = "create a container, start it and wait for its end",
	.text = run_text,
	.tables = run_tables,
	.options_size = sizeof(struct run_command),
	.min = 1,
	.max = 1,
	.needs = "-b BUNDLE and a container ID",
	.check = run_check,
	.run = run_run,
};
