/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/text.h"
#include "runtime/overlay.h"

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

int source_look(struct source *s, const char *bundle, struct arena *a, struct error *err)
{
	struct overlay o = {.field = "the image's layers", .scratch = "/"};

	if (s->root >= 0)
		return 0;
	/* An overlay of nothing but layers has two or more. */
	if (!bundle && s->layer) {
		s->root = open(s->layer, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return s->root < 0 ? error_set(err, errno, "open the image's layer") : 0;
	}
	o.options = s->overlay->options.v;
	o.n = s->overlay->options.n;
	if (bundle)
		o.scratch = arena_join(a, bundle, "/", s->rootfs, NULL);
	s->root = overlay_mount(&o, err);
	return s->root < 0 ? s->root : 0;
}

void source_close(struct source *s)
{
	s->root = fd_close(s->root);
}
