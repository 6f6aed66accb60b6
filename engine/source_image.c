/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as the source of a container's root file system: its unpacked layers, and above them a
 * directory of the container's own. An image that isn't here is pulled first.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/fd.h"
#include "engine/names.h"
#include "engine/project.h"
#include "engine/source.h"
#include "engine/storage.h"
#include "image/collect.h"
#include "image/image.h"
#include "image/stack.h"
#include "image/tool.h"
#include "image/upper.h"
#include "runtime/overlay.h"

#define ROOTFS	    "rootfs"
#define WORK	    "work"
#define OWN_LAYERS  1
#define OWN_OPTIONS 10 /* behind the layers */
/* Files are copied up whole and directories aren't renamed in a way of overlayfs's own: so the upper
 * directory is what a layer would be, whatever the kernel's default. */
static const char *const fixed[] = {"metacopy=off", "index=off"};

struct finding {
	const struct runtime *rt;
	const struct run_options *opt;
	struct arena *arena;
	struct store store;
	struct platform platform;
	struct image *image;
	struct stack stack;
	struct storage storage;
};

/* ---- The image --------------------------------------------------------------------------------- */

static int pull(const struct finding *f, struct error *err)
{
	const char *images[] = {f->opt->image, NULL};
	struct request q = {
		.verb = "pull",
		.store = f->rt->data,
		.images = {1, images},
		.platform = f->opt->platform,
		.silent = true,
	};

	return tool_run(&q, f->rt->warn, err);
}

/* Looks for the image and its unpacked layers. 0, -ENOENT with words, or another negative errno. */
static int find(struct finding *f, struct error *err)
{
	int r = image_find(&f->store, f->opt->image, &f->platform, f->arena, f->image, err);

	if (r < 0)
		return r;
	r = stack_read(&f->store, &f->image->config_digest, f->arena, &f->stack, err);
	if (r == -ENOENT)
		error_say(err, ENOENT, "the image \"%s\" is not unpacked here for %s",
			  f->opt->image, platform_text(&f->platform, f->arena));
	return r;
}

/* pulls: also from a registry. */
static int find_or_pull(struct finding *f, bool pulls, struct error *err)
{
	struct error missing = ERROR_INIT;
	int r;

	if (f->opt->pull != PULL_ALWAYS || !pulls) {
		r = find(f, &missing);
		if (r != -ENOENT || f->opt->pull == PULL_NEVER || !pulls) {
			if (r < 0)
				*err = missing;
			return r;
		}
	}
	r = pull(f, err);
	return r < 0 ? r : find(f, err);
}

/* ---- Its directories --------------------------------------------------------------------------- */

/* The root directory of an overlay looks as the highest layer's, which here is the container's: it gets
 * what the highest layer with an entry for it says. */
static int upper_like(const struct finding *f, int upper)
{
	const char *path;
	int from, r;

	if (!f->stack.root)
		return fchmod(upper, 0755) < 0 ? -errno : 0;
	path = arena_join(f->arena, "layers/", f->stack.layers.v[f->stack.root - 1], "/root", NULL);
	from = openat(f->store.fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (from < 0)
		return -errno;
	r = attributes_copy_all(from, upper);
	close(from);
	return r;
}

/* On the disk: what overlayfs writes in both of them counts. */
static int size_limit(const struct finding *f, const char *bundle, int upper, int work,
		      struct error *err)
{
	const int both[] = {upper, work};
	int r = project_take(f->rt->data, strrchr(bundle, '/') + 1, both, 2, f->storage.size, err);

	if (r < 0)
		error_step(err, "--storage-opt size: %s", bundle);
	return r;
}

static int directories_make(const struct finding *f, const char *bundle, struct error *err)
{
	_cleanup_fd_ int dir = open(bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC), upper = -1,
			 work = -1;
	const char *name = f->storage.memory ? UPPER_MEMORY_DIR : UPPER_DIR;
	int r = 0;

	if (dir < 0 || mkdirat(dir, ROOTFS, 0700) < 0 || mkdirat(dir, name, 0700) < 0 ||
	    mkdirat(dir, WORK, 0700) < 0)
		return error_set(err, errno, "make directories in %s", bundle);
	upper = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	work = openat(dir, WORK, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = upper < 0 || work < 0 ? -errno : upper_like(f, upper);
	/* From here on the layers are the container's too, and no removal of images takes them away. */
	if (r == 0)
		r = file_replace_at(dir, CONTAINER_STACK, f->image->config_digest.hex,
				    strlen(f->image->config_digest.hex), 0600);
	if (r < 0)
		return error_set(err, -r, "make the container's own layer in %s", bundle);
	return f->storage.size && !f->storage.memory ? size_limit(f, bundle, upper, work, err) : 0;
}

/* ---- Its mount --------------------------------------------------------------------------------- */

static const char *layer_path(const struct finding *f, size_t i)
{
	return arena_join(f->arena, f->rt->data, "/layers/", f->stack.layers.v[i], "/root", NULL);
}

static struct strings options_make(const struct finding *f, const char *bundle)
{
	size_t n = f->stack.layers.n, i;
	struct strings o = {.v = arena_alloc(f->arena, (n + OWN_OPTIONS) * sizeof(*o.v))};
	const char *names;

	for (i = n; i-- > 0;)
		o.v[o.n++] = arena_join(f->arena, "lowerdir+=", layer_path(f, i), NULL);
	/* Below all: where the files are mounted that no image has to have. */
	names = names_wanted(f->opt) && n < OVERLAY_LAYERS_MAX
			? names_layer(f->rt->data, bundle != NULL, f->arena)
			: NULL;
	if (names)
		o.v[o.n++] = arena_join(f->arena, "lowerdir+=", names, NULL);
	if (f->stack.user_xattrs)
		o.v[o.n++] = "userxattr";
	if (!bundle)
		return o;
	for (i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		o.v[o.n++] = fixed[i];
	/* With userxattr that is so anyway, and saying it an error. */
	if (!f->stack.user_xattrs)
		o.v[o.n++] = "redirect_dir=off";
	if (f->storage.memory) {
		storage_memory_options(&f->storage,
				       arena_join(f->arena, bundle, "/" UPPER_MEMORY_DIR, NULL),
				       f->arena, &o);
		return o;
	}
	o.v[o.n++] = arena_join(f->arena, "upperdir=", bundle, "/" UPPER_DIR, NULL);
	o.v[o.n++] = arena_join(f->arena, "workdir=", bundle, "/" WORK, NULL);
	/* What is removed with the container need not reach the disk. But such a file system is mounted
	 * only once, and a monitor mounts it anew. */
	if (f->opt->rm && !run_is_monitored(f->opt))
		o.v[o.n++] = "volatile";
	return o;
}

static int source_fill(struct finding *f, const char *bundle, struct source *ret, struct error *err)
{
	const char *user = f->opt->user ? f->opt->user : f->image->config.config.user;
	struct mount *m = arena_alloc(f->arena, sizeof(*m));
	int r;

	if (!f->stack.layers.n)
		return error_say(err, EINVAL,
				 "the image has no layers: there is nothing to run in it");
	r = bundle ? directories_make(f, bundle, err) : 0;
	if (r < 0)
		return r;
	*m = (struct mount){.destination = "/",
			    .type = "overlay",
			    .source = "overlay",
			    .options = options_make(f, bundle)};
	*ret = (struct source){
		.rootfs = ROOTFS,
		.overlay = m,
		.root = -1,
		.mounted = bundle != NULL,
		.layer = f->stack.layers.n == OWN_LAYERS ? layer_path(f, 0) : NULL,
		.root_like = f->stack.root ? layer_path(f, f->stack.root - 1) : NULL,
		.image = &f->image->config,
	};
	/* Numbers and names are looked up in the image's files; root needs neither. */
	if (!user || !*user)
		return 0;
	return source_look(ret, bundle, f->arena, err);
}

int source_open_image(const struct runtime *rt, const struct run_options *opt, const char *bundle,
		      struct arena *a, struct source *ret, struct error *err)
{
	struct finding f = {.rt = rt,
			    .opt = opt,
			    .arena = a,
			    .store = STORE_INIT,
			    .image = arena_alloc(a, sizeof(*f.image))};
	int r = storage_of_options(opt, &f.storage, err);

	if (r < 0)
		return r;
	r = platform_parse(opt->platform, a, &f.platform, err);
	if (r < 0) {
		error_step(err, "--platform");
		return r;
	}
	/* `hoy plan` makes nothing, not even a store. */
	r = store_open(rt->data, bundle != NULL, STORE_SHARED, &f.store, err);
	if (r == -ENOENT && !bundle)
		return error_say(err, ENOENT, "there is no image \"%s\" here, and no image store",
				 opt->image);
	if (r == 0)
		r = find_or_pull(&f, bundle != NULL, err);
	if (r == 0)
		r = source_fill(&f, bundle, ret, err);
	store_close(&f.store);
	return r;
}
