/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmd/verb.h"
#include "spec/default_config.h"

struct spec_command {
	const char *bundle;
	bool rootless;
};

static int spec_run(const struct call *c, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	_cleanup_fd_ int dir = -1, fd = -1;
	const struct spec_command *s = c->opt;
	const char *bundle = s->bundle ? s->bundle : ".";
	struct default_config_options o = {
		.rootless = s->rootless, .uid = geteuid(), .gid = getegid()};
	int r;

	default_config_write(&o, &out);
	dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_set(err, errno, "open the bundle %s", bundle);
	/* O_EXCL: what is there may be the work of days. */
	fd = openat(dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST) {
		error_hint(err, "remove it first");
		return error_say(err, EEXIST, "%s/config.json exists already", bundle);
	}
	r = fd < 0 ? -errno : fd_write_all(fd, out.s, out.len);
	if (r < 0 && fd >= 0)
		unlinkat(dir, "config.json", 0);
	return r < 0 ? error_set(err, -r, "write %s/config.json", bundle) : 0;
}

static const struct option_spec spec_options[] = {
	{.name = "bundle", .letter = 'b', .value = "DIR", .kind = OPTION_PATH,
	 .offset = OPTION_FIELD(const char *, struct spec_command, bundle),
	 .help = "write it to this directory instead of the current one"},
	{.name = "rootless", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct spec_command, rootless),
	 .help = "for a user without privilege, with a user namespace of its own"},
	{0},
};

static const struct option_spec *const spec_tables[] = {spec_options, NULL};

static const char *const spec_text[] = {
	"Writes a config.json to start from: a shell in namespaces of its own, with the root file "
	"system in the directory rootfs beside it. A config.json that exists is left alone, which "
	"is an error.",
	NULL,
};

const struct verb verb_spec = {
	.name = "spec",
	.synopsis = "[OPTION...]",
	.help = "write a config.json to start from",
	.text = spec_text,
	.tables = spec_tables,
	.options_size = sizeof(struct spec_command),
	.stateless = true,
	.run = spec_run,
};
