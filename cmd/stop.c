/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs for people that end containers, and wait for it: stop, restart, wait, rm; and rename. */
#include <errno.h>

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/rootless.h"
#include "cmd/several.h"
#include "engine/life.h"
#include "engine/run.h"
#include "spec/names.h"

static const struct option_spec *const no_tables[] = {NULL};

/* ---- stop, restart --------------------------------------------------------------------------- */

#define SECONDS_MAX (366 * 86400)

struct stop_command {
	const char *time;
};

static const struct option_spec stop_options[] = {
	{.name = "time", .letter = 't', .value = "S", .kind = OPTION_STRING,
	 .offset = OPTION_FIELD(const char *, struct stop_command, time),
	 .help = "seconds until KILL, -1: never; without it the container's own --stop-timeout, 10"},
	{0},
};

static const struct option_spec *const stop_tables[] = {stop_options, NULL};

/* *ret: NULL without the option. */
static int stop_time(const struct call *c, int64_t *room, const int64_t **ret, struct error *err)
{
	const struct stop_command *s = c->opt;
	long long seconds;

	*ret = NULL;
	if (!s->time)
		return 0;
	if (parse_i64(s->time, -1, SECONDS_MAX, &seconds) < 0)
		return error_say(err, EINVAL,
				 "--time: must be a number of seconds, or -1 (never), got \"%s\"",
				 s->time);
	*room = seconds;
	*ret = room;
	return 0;
}

static int stop_check(const struct call *c, struct error *err)
{
	const int64_t *seconds;
	int64_t room;

	return stop_time(c, &room, &seconds, err);
}

typedef int stop_fn(const struct runtime *rt, const char *id, const int64_t *seconds, struct error *err);

static int timed(const struct call *c, stop_fn *stop, const char *id, struct error *err)
{
	const int64_t *seconds;
	int64_t room;
	int r = stop_time(c, &room, &seconds, err);

	return r < 0 ? r : stop(c->rt, id, seconds, err);
}

static int stop_one(const struct call *c, const char *id, struct error *err)
{
	return timed(c, engine_stop, id, err);
}

static int stop_run(const struct call *c, struct error *err)
{
	return several(c, stop_one, err);
}

static const char *const stop_text[] = {
	"Ends containers: each gets its stop signal (--stop-signal, the image's, or TERM), and KILL when it "
	"hasn't ended in time. Stopped so, none is started again by its policy. One that doesn't run stays "
	"as it is.",
	NULL,
};

const struct verb verb_stop = {
	.name = "stop",
	.names = VERB_ARGS_ANY,
	.synopsis = "[OPTION...] ID...",
	.help = "end containers",
	.text = stop_text,
	.tables = stop_tables,
	.options_size = sizeof(struct stop_command),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a container ID",
	.check = stop_check,
	.rootless = rootless_containers,
	.run = stop_run,
};

static int restart_one(const struct call *c, const char *id, struct error *err)
{
	return timed(c, engine_restart, id, err);
}

static int restart_run(const struct call *c, struct error *err)
{
	return several(c, restart_one, err);
}

static const char *const restart_text[] = {
	"Ends containers as \"hoy stop\" does, and starts them again. One that doesn't run is started.",
	NULL,
};

const struct verb verb_restart = {
	.name = "restart",
	.names = VERB_ARGS_ANY,
	.synopsis = "[OPTION...] ID...",
	.help = "end containers and start them again",
	.text = restart_text,
	.tables = stop_tables,
	.options_size = sizeof(struct stop_command),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a container ID",
	.check = stop_check,
	.rootless = rootless_containers,
	.run = restart_run,
};

/* ---- wait ------------------------------------------------------------------------------------ */

static int wait_one(const struct call *c, const char *id, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	int status, r = engine_wait(c->rt, id, &status, err);

	if (r < 0)
		return r;
	text_addf(&out, "%d\n", status);
	return output_text(&out, err);
}

static int wait_run(const struct call *c, struct error *err)
{
	return several(c, wait_one, err);
}

static const char *const wait_text[] = {
	"Waits until a container does not run, and prints the exit status of its program, or 128 and the "
	"signal's number; then the next. Of one that has ended already, at once.",
	NULL,
};

const struct verb verb_wait = {
	.name = "wait",
	.names = VERB_ARGS_ANY,
	.synopsis = "ID...",
	.help = "wait for the end of containers and print their exit status",
	.text = wait_text,
	.tables = no_tables,
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a container ID",
	.run = wait_run,
};

/* ---- rm -------------------------------------------------------------------------------------- */

struct rm_command {
	bool force, volumes;
};

static const struct option_spec rm_options[] = {
	{.name = "force", .letter = 'f', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct rm_command, force),
	 .help = "kill those that run; no error where there is none"},
	{.name = "volumes", .letter = 'v', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct rm_command, volumes),
	 .help = "also their anonymous volumes that no other container uses"},
	{0},
};

static const struct option_spec *const rm_tables[] = {rm_options, NULL};

static int rm_one(const struct call *c, const char *id, struct error *err)
{
	const struct rm_command *rm = c->opt;

	return engine_delete(c->rt, id, rm->force, rm->volumes, err);
}

static int rm_run(const struct call *c, struct error *err)
{
	return several(c, rm_one, err);
}

static const char *const rm_text[] = {
	"Removes containers that don't run, with what they have written. The same as \"hoy delete\", for "
	"several. Volumes stay, but for anonymous ones with --volumes.",
	NULL,
};

const struct verb verb_rm = {
	.name = "rm",
	.names = VERB_ARGS_ANY,
	.synopsis = "[OPTION...] ID...",
	.help = "remove containers",
	.text = rm_text,
	.tables = rm_tables,
	.options_size = sizeof(struct rm_command),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a container ID",
	.rootless = rootless_containers,
	.run = rm_run,
};

/* ---- rename ---------------------------------------------------------------------------------- */

static int rename_run(const struct call *c, struct error *err)
{
	int r = engine_rename(c->rt, c->args[0], c->args[1], err);

	if (r < 0)
		error_doc(err, c->verb->name);
	return r;
}

static const char *const rename_text[] = {
	"Gives a container that was made of an image or a directory another name, also while it runs.",
	NULL,
};

const struct verb verb_rename = {
	.name = "rename",
	.names = 1,
	.synopsis = "ID NAME",
	.help = "give a container another name",
	.text = rename_text,
	.tables = no_tables,
	.min = 2,
	.max = 2,
	.needs = "a container ID and a name",
	.run = rename_run,
};
