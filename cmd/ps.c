/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume, ps: see runtime/pause.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "cmd/output.h"
#include "cmd/containers.h"

#define PS_OUTPUT_MAX (64u << 20)

static const struct option_spec *const no_tables[] = {NULL};

static int pause_run(const struct call *c, struct error *err)
{
	return container_pause(c->rt, c->args[0], err);
}

static const char *const pause_text[] = {
	"Stops all processes of a container where they are, through the freezer of its cgroup, until "
	"\"hoy resume\".",
	NULL,
};

const struct verb verb_pause = {
	.name = "pause",
	.names = 1,
	.synopsis = "ID",
	.help = "stop all processes of a container for a while",
	.text = pause_text,
	.tables = no_tables,
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.run = pause_run,
};

static int resume_run(const struct call *c, struct error *err)
{
	return container_resume(c->rt, c->args[0], err);
}

static const char *const resume_text[] = {
	"Lets the processes of a paused container go on.",
	NULL,
};

const struct verb verb_resume = {
	.name = "resume",
	.names = 1,
	.synopsis = "ID",
	.help = "let a paused container go on",
	.text = resume_text,
	.tables = no_tables,
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.run = resume_run,
};

/* ---- ps ---------------------------------------------------------------------------------------- */

enum { PS_TABLE, PS_JSON };

struct ps_options {
	unsigned format; /* PS_TABLE, PS_JSON */
	struct containers_query list;
};

static const char *const ps_formats[] = {"table", "json", NULL};

static const struct option_spec ps_table[] = {
	{.name = "format", .letter = 'f', .value = "FORMAT", .kind = OPTION_CHOICE,
	 .choices = ps_formats, .offset = OPTION_FIELD(unsigned, struct ps_options, format),
	 .help = "table (the default) or json: with an ID a list of process ids"},
	{0},
};

#define LIST(type, member) OPTION_FIELD(type, struct ps_options, list.member)

static const struct option_spec ps_list_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Options without an ID"},
	{.name = "all", .letter = 'a', .kind = OPTION_FLAG, .offset = LIST(bool, all),
	 .help = "also containers that don't run"},
	{.name = "quiet", .letter = 'q', .kind = OPTION_FLAG, .offset = LIST(bool, quiet),
	 .help = "print nothing but the IDs"},
	{.name = "no-trunc", .kind = OPTION_FLAG, .offset = LIST(bool, whole),
	 .help = "IDs and commands in full length"},
	{.name = "filter", .value = "KEY=VALUE", .kind = OPTION_LIST,
	 .offset = LIST(struct option_list, filters),
	 .help = "only with this id, name (or a part of it), status or label; may be repeated: all must "
		 "hold"},
	{0},
};

static const struct option_spec *const ps_tables[] = {ps_table, ps_list_table, NULL};

enum { PS_LIST_TABLE = 1 };

static int ps_check(const struct call *c, struct error *err)
{
	const struct option_spec *seen = c->seen[PS_LIST_TABLE];

	if (c->args_n && seen)
		return error_say(err, EINVAL, "--%s: is for the list of containers, without an ID",
				 seen->name);
	if (!c->args_n && c->as_runc)
		return error_say(err, EINVAL, "a container ID is needed");
	return 0;
}

static int ps_containers(const struct call *c, struct error *err)
{
	const struct ps_options *opt = c->opt;
	struct containers_query q = opt->list;

	q.json = opt->format == PS_JSON;
	return containers_print(c->rt, &q, err);
}

static int ps_json(const struct cgroup_pids *pids, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	size_t i;

	text_add(&out, "[");
	for (i = 0; i < pids->n; i++)
		text_addf(&out, "%s%d", i ? "," : "", (int)pids->v[i]);
	text_add(&out, "]\n");
	return output_text(&out, err);
}

/* Runs the host's ps and collects what it prints. 0 or negative errno. */
static int ps_collect(const char *const *args, size_t n, struct text *out, struct error *err)
{
	const char **argv = calloc(n + 3, sizeof(*argv));
	int pipe_fds[2], status, r;
	pid_t pid;

	if (!argv || pipe2(pipe_fds, O_CLOEXEC) < 0) {
		free(argv);
		return error_set(err, errno, "run ps");
	}
	argv[0] = "ps";
	if (n)
		memcpy(argv + 1, args, n * sizeof(*argv));
	else
		argv[1] = "-ef";
	pid = fork();
	if (pid == 0) {
		process_reset_signals();
		if (dup2(pipe_fds[1], STDOUT_FILENO) >= 0)
			execvp("ps", (char *const *)argv);
		_exit(127);
	}
	free(argv);
	close(pipe_fds[1]);
	r = pid < 0 ? -errno : fd_read_all(pipe_fds[0], PS_OUTPUT_MAX, out);
	close(pipe_fds[0]);
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (r < 0)
		return error_set(err, -r, "run ps");
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 127) {
		error_hint(err, "--format json needs no ps");
		return error_say(err, ENOENT, "ps can't be executed");
	}
	if (WEXITSTATUS(status))
		return error_say(err, EINVAL, "ps ended with exit status %d", WEXITSTATUS(status));
	return 0;
}

/* Which column of the heading is PID; -1 without one. */
static int pid_column(const char *line, const char *end)
{
	int column = 0;

	while (line < end) {
		size_t n = strcspn(line, " \t\n");

		if (n == 3 && memcmp(line, "PID", 3) == 0)
			return column;
		column += n > 0;
		line += n;
		line += strspn(line, " \t");
		if (*line == '\n')
			break;
	}
	return -1;
}

static long pid_in(const char *line, const char *end, int column)
{
	for (line += strspn(line, " \t"); column > 0 && line < end; column--) {
		line += strcspn(line, " \t\n");
		line += strspn(line, " \t");
	}
	return strtol(line, NULL, 10);
}

static bool has_pid(const struct cgroup_pids *pids, long pid)
{
	size_t i;

	for (i = 0; i < pids->n; i++)
		if (pids->v[i] == pid)
			return true;
	return false;
}

/* The lines of ps that are about the container's processes, under its heading. */
static int ps_filter(const struct cgroup_pids *pids, const struct text *all, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const char *line = all->s + strspn(all->s, " \t"), *end = strchr(all->s, '\n');
	int column = end ? pid_column(line, end) : -1;

	if (column < 0)
		return error_say(err, EINVAL, "ps prints no column PID with these arguments");
	text_add_bytes(&out, all->s, (size_t)(end - all->s) + 1);
	for (line = end + 1; (end = strchr(line, '\n')); line = end + 1)
		if (has_pid(pids, pid_in(line, end, column)))
			text_add_bytes(&out, line, (size_t)(end - line) + 1);
	return output_text(&out, err);
}

static int ps_run(const struct call *c, struct error *err)
{
	const struct ps_options *opt = c->opt;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text all = TEXT_INIT;
	struct cgroup_pids pids;
	int r;

	if (!c->args_n)
		return ps_containers(c, err);
	r = container_pids(c->rt, c->args[0], &a, &pids, err);
	if (r < 0)
		return r;
	if (opt->format == PS_JSON)
		return ps_json(&pids, err);
	r = ps_collect(c->args + 1, c->args_n - 1, &all, err);
	return r < 0 ? r : ps_filter(&pids, &all, err);
}

static const char *const ps_text[] = {
	"Without an ID, lists the containers that run, of bundles and of images, the newest first.",
	"With one, lists its processes with the host's ps, to which the arguments behind the ID go (-ef "
	"without any); they must leave the column PID in.",
	NULL,
};

const struct verb verb_ps = {
	.name = "ps",
	.names = 1,
	.synopsis = "[OPTION...]\n       hoy ps [OPTION...] ID [PS-ARGUMENT...]",
	.help = "list the containers, or the processes of one",
	.text = ps_text,
	.tables = ps_tables,
	.options_size = sizeof(struct ps_options),
	.max = VERB_ARGS_ANY,
	.needs = "a container ID",
	.in_order = true,
	.check = ps_check,
	.run = ps_run,
};
