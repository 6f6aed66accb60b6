/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of the specification that change a container: create, start, kill, delete. */
#include <errno.h>
#include <signal.h>

#include "cmd/attach.h"
#include "cmd/rootless.h"
#include "cmd/several.h"
#include "engine/keys.h"
#include "engine/life.h"
#include "engine/run.h"
#include "spec/names.h"

const struct option_spec bundle_options[] = {
	{.name = "bundle", .letter = 'b', .value = "DIR", .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct create_options, bundle),
	 .help = "the bundle: a directory with config.json and the root file system"},
	{.name = "config", .letter = 'f', .value = "FILE", .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct create_options, config),
	 .help = "read this instead of the bundle's config.json"},
	{0},
};

const struct option_spec create_table[] = {
	{.name = "pid-file", .value = "FILE", .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct create_options, pid_file),
	 .help = "write the process id of the container's first process to FILE"},
	{.name = "preserve-fds", .value = "N", .kind = OPTION_FDS,
	 .offset = OPTION_FIELD(unsigned, struct create_options, preserve_fds),
	 .help = "give the container descriptors 3 to 2+N of the caller too"},
	{.name = "no-pivot", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct create_options, no_pivot),
	 .help = "move the root file system into place instead of pivot_root: only for hosts that "
		 "run from an initramfs"},
	{.name = "no-new-keyring", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct create_options, no_new_keyring),
	 .help = "keep the caller's session keyring"},
	{.name = "console-socket", .value = "SOCKET", .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct create_options, console_socket),
	 .help = "send the master of the process's terminal to this AF_UNIX socket"},
	{.name = "pidfd-socket", .value = "SOCKET", .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct create_options, pidfd_socket),
	 .help = "send a pidfd of the container's first process to this AF_UNIX socket"},
	{0},
};

/* ---- create ---------------------------------------------------------------------------------- */

static int create_run(const struct call *c, struct error *err)
{
	struct create_options opt = *(const struct create_options *)c->opt;

	opt.id = c->args[0];
	if (!opt.bundle)
		opt.bundle = ".";
	return container_create(c->rt, &opt, err);
}

static const struct option_spec *const create_tables[] = {bundle_options, create_table, NULL};

static const char *const create_text[] = {
	"Creates a container: its namespaces, cgroup, mounts and first process, which waits for "
	"\"hoy start\" before it executes the program. Without --bundle the bundle is the current "
	"directory.",
	"A copy of the configuration is kept: later changes of config.json have no effect.",
	NULL,
};

const struct verb verb_create = {
	.name = "create",
	.synopsis = "[OPTION...] ID",
	.help = "create a container",
	.text = create_text,
	.tables = create_tables,
	.options_size = sizeof(struct create_options),
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.run = create_run,
};

/* ---- start ----------------------------------------------------------------------------------- */

static int start_one(const struct call *c, const char *id, struct error *err)
{
	return engine_start(c->rt, id, -1 /* nobody attaches */, err);
}

struct start_command {
	struct attach_options attach; /* first: the shared table fills it */
	bool output, input;
	bool boot;
};

_Static_assert(offsetof(struct start_command, attach) == 0, "shared tables count from the start");

static const struct option_spec start_options[] = {
	{.name = "attach", .letter = 'a', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct start_command, output),
	 .help = "show what it writes, from the first byte, and wait for its end"},
	{.name = "interactive", .letter = 'i', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct start_command, input),
	 .help = "the same, and give it standard input, if it was made with --interactive"},
	{.name = "boot", .kind = OPTION_FLAG, .offset = OPTION_FIELD(bool, struct start_command, boot),
	 .help = "without an ID: all that their restart policies want after the machine's start"},
	{0},
};

static const struct option_spec *const start_tables[] = {start_options, attach_table, NULL};

static int start_check(const struct call *c, struct error *err)
{
	const struct start_command *s = c->opt;
	struct keys keys;
	int r = keys_parse(s->attach.keys, &keys, err);

	if (r < 0)
		return r;
	if (s->boot && (s->output || s->input))
		return error_say(err, EINVAL, "--boot: must not stand beside --attach or --interactive");
	if ((s->output || s->input) && c->args_n > 1)
		return error_say(err, EINVAL, "--%s: is for one container, not %zu",
				 s->output ? "attach" : "interactive", c->args_n);
	if (s->boot && c->args_n)
		return error_say(err, EINVAL, "--boot: must not stand beside an ID");
	if (s->boot || c->args_n)
		return 0;
	options_hint(c->verb->name, err);
	return error_say(err, EINVAL, "a container ID is needed");
}

static int start_attached(const struct call *c, struct error *err)
{
	const struct start_command *s = c->opt;
	struct attach_options opt = s->attach;
	bool started;
	int status, r;

	opt.no_input = !s->input;
	r = engine_start_attached(c->rt, c->args[0], &opt, &started, &status, err);
	return r < 0 ? r : attach_exit_status(status);
}

static int start_run(const struct call *c, struct error *err)
{
	const struct start_command *s = c->opt;

	if (s->output || s->input)
		return start_attached(c, err);
	return s->boot ? engine_boot(c->rt, err) : several(c, start_one, err);
}

static const char *const start_text[] = {
	"Starts the program of a container that \"hoy create\" has made. Returns once the program "
	"has been executed and the poststart hooks have run; with NOTIFY_SOCKET, once the container "
	"says that it is ready.",
	"One that \"hoy run\" has made and that is stopped is made once more and started, with a monitor "
	"that keeps its log.",
	"With --attach or --interactive the exit status is the container's own, and what \"hoy attach "
	"--help\" says of keys and signals holds.",
	NULL,
};

const struct verb verb_start = {
	.name = "start",
	.names = VERB_ARGS_ANY,
	.synopsis = "[OPTION...] ID...\n       hoy start --boot",
	.help = "start created or stopped containers",
	.text = start_text,
	.tables = start_tables,
	.options_size = sizeof(struct start_command),
	.max = VERB_ARGS_ANY,
	.needs = "a container ID",
	.check = start_check,
	.rootless = rootless_containers,
	.run = start_run,
};

/* ---- kill ------------------------------------------------------------------------------------ */

struct kill_command {
	bool all;
};

static int kill_run(const struct call *c, struct error *err)
{
	const struct kill_command *k = c->opt;
	int sig = c->args_n > 1 ? signal_by_name(c->args[1]) : SIGTERM;

	if (sig < 0) {
		error_step(err, "kill");
		return error_say(err, EINVAL, "unknown signal \"%s\"", c->args[1]);
	}
	return engine_kill(c->rt, c->args[0], sig, k->all, err);
}

static const struct option_spec kill_options[] = {
	{.name = "all", .letter = 'a', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct kill_command, all),
	 .help = "signal every process of the container"},
	{0},
};

static const struct option_spec *const kill_tables[] = {kill_options, NULL};

static const char *const kill_text[] = {
	"Sends a signal to the first process of a container that is created or running. SIGNAL is "
	"a name with or without SIG, or a number; without it, TERM is sent.",
	"KILL ends every process of a container that has no pid namespace of its own. KILL and the stop "
	"signal keep the policy of a container that \"hoy run\" has made from starting it again.",
	NULL,
};

const struct verb verb_kill = {
	.name = "kill",
	.names = 1,
	.synopsis = "[OPTION...] ID [SIGNAL]",
	.help = "send a signal to a container",
	.text = kill_text,
	.tables = kill_tables,
	.options_size = sizeof(struct kill_command),
	.min = 1,
	.max = 2,
	.needs = "a container ID",
	.rootless = rootless_containers,
	.run = kill_run,
};

/* ---- delete ---------------------------------------------------------------------------------- */

struct delete_command {
	bool force;
};

static int delete_run(const struct call *c, struct error *err)
{
	const struct delete_command *d = c->opt;

	return engine_delete(c->rt, c->args[0], d->force, false, err);
}

static const struct option_spec delete_options[] = {
	{.name = "force", .letter = 'f', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct delete_command, force),
	 .help = "kill the container if it runs; no error if there is none"},
	{0},
};

static const struct option_spec *const delete_tables[] = {delete_options, NULL};

static const char *const delete_text[] = {
	"Removes a container that is stopped, with its cgroup and its state, and runs its poststop "
	"hooks. A created one is killed first.",
	NULL,
};

const struct verb verb_delete = {
	.name = "delete",
	.names = 1,
	.synopsis = "[OPTION...] ID",
	.help = "remove a container",
	.text = delete_text,
	.tables = delete_tables,
	.options_size = sizeof(struct delete_command),
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.rootless = rootless_containers,
	.run = delete_run,
};
