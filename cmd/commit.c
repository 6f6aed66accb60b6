/* SPDX-License-Identifier: Apache-2.0 */
/* What a container has written: shown by diff, kept by commit. */
#include <stdint.h>

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/rootless.h"
#include "cmd/verb.h"
#include "engine/changes.h"
#include "image/tool.h"

static int diff_run(const struct call *c, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	int r = changes_list(c->rt, c->args[0], &out, err);

	return r < 0 ? r : output_text(&out, err);
}

static const struct option_spec *const no_tables[] = {NULL};

static const char *const diff_text[] = {
	"Lists what a container has changed in its image's files: A for what is new, C for what "
	"was "
	"there before, D for what is gone.",
	NULL,
};

const struct verb verb_diff = {
	.name = "diff",
	.names = 1,
	.synopsis = "CONTAINER",
	.help = "list what a container has changed",
	.text = diff_text,
	.tables = no_tables,
	.min = 1,
	.max = 1,
	.needs = "a container",
	.rootless = rootless_containers,
	.run = diff_run,
};

struct commit_options {
	struct change_options change;
	const char *author;
	bool pause;
};

static int commit_run(const struct call *c, struct error *err)
{
	const struct commit_options *o = c->opt;
	struct request q = {
		.verb = "commit",
		.store = c->rt->data,
		.container = c->args[0],
		.name = c->args_n > 1 ? c->args[1] : NULL,
		.changes = {o->change.list.n, (const char **)(uintptr_t)o->change.list.v},
		.message = o->change.message,
		.author = o->author,
	};
	struct error later = ERROR_INIT;
	int r = o->pause ? container_pause(c->rt, c->args[0], err) : 0, resumed;

	if (r < 0)
		return r;
	r = tool_run(&q, c->rt->warn, err);
	resumed = o->pause ? container_resume(c->rt, c->args[0], &later) : 0;
	if (r == 0 && resumed < 0) {
		*err = later;
		r = resumed;
	}
	return r;
}

static const struct option_spec commit_options[] = {
	{.name = "author",
	 .letter = 'a',
	 .value = "NAME",
	 .kind = OPTION_STRING,
	 .offset = OPTION_FIELD(const char *, struct commit_options, author),
	 .help = "who made it"},
	{.name = "pause",
	 .letter = 'p',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct commit_options, pause),
	 .help = "stop the container's processes meanwhile"},
	{0},
};

static const struct option_spec *const commit_tables[] = {change_table, commit_options, NULL};

static const char *const commit_text[] = {
	"Makes an image of a container: that which it was made from, and above it a layer with "
	"what the "
	"container has written. Prints its ID.",
	"The same content gives the same image: it is as old as the newest file in the layer, or "
	"as "
	"SOURCE_DATE_EPOCH says.",
	NULL,
};

const struct verb verb_commit = {
	.name = "commit",
	.names = 1,
	.synopsis = "[OPTION...] CONTAINER [NAME]",
	.help = "make an image of a container",
	.text = commit_text,
	.tables = commit_tables,
	.options_size = sizeof(struct commit_options),
	.min = 1,
	.max = 2,
	.needs = "a container",
	.rootless = rootless_containers,
	.run = commit_run,
};
