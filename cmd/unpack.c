/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rootless.h"
#include "cmd/verb.h"
#include "engine/bundle.h"

struct unpack_options {
	const char *platform;
};

static int unpack_run(const struct call *c, struct error *err)
{
	const struct unpack_options *o = c->opt;

	return bundle_unpack(c->rt, c->args[0], o->platform, c->args[1], err);
}

static const struct option_spec unpack_options[] = {
	{.name = "platform",
	 .value = "OS/ARCH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct unpack_options, platform),
	 .help = "which of an image's variants; without it this machine's"},
	{0},
};

static const struct option_spec *const unpack_tables[] = {unpack_options, NULL};

static const char *const unpack_text[] = {
	"Makes an OCI bundle of an image that is here: BUNDLE/rootfs with what a container of it "
	"would "
	"see, and BUNDLE/config.json with what \"hoy run\" would do. Any runtime can run it: hoy "
	"run -b "
	"BUNDLE ID, runc run -b BUNDLE ID.",
	"BUNDLE must be new, or an empty directory; it appears when it is whole.",
	NULL,
};

const struct verb verb_unpack = {
	.name = "unpack",
	.synopsis = "[OPTION...] IMAGE BUNDLE",
	.help = "make an OCI bundle of an image",
	.text = unpack_text,
	.tables = unpack_tables,
	.options_size = sizeof(struct unpack_options),
	.min = 2,
	.max = 2,
	.needs = "an image and a directory to make",
	.rootless = rootless_always,
	.run = unpack_run,
};
