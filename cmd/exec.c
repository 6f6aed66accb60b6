/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cmd/rootless.h"
#include "cmd/verb.h"

struct exec_command {
	struct exec_options exec;
	struct option_list env, groups, caps;
};

/* What follows the ID; a "--" in between, as kubectl's users write it, is not the command. */
static const char *const *command(const struct call *c, size_t *n)
{
	size_t first = c->args_n > 1 && streq(c->args[1], "--") ? 2 : 1;

	*n = c->args_n - first;
	return c->args + first;
}

/* A process document says everything; what it would override unheard is an error. */
static int exec_check(const struct call *c, struct error *err)
{
	const struct exec_command *e = c->opt;
	const char *other;
	size_t n;

	command(c, &n);
	if (!e->exec.process_file && !n) {
		options_hint("exec", err);
		return error_say(err, EINVAL, "a command or --process FILE is needed");
	}
	if (!e->exec.process_file)
		return 0;
	other = n		       ? "a command"
		: e->exec.cwd	       ? "--cwd"
		: e->exec.user	       ? "--user"
		: e->exec.no_new_privs ? "--no-new-privs"
		: e->env.n	       ? "--env"
		: e->groups.n	       ? "--additional-gids"
		: e->caps.n	       ? "--cap"
				       : NULL;
	if (!other)
		return 0;
	return error_say(err, EINVAL, "--process says what to execute and how: %s can't be given too",
			 other);
}

static int exec_run(const struct call *c, struct error *err)
{
	const struct exec_command *e = c->opt;
	struct exec_options opt = e->exec;
	int status, r;

	opt.id = c->args[0];
	if (!opt.process_file)
		opt.args = command(c, &opt.args_n);
	opt.env = e->env.v;
	opt.env_n = e->env.n;
	opt.groups = e->groups.v;
	opt.groups_n = e->groups.n;
	opt.caps = e->caps.v;
	opt.caps_n = e->caps.n;
	r = container_exec(c->rt, &opt, &status, err);
	return r < 0 ? r : status;
}

#define EXEC_FIELD(type, member) OPTION_FIELD(type, struct exec_command, member)

static const struct option_spec exec_table[] = {
	{.name = "process", .letter = 'p', .value = "FILE", .kind = OPTION_PATH,
	 .offset = EXEC_FIELD(const char *, exec.process_file),
	 .help = "take everything from FILE, the process object of a config.json"},
	{.name = "detach", .letter = 'd', .kind = OPTION_FLAG,
	 .offset = EXEC_FIELD(bool, exec.detach),
	 .help = "return as soon as the command runs"},
	{.name = "pid-file", .value = "FILE", .kind = OPTION_PATH,
	 .offset = EXEC_FIELD(const char *, exec.pid_file),
	 .help = "write the command's process id to FILE"},
	{.name = "user", .letter = 'u', .value = "UID[:GID]", .kind = OPTION_STRING,
	 .offset = EXEC_FIELD(const char *, exec.user),
	 .help = "run as this user instead of the container's"},
	{.name = "additional-gids", .letter = 'g', .value = "GID", .kind = OPTION_LIST,
	 .offset = EXEC_FIELD(struct option_list, groups),
	 .help = "add a group; may be repeated"},
	{.name = "env", .letter = 'e', .value = "NAME=VALUE", .kind = OPTION_LIST,
	 .offset = EXEC_FIELD(struct option_list, env),
	 .help = "add to the environment; may be repeated"},
	{.name = "cwd", .value = "DIR", .kind = OPTION_PATH,
	 .offset = EXEC_FIELD(const char *, exec.cwd),
	 .help = "working directory in the container"},
	{.name = "cap", .letter = 'c', .value = "CAPABILITY", .kind = OPTION_LIST,
	 .offset = EXEC_FIELD(struct option_list, caps),
	 .help = "add a capability, as CAP_NET_ADMIN; may be repeated"},
	{.name = "no-new-privs", .kind = OPTION_FLAG,
	 .offset = EXEC_FIELD(bool, exec.no_new_privs),
	 .help = "set no_new_privs: executing a program gains no privilege"},
	{.name = "preserve-fds", .value = "N", .kind = OPTION_FDS,
	 .offset = EXEC_FIELD(unsigned, exec.preserve_fds),
	 .help = "give the command descriptors 3 to 2+N of the caller too"},
	{.name = "ignore-paused", .kind = OPTION_FLAG,
	 .offset = EXEC_FIELD(bool, exec.ignore_paused),
	 .help = "wait in a paused container instead of failing"},
	{.name = "tty", .letter = 't', .kind = OPTION_FLAG,
	 .offset = EXEC_FIELD(bool, exec.tty),
	 .help = "give the command a terminal of its own"},
	{.name = "console-socket", .value = "SOCKET", .kind = OPTION_PATH,
	 .offset = EXEC_FIELD(const char *, exec.console_socket),
	 .help = "send the master of that terminal to this AF_UNIX socket"},
	{.name = "cgroup", .value = "PATH", .kind = OPTION_STRING,
	 .offset = EXEC_FIELD(const char *, exec.cgroup),
	 .help = "run in this cgroup below the container's, which must be there"},
	{.name = "pidfd-socket", .value = "SOCKET", .kind = OPTION_PATH,
	 .offset = EXEC_FIELD(const char *, exec.pidfd_socket),
	 .help = "send a pidfd of the command to this AF_UNIX socket"},
	{.name = "process-label", .value = "LABEL", .kind = OPTION_REFUSED,
	 .refused = "SELinux labels are"},
	{.name = "apparmor", .value = "PROFILE", .kind = OPTION_REFUSED,
	 .refused = "AppArmor profiles are"},
	{0},
};

static const struct option_spec *const exec_tables[] = {exec_table, NULL};

static const char *const exec_text[] = {
	"Executes a command in a running container, with the user, environment, limits and "
	"capabilities of the container's own process unless options say otherwise. Options end at "
	"the ID: what follows it belongs to the command.",
	"The exit status is the command's own, 128 and the signal's number when it was killed, and "
	"255 when it could not be executed.",
	NULL,
};

const struct verb verb_exec = {
	.name = "exec",
	.names = 1,
	.synopsis = "[OPTION...] ID COMMAND [ARGUMENT...]",
	.help = "execute a command in a running container",
	.text = exec_text,
	.tables = exec_tables,
	.options_size = sizeof(struct exec_command),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a container ID and a command",
	.in_order = true,
	.failure = 255,
	.check = exec_check,
	.rootless = rootless_containers,
	.run = exec_run,
};
