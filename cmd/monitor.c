/* SPDX-License-Identifier: Apache-2.0 */
/* The verb by which hoy executes itself as a container's monitor: nobody types it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/verb.h"
#include "engine/monitor.h"

struct monitor_options {
	bool rootless;
};

static const struct option_spec monitor_options[] = {
	{.name = MONITOR_ROOTLESS,
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct monitor_options, rootless),
	 .help = "it is in a user's namespace"},
	{0},
};

static const struct option_spec *const monitor_tables[] = {monitor_options, NULL};

/* Standard output is the pipe to whoever has started it; standard input a socket, if he attaches. */
static int monitor_main(const struct call *c, struct error *err)
{
	int report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), client = -1;
	struct runtime rt = *c->rt;
	struct stat st;

	rt.rootless = ((const struct monitor_options *)c->opt)->rootless;
	if (report < 0)
		return error_set(err, errno, "keep the pipe");
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISSOCK(st.st_mode)) {
		client = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		if (client < 0)
			return error_set(err, errno, "keep the client's socket");
	}
	/* What went wrong has been told. */
	return monitor_run(&rt, c->args[0], report, client) < 0 ? 1 : 0;
}

const struct verb verb_monitor = {
	.name = MONITOR_VERB,
	.synopsis = "ID",
	.help = "stay with a container",
	.tables = monitor_tables,
	.options_size = sizeof(struct monitor_options),
	.internal = true,
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.run = monitor_main,
};
