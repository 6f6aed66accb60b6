/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "cmd/verb.h"
#include "engine/log_read.h"
#include "engine/when.h"

struct logs_command {
	const char *since, *until, *tail;
	bool follow, stamps;
};

#define LOGS(type, member) OPTION_FIELD(type, struct logs_command, member)

static const struct option_spec logs_options[] = {
	{.name = "follow", .letter = 'f', .kind = OPTION_FLAG, .offset = LOGS(bool, follow),
	 .help = "go on with what comes, until the container has ended for good"},
	{.name = "since", .value = "TIME", .kind = OPTION_STRING, .offset = LOGS(const char *, since),
	 .help = "what came then or later: 2026-03-01T12:00:00, seconds since 1970, or how long ago, as "
		 "1h30m"},
	{.name = "until", .value = "TIME", .kind = OPTION_STRING, .offset = LOGS(const char *, until),
	 .help = "and not after that"},
	{.name = "tail", .letter = 'n', .value = "N", .kind = OPTION_STRING,
	 .offset = LOGS(const char *, tail), .help = "no more than the last N lines; all"},
	{.name = "timestamps", .letter = 't', .kind = OPTION_FLAG, .offset = LOGS(bool, stamps),
	 .help = "each line with its time, UTC"},
	{0},
};

static const struct option_spec *const logs_tables[] = {logs_options, NULL};

static int time_read(const char *option, const char *text, struct timespec *room,
		     const struct timespec **ret, struct error *err)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!text)
		return 0;
	if (when_parse(text, &now, room) < 0)
		return error_say(err, EINVAL,
				 "--%s: must be a time like 2026-03-01T12:00:00, seconds since 1970 or "
				 "10m, got \"%s\"", option, text);
	*ret = room;
	return 0;
}

static int logs_run(const struct call *c, struct error *err)
{
	const struct logs_command *l = c->opt;
	struct log_query q = {.tail = -1,
			      .follow = l->follow,
			      .stamps = l->stamps,
			      .out = STDOUT_FILENO,
			      .err = STDERR_FILENO};
	struct timespec since, until;
	unsigned long long n;
	int r = time_read("since", l->since, &since, &q.since, err);

	if (r == 0)
		r = time_read("until", l->until, &until, &q.until, err);
	if (r < 0)
		return r;
	if (l->tail && !streq(l->tail, "all")) {
		if (parse_u64(l->tail, 0, INT64_MAX, &n) < 0)
			return error_say(err, EINVAL, "--tail: must be a number of lines, or all, got "
					 "\"%s\"", l->tail);
		q.tail = (int64_t)n;
	}
	r = engine_logs(c->rt, c->args[0], &q, err);
	/* "| head" has what it wants. */
	return r == -EPIPE ? 0 : r;
}

static const char *const logs_text[] = {
	"Prints what a container of \"hoy run -d\" or \"hoy start\" has written, as far as it was kept "
	"(--log-opt): its standard output to standard output, its standard error to standard error.",
	NULL,
};

const struct verb verb_logs = {
	.name = "logs",
	.names = 1,
	.synopsis = "[OPTION...] ID",
	.help = "print what a container has written",
	.text = logs_text,
	.tables = logs_tables,
	.options_size = sizeof(struct logs_command),
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.run = logs_run,
};
