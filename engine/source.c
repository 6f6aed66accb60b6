/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/text.h"

static const struct image_config no_image;

static int directory_open(const char *dir, struct arena *a, struct source *ret, struct error *err)
{
	char real[PATH_MAX];
	int fd;

	if (!realpath(dir, real))
		return error_set(err, errno, "--rootfs: %.200s", dir);
	if (streq(real, "/")) {
		error_hint(err, "make a directory with what the container is to see");
		return error_say(err, EINVAL, "--rootfs: the host's own / can't be a container's");
	}
	fd = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "--rootfs: %.200s", dir);
	*ret = (struct source){.rootfs = arena_strdup(a, real), .root = fd, .image = &no_image};
	return 0;
}

int source_open(const struct runtime *rt, const struct run_options *opt, const char *bundle,
		struct arena *a, struct source *ret, struct error *err)
{
	return opt->rootfs ? directory_open(opt->rootfs, a, ret, err)
			   : source_open_image(rt, opt, bundle, a, ret, err);
}

void source_close(struct source *s)
{
	s->root = fd_close(s->root);
}
