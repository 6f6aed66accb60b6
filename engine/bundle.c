/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/configure.h"
#include "engine/tree_copy.h"
#include "image/output.h"
#include "image/store.h"

#define ROOTFS	    "rootfs"
#define CONFIG	    "config.json"
#define HOSTNAME    "hoy"
#define ROOTFS_MODE 0755
/* Nothing that is newer is in it, and there are runtimes that refuse what they don't know. */
#define OCI_VERSION "1.0.2"

static int rootfs_make(const struct source *source, int bundle, struct error *err)
{
	_cleanup_fd_ int to = -1, like = -1;
	int r;

	if (mkdirat(bundle, ROOTFS, 0700) < 0)
		return error_set(err, errno, "make " ROOTFS);
	to = openat(bundle, ROOTFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return error_set(err, errno, "open " ROOTFS);
	r = tree_copy(source->root, to, err);
	if (r < 0)
		return r;
	if (!source->root_like)
		return fchmod(to, ROOTFS_MODE) < 0 ? error_set(err, errno, "open " ROOTFS) : 0;
	like = open(source->root_like, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	r = like < 0 ? -errno : attributes_copy_all(like, to);
	return r < 0 ? error_set(err, -r, "give " ROOTFS " the image's attributes") : 0;
}

static int config_make(const struct run_options *opt, const struct source *from, int bundle,
		       struct arena *a, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	struct source source = *from;
	struct machine machine;
	struct configure in = {
		.opt = opt,
		.source = &source,
		.machine = &machine,
		.id = HOSTNAME,
		.arena = a,
	};
	struct config c;
	int r;

	source.overlay = NULL;
	source.rootfs = ROOTFS;
	machine_look(false, &machine);
	r = configure(&in, &c, err);
	if (r < 0)
		return r;
	c.oci_version = OCI_VERSION;
	config_write(&c, &text);
	r = file_replace_at(bundle, CONFIG, text.s, text.len, 0644);
	return r < 0 ? error_set(err, -r, "write " CONFIG) : 0;
}

static int bundle_fill(struct source *source, struct run_options *opt, int bundle, struct arena *a,
		       struct error *err)
{
	static const char *const shell[] = {"sh", NULL};
	const struct image_execution *x = &source->image->config;
	int r = source_look(source, NULL, a, err);

	if (r == 0)
		r = rootfs_make(source, bundle, err);
	/* An image need not say what it runs, a bundle must. */
	if ((!x->entrypoint || !x->entrypoint->n) && (!x->cmd || !x->cmd->n)) {
		opt->command = shell;
		opt->command_n = 1;
	}
	return r < 0 ? r : config_make(opt, source, bundle, a, err);
}

int bundle_unpack(const struct runtime *rt, const char *image, const char *platform,
		  const char *path, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(store_close) struct store s = STORE_INIT;
	/* Volumes are what a runtime's caller mounts. */
	struct run_options opt = {
		.image = image,
		.platform = platform,
		.hostname = HOSTNAME,
		.image_volume = IMAGE_VOLUME_IGNORE,
	};
	struct source source = SOURCE_INIT;
	struct output out = OUTPUT_INIT;
	int r;

	/* Until the end: the layers must not be removed meanwhile. */
	r = store_open(rt->data, true, STORE_SHARED, &s, err);
	if (r == 0)
		r = source_open(rt, &opt, NULL, &a, &source, err);
	if (r == 0)
		r = output_directory(path, &out, err);
	if (r == 0)
		r = bundle_fill(&source, &opt, out.fd, &a, err);
	if (r == 0)
		r = output_commit(&out, err);
	output_abandon(&out);
	source_close(&source);
	if (r < 0)
		error_step(err, "unpack %s to %s", image, path);
	return r;
}
