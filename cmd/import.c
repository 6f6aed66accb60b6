/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "cmd/rootless.h"
#include "cmd/verb.h"
#include "image/tool.h"

struct import_options {
	struct change_options change;
	const char *platform;
};

static int import_run(const struct call *c, struct error *err)
{
	const struct import_options *o = c->opt;
	struct request q = {
		.verb = "import",
		.store = c->rt->data,
		.input = streq(c->args[0], "-") ? NULL : c->args[0],
		.name = c->args_n > 1 ? c->args[1] : NULL,
		.changes = {o->change.list.n, (const char **)(uintptr_t)o->change.list.v},
		.message = o->change.message,
		.platform = o->platform,
	};

	return tool_run(&q, c->rt->warn, err);
}

const struct option_spec change_table[] = {
	{.name = "change",
	 .letter = 'c',
	 .value = "INSTRUCTION",
	 .kind = OPTION_LIST,
	 .offset = OPTION_FIELD(struct option_list, struct change_options, list),
	 .help = "say how it is run: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME "
		 "or "
		 "WORKDIR, as in a Dockerfile; may be given again"},
	{.name = "message",
	 .letter = 'm',
	 .value = "TEXT",
	 .kind = OPTION_STRING,
	 .offset = OPTION_FIELD(const char *, struct change_options, message),
	 .help = "a comment for the image's history"},
	{0},
};

static const struct option_spec import_options[] = {
	{.name = "platform",
	 .value = "OS/ARCH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct import_options, platform),
	 .help = "what the programs in it are for; without it this machine"},
	{0},
};

static const struct option_spec *const import_tables[] = {change_table, import_options, NULL};

static const char *const import_text[] = {
	"Makes an image of one layer from the tar file of a root file system, plain or compressed "
	"by "
	"gzip or zstd; \"-\" is standard input. Prints its ID.",
	"The time of creation is SOURCE_DATE_EPOCH where that is set in the environment: then the "
	"same "
	"file gives the same image.",
	NULL,
};

const struct verb verb_import = {
	.name = "import",
	.synopsis = "[OPTION...] FILE|- [NAME]",
	.help = "make an image of a root file system's tar file",
	.text = import_text,
	.tables = import_tables,
	.options_size = sizeof(struct import_options),
	.min = 1,
	.max = 2,
	.needs = "a tar file, or - for standard input",
	.rootless = rootless_always,
	.run = import_run,
};
