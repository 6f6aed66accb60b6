/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `hoy run`, a verb with two meanings: of a bundle (-b, or under the name runc) it is the OCI
 * runtimes' verb, of an image or a directory it is docker's and podman's.
 */
#include <errno.h>

#include "base/fd.h"
#include "cmd/attach.h"
#include "cmd/output.h"
#include "cmd/run_image.h"
#include "engine/run.h"
#include "engine/containers.h"

static bool is_bundle(const struct call *c)
{
	return c->as_runc || run_is_bundle(c->opt);
}

/* What follows the ID of a bundle may be options still; what follows an image is the command's own.
 */
static bool run_ends(const void *opt)
{
	return !run_is_bundle(opt);
}

static int run_check(const struct call *c, struct error *err)
{
	struct run_options image;
	int r = run_kind_check(c, is_bundle(c), err);

	if (r < 0)
		return r;
	if (!is_bundle(c))
		return run_image_read(c, &image, err);
	if (c->args_n == 1)
		return 0;
	options_hint("run", err);
	if (!c->args_n)
		return error_say(err, EINVAL, "a container ID is needed");
	return error_say(err, EINVAL, "unexpected argument \"%s\"", c->args[1]);
}

static int run_bundle(const struct call *c, struct error *err)
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

static int run_image(const struct call *c, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct run_options opt;
	char id[CONTAINERS_ID_SIZE];
	int status, r;

	*c->failure = RUN_FAILED;
	r = run_image_read(c, &opt, err);
	if (r == 0)
		r = engine_run(c->rt, &opt, id, &status, err);
	if (r < 0) {
		error_doc(err, c->verb->name);
		*c->failure = engine_run_failure(r, err);
		return r;
	}
	if (!opt.detach)
		return attach_exit_status(status);
	text_addf(&out, "%s\n", id);
	return output_text(&out, err);
}

static int run_run(const struct call *c, struct error *err)
{
	return is_bundle(c) ? run_bundle(c, err) : run_image(c, err);
}

/* Of a bundle the namespaces are its own business. */
static bool run_rootless(const struct call *c, const char **id)
{
	(void)id;
	return !is_bundle(c);
}

const struct option_spec run_both_table[] = {
	{.name = "detach",
	 .letter = 'd',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct run_command, detach),
	 .help = "return as soon as the program runs"},
	{0},
};

const struct option_spec run_bundle_heading[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Options for bundles"},
	{0},
};

const struct option_spec run_bundle_table[] = {
	{.name = "keep",
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct run_command, create.keep),
	 .help = "don't delete the container when it has ended"},
	{.name = "no-subreaper",
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct run_command, no_subreaper),
	 .help = "accepted for compatibility: hoy never makes itself a subreaper"},
	{0},
};

static const struct option_spec *const run_tables[] = {RUN_TABLES, NULL};

static const char *const run_text[] = {
	"Creates and starts a container and waits for its end. Signals are forwarded to it "
	"meanwhile. The "
	"exit status is the program's own, or 128 and the signal's number when it was killed.",
	"Of an image, or of a directory with --rootfs: options end before IMAGE or COMMAND; what "
	"follows "
	"belongs to the command. The container stays, stopped, until \"hoy rm\", unless --rm "
	"is given. "
	"The exit status is 125 when hoy failed, 126 when the program could not be executed and "
	"127 when "
	"it was not found.",
	"With --detach, prints the ID, and a monitor stays with the container: \"hoy logs\" has what "
	"it writes, \"hoy attach\" is at its streams. With --detach-keys there is a monitor too, and "
	"the caller is attached from the first byte: where the container has a terminal, these keys "
	"leave it, and it goes on.",
	"Of a bundle with -b: the container is deleted when it has ended, unless --keep is given. "
	"With "
	"--detach, \"hoy delete\" removes it later.",
	NULL,
};

const struct verb verb_run = {
	.name = "run",
	.synopsis = "[OPTION...] IMAGE [COMMAND...]\n       hoy run [OPTION...] --rootfs DIR "
		    "COMMAND...\n"
		    "       hoy run [OPTION...] -b BUNDLE ID",
	.help = "create a container, start it and wait for its end",
	.text = run_text,
	.tables = run_tables,
	.options_size = sizeof(struct run_command),
	.max = VERB_ARGS_ANY,
	.needs = "-b BUNDLE and a container ID",
	.ends = run_ends,
	.check = run_check,
	.rootless = run_rootless,
	.run = run_run,
};
