/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that hoy-image does: load. */
#include "cmd/verb.h"
#include "image/tool.h"

struct load_options {
	const char *input, *name, *platform;
	bool quiet;
};

static int load_run(const struct call *c, struct error *err)
{
	const struct load_options *o = c->opt;
	struct request q = {
		.verb = "load",
		.store = c->rt->data,
		.input = o->input,
		.name = o->name,
		.platform = o->platform,
		.quiet = o->quiet,
	};

	return tool_run(&q, c->rt->warn, err);
}

static const struct option_spec load_options[] = {
	{.name = "input",
	 .letter = 'i',
	 .value = "PATH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct load_options, input),
	 .help = "read this file or directory instead of standard input"},
	{.name = "name",
	 .value = "NAME",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct load_options, name),
	 .help = "call the image NAME, whatever is written there"},
	{.name = "platform",
	 .value = "OS/ARCH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct load_options, platform),
	 .help = "which of an image's variants to unpack; without it this machine's"},
	{.name = "quiet",
	 .letter = 'q',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct load_options, quiet),
	 .help = "print the names of the images alone"},
	{0},
};

static const struct option_spec *const load_tables[] = {load_options, NULL};

static const char *const load_text[] = {
	"Brings images into the image store, from an image layout (a directory), an OCI archive or "
	"a docker "
	"archive (tar files, also compressed by gzip or zstd, as \"docker save\", \"podman save\", "
	"skopeo and "
	"buildah write them), and unpacks their layers. Every digest is verified.",
	"An image whose only name is a tag is called localhost/FILE:TAG after the file that it "
	"comes from.",
	NULL,
};

const struct verb verb_load = {
	.name = "load",
	.synopsis = "[OPTION...]",
	.help = "load images from a file or directory",
	.text = load_text,
	.tables = load_tables,
	.options_size = sizeof(struct load_options),
	.run = load_run,
};
