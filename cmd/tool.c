/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that hoy-image does: load, pull. */
#include <stdint.h>

#include "cmd/rootless.h"
#include "cmd/tool.h"
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
	.rootless = rootless_always,
	.run = load_run,
};

/* ---- pull, and what it shares with push ------------------------------------------------------ */

static const char *const booleans[] = {"true", "false", NULL};

const struct option_spec registry_table[] = {
	{.name = "quiet",
	 .letter = 'q',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct registry_flags, quiet),
	 .help = "don't show the progress"},
	{.name = "tls-verify",
	 .value = "BOOL",
	 .kind = OPTION_CHOICE,
	 .choices = booleans,
	 .offset = OPTION_FIELD(unsigned, struct registry_flags, unverified),
	 .help = "false: don't check the registry's certificate, and speak plain http where https "
		 "isn't spoken"},
	{.name = "authfile",
	 .value = "FILE",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct registry_flags, authfile),
	 .help = "take credentials from FILE instead of the usual ones"},
	{.name = "creds",
	 .value = "USER:PASSWORD",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct registry_flags, credentials),
	 .help = "credentials for the registry; other users see a command line"},
	{.name = "cert-dir",
	 .value = "DIR",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct registry_flags, cert_dir),
	 .help = "take certificates from DIR instead of certs.d"},
	{0},
};

void registry_flags_add(const struct registry_flags *f, struct request *q)
{
	q->authfile = f->authfile;
	q->credentials = f->credentials;
	q->cert_dir = f->cert_dir;
	q->insecure = f->unverified;
	q->quiet = f->quiet;
}

struct pull_options {
	struct registry_flags registry;
	const char *platform;
};

static int pull_run(const struct call *c, struct error *err)
{
	const struct pull_options *o = c->opt;
	struct request q = {
		.verb = "pull",
		.store = c->rt->data,
		.images = {c->args_n, (const char **)(uintptr_t)c->args},
		.platform = o->platform,
	};

	registry_flags_add(&o->registry, &q);
	return tool_run(&q, c->rt->warn, err);
}

static const struct option_spec pull_options[] = {
	{.name = "platform",
	 .value = "OS/ARCH",
	 .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct pull_options, platform),
	 .help = "which of an image's variants; without it this machine's"},
	{0},
};

static const struct option_spec *const pull_tables[] = {pull_options, registry_table, NULL};

static const char *const pull_text[] = {
	"Brings images from registries into the image store and unpacks their layers while they "
	"come. An IMAGE "
	"without a registry is docker.io's, one without a tag is \"latest\".",
	"Credentials, certificates, mirrors and insecure registries are taken from the files that "
	"podman and docker "
	"use: auth.json, config.json, registries.conf, certs.d. Prints the ID of each image.",
	NULL,
};

const struct verb verb_pull = {
	.name = "pull",
	.synopsis = "[OPTION...] IMAGE...",
	.help = "bring images from registries",
	.text = pull_text,
	.tables = pull_tables,
	.options_size = sizeof(struct pull_options),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "an image",
	.rootless = rootless_always,
	.run = pull_run,
};
