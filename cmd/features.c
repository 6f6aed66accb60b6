/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/features.h"

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/verb.h"
#include "runtime/seccomp.h"

static int features_run(const struct call *c, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	char library[32];
	struct features_seccomp seccomp = {
		.version = seccomp_library(library, sizeof(library)),
		.arch_known = seccomp_arch_known,
	};

	(void)c;
	features_write(HOY_VERSION, seccomp.version ? &seccomp : NULL, &out);
	return output_text(&out, err);
}

static const struct option_spec *const no_tables[] = {NULL};

static const char *const features_text[] = {
	"Prints what this version of hoy can do, as JSON, as the specification has it: not what "
	"the machine can.",
	NULL,
};

const struct verb verb_features = {
	.name = "features",
	.synopsis = "",
	.help = "print what hoy can do",
	.text = features_text,
	.tables = no_tables,
	.stateless = true,
	.run = features_run,
};
