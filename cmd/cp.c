/* SPDX-License-Identifier: Apache-2.0 */
/* cp: files from a container and to one. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmd/rootless.h"
#include "cmd/verb.h"
#include "engine/run.h"
#include "engine/tar_copy.h"
#include "engine/transfer.h"

struct cp_options {
	bool archive, follow;
};

/* What one of the two arguments says. */
struct cp_end {
	const char *text, *container; /* NULL: the host's */
	const char *path;
	bool stream; /* "-" */
	struct files files;
	struct transfer_end end;
};

/* As docker has it: what begins with "/" or "." is the host's, whatever colons are in it. */
static struct cp_end end_read(const struct runtime *rt, const char *text, struct arena *a)
{
	const char *colon = *text == '/' || *text == '.' ? NULL : strchr(text, ':');
	struct cp_end e = {.text = text, .path = text, .files = FILES_INIT};

	e.stream = streq(text, "-");
	if (colon) {
		e.container = engine_resolve(rt, arena_memdup(a, text, (size_t)(colon - text)), a);
		e.path = colon[1] ? colon + 1 : "/";
	}
	return e;
}

static int end_open(const struct runtime *rt, struct cp_end *e, struct error *err)
{
	int r = e->container ? files_open(rt, e->container, &e->files, err) : 0;

	e->end = (struct transfer_end){.files = e->container ? &e->files : NULL, .path = e->path};
	return r;
}

static int ends_check(const struct cp_end *from, const struct cp_end *to, struct error *err)
{
	if (!from->container && !to->container) {
		error_hint(err, "a container's file is written CONTAINER:PATH");
		return error_say(err, EINVAL, "neither \"%.200s\" nor \"%.200s\" is in a container",
				 from->text, to->text);
	}
	if (!*from->path || !*to->path)
		return error_say(err, EINVAL, "a path is empty");
	if (to->stream && isatty(STDOUT_FILENO))
		return error_say(err, EINVAL,
				 "a tar file is not for a terminal: say where it goes");
	return 0;
}

static int ends_copy(const struct call *c, struct cp_end *from, struct cp_end *to,
		     struct error *err)
{
	const struct cp_options *o = c->opt;
	const struct transfer_policy policy = {
		.archive = o->archive, .follow = o->follow, .warn = c->rt->warn};

	if (to->stream)
		return tar_copy_out(c->rt, &from->end, o->follow, err);
	if (from->stream)
		return tar_copy_in(c->rt, &to->end, err);
	return transfer(&from->end, &to->end, &policy, err);
}

static int cp_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct cp_end from = end_read(c->rt, c->args[0], &a), to = end_read(c->rt, c->args[1], &a);
	int r = ends_check(&from, &to, err);

	if (r < 0)
		return r;
	r = end_open(c->rt, &from, err);
	if (r == 0)
		r = end_open(c->rt, &to, err);
	if (r == 0 && to.files.fleeting)
		r = error_say(err, EINVAL,
			      "copy to %s: it doesn't run, and what it writes is in memory "
			      "(--writable-tmpfs) only while it does", to.text);
	if (r == 0) {
		r = ends_copy(c, &from, &to, err);
		if (r < 0)
			error_step(err, "copy %s to %s", from.text, to.text);
	}
	files_close(&from.files);
	files_close(&to.files);
	return r;
}

static const struct option_spec cp_options[] = {
	{.name = "archive",
	 .letter = 'a',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct cp_options, archive),
	 .help = "with owners, set-user-ID bits, devices and all extended attributes"},
	{.name = "follow-link",
	 .letter = 'L',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct cp_options, follow),
	 .help = "where the source is a symbolic link, copy what it leads to"},
	{0},
};

static const struct option_spec *const cp_tables[] = {cp_options, NULL};

static const char *const cp_text[] = {
	"Copies a file or directory from a container, to one, or between two. A container's is "
	"written CONTAINER:PATH, and its path begins at the container's root. \"-\" is a tar file "
	"on "
	"standard output or standard input.",
	"A directory is made where the destination isn't there, and made in it, or merged, where "
	"it is; "
	"\"DIR/.\" means what is in it. Everything belongs to the container's root, or to who runs "
	"hoy, but with --archive.",
	NULL,
};

const struct verb verb_cp = {
	.name = "cp",
	.synopsis = "[OPTION...] CONTAINER:PATH PATH|-\n       hoy cp [OPTION...] PATH|- "
		    "CONTAINER:PATH",
	.help = "copy files from a container or to one",
	.text = cp_text,
	.tables = cp_tables,
	.options_size = sizeof(struct cp_options),
	.min = 2,
	.max = 2,
	.needs = "a source and a destination",
	.rootless = rootless_always,
	.run = cp_run,
};
