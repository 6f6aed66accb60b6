/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rootless.h"
#include "cmd/verb.h"
#include "image/tool.h"

struct fsck_options {
	bool repair;
};

static int fsck_run(const struct call *c, struct error *err)
{
	const struct fsck_options *o = c->opt;
	struct request q = {.verb = "fsck", .store = c->rt->data, .repair = o->repair};

	return tool_run(&q, c->rt->warn, err);
}

static const struct option_spec fsck_options[] = {
	{.name = "repair",
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct fsck_options, repair),
	 .help = "remove what is damaged, unpack layers again, and remove images of which a part "
		 "is lost"},
	{0},
};

static const struct option_spec *const fsck_tables[] = {fsck_options, NULL};

static const char *const fsck_text[] = {
	"Looks through the image store: whether every blob has the digest and the size that are "
	"said "
	"of it, whether all parts of each image are there, and whether its layers are unpacked "
	"whole. "
	"Prints a line for each finding. The exit status is 0 when nothing is found, or all of it "
	"is "
	"repaired.",
	"It waits until no other command works on images, and others wait for it.",
	NULL,
};

const struct verb verb_fsck = {
	.name = "fsck",
	.synopsis = "[OPTION...]",
	.help = "check the image store, and repair it",
	.text = fsck_text,
	.tables = fsck_tables,
	.options_size = sizeof(struct fsck_options),
	.rootless = rootless_always,
	.run = fsck_run,
};
