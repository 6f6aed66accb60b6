/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"
#include "engine/storage.h"
#include "runtime/overlay.h"

#define ROOTFS "rootfs"

static const struct image_config no_image;

/* What is written goes into memory, above the directory. It is a container's own mount, like an image's. */
static int directory_cover(const struct storage *storage, const char *bundle, struct arena *a,
			   struct source *s, struct error *err)
{
	struct mount *m = arena_alloc(a, sizeof(*m));

	*m = (struct mount){.destination = "/", .type = "overlay", .source = "overlay"};
	LIST_ADD(a, &m->options, arena_join(a, "lowerdir+=", s->rootfs, NULL));
	storage_memory_options(storage, s->rootfs, a, &m->options);
	if (bundle && mkdir(arena_join(a, bundle, "/" ROOTFS, NULL), 0700) < 0)
		return error_set(err, errno, "make %s/" ROOTFS, bundle);
	s->rootfs = ROOTFS;
	s->overlay = m;
	return 0;
}

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
	struct storage storage;
	int r;

	if (!opt->rootfs)
		return source_open_image(rt, opt, bundle, a, ret, err);
	r = storage_of_options(opt, &storage, err);
	if (r == 0)
		r = directory_open(opt->rootfs, a, ret, err);
	if (r == 0 && storage.memory)
		r = directory_cover(&storage, bundle, a, ret, err);
	if (r < 0)
		source_close(ret);
	return r;
}

int source_look(struct source *s, const char *bundle, struct arena *a, struct error *err)
{
	struct overlay o = {.field = "the image's layers", .scratch = OVERLAY_SCRATCH};

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
