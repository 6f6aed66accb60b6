/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "cmd/rootless.h"
#include "cmd/verb.h"
#include "image/tool.h"

struct save_options {
	const char *output, *platform;
	unsigned format;
};

static const char *const formats[] = {"oci-archive", "oci-dir", "docker-archive", NULL};

static int save_run(const struct call *c, struct error *err)
{
	const struct save_options *o = c->opt;
	struct request q = {
		.verb = "save",
		.store = c->rt->data,
		.images = {c->args_n, (const char **)(uintptr_t)c->args},
		.output = o->output,
		.platform = o->platform,
		.format = formats[o->format],
	};

	return tool_run(&q, c->rt->warn, err);
}

static const struct option_spec save_options[] = {
	{.name = "output",
	 .letter = 'o',
	 .value = "PATH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct save_options, output),
	 .help = "write this file or directory instead of standard output"},
	{.name = "format",
	 .value = "FORMAT",
	 .kind = OPTION_CHOICE,
	 .choices = formats,
	 .offset = OPTION_FIELD(unsigned, struct save_options, format),
	 .help = "oci-archive (the default), oci-dir or docker-archive"},
	{.name = "platform",
	 .value = "OS/ARCH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct save_options, platform),
	 .help = "which of an image's variants goes into a docker archive; without it this "
		 "machine's"},
	{0},
};

static const struct option_spec *const save_tables[] = {save_options, NULL};

static const char *const save_text[] = {
	"Writes images to one file, or to a directory: an image layout, as a tar file or as it is, "
	"or "
	"what \"docker load\" reads. Layers and documents go out as they came, so the image that "
	"is "
	"loaded elsewhere has the same digest; in a docker archive it has the same ID.",
	"The same images give the same bytes. The file appears when it is whole.",
	NULL,
};

const struct verb verb_save = {
	.name = "save",
	.synopsis = "[OPTION...] IMAGE...",
	.help = "write images to a file or directory",
	.text = save_text,
	.tables = save_tables,
	.options_size = sizeof(struct save_options),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "an image",
	.rootless = rootless_always,
	.run = save_run,
};
