/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "cmd/verb.h"
#include "image/tool.h"

struct push_options {
	const char *platform, *authfile, *credentials, *cert_dir;
	bool quiet;
	unsigned unverified; /* index in booleans */
};

static const char *const booleans[] = {"true", "false", NULL};

static int push_run(const struct call *c, struct error *err)
{
	const struct push_options *o = c->opt;
	struct request q = {
		.verb = "push",
		.store = c->rt->data,
		.images = {1, (const char **)(uintptr_t)c->args},
		.name = c->args_n > 1 ? c->args[1] : NULL,
		.platform = o->platform,
		.authfile = o->authfile,
		.credentials = o->credentials,
		.cert_dir = o->cert_dir,
		.insecure = o->unverified,
		.quiet = o->quiet,
	};

	return tool_run(&q, c->rt->warn, err);
}

static const struct option_spec push_options[] = {
	{.name = "platform",
	 .value = "OS/ARCH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct push_options, platform),
	 .help = "which of an image's variants, where not all of them are here; without it this "
		 "machine's"},
	{.name = "quiet",
	 .letter = 'q',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct push_options, quiet),
	 .help = "print the digest alone"},
	{.name = "tls-verify",
	 .value = "BOOL",
	 .kind = OPTION_CHOICE,
	 .choices = booleans,
	 .offset = OPTION_FIELD(unsigned, struct push_options, unverified),
	 .help = "false: don't check the registry's certificate, and speak plain http where https "
		 "isn't spoken"},
	{.name = "authfile",
	 .value = "FILE",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct push_options, authfile),
	 .help = "take credentials from FILE instead of the usual ones"},
	{.name = "creds",
	 .value = "USER:PASSWORD",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct push_options, credentials),
	 .help = "credentials for the registry; other users see a command line"},
	{.name = "cert-dir",
	 .value = "DIR",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct push_options, cert_dir),
	 .help = "take certificates from DIR instead of certs.d"},
	{0},
};

static const struct option_spec *const push_tables[] = {push_options, NULL};

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
	.run = push_run,
};
