/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "cmd/rootless.h"
#include "cmd/tool.h"
#include "cmd/verb.h"
#include "image/tool.h"

struct push_options {
	struct registry_flags registry;
	const char *platform;
};

static int push_run(const struct call *c, struct error *err)
{
	const struct push_options *o = c->opt;
	struct request q = {
		.verb = "push",
		.store = c->rt->data,
		.images = {1, (const char **)(uintptr_t)c->args},
		.name = c->args_n > 1 ? c->args[1] : NULL,
		.platform = o->platform,
	};

	registry_flags_add(&o->registry, &q);
	return tool_run(&q, c->rt->warn, err);
}

static const struct option_spec push_options[] = {
	{.name = "platform",
	 .value = "OS/ARCH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct push_options, platform),
	 .help = "which of an image's variants, where not all of them are here; without it this "
		 "machine's"},
	{0},
};

static const struct option_spec *const push_tables[] = {push_options, registry_table, NULL};

static const char *const push_text[] = {
	"Brings an image to a registry, under its own name or another. What the registry has is "
	"not "
	"sent again. Prints the digest under which the image can be pulled.",
	"Of an image for several platforms all go, or if some of them are not here, this machine's "
	"alone.",
	NULL,
};

const struct verb verb_push = {
	.name = "push",
	.synopsis = "[OPTION...] IMAGE [DESTINATION]",
	.help = "bring an image to a registry",
	.text = push_text,
	.tables = push_tables,
	.options_size = sizeof(struct push_options),
	.min = 1,
	.max = 2,
	.needs = "an image",
	.rootless = rootless_always,
	.run = push_run,
};
