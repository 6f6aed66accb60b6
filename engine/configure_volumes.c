/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person and the image want mounted. An option's word goes before what --volumes-from takes from
 * another container, that before the image's. The image's is the only one that is hostile: it gives a
 * path in the container and nothing else, and where every container has a mount of hoy's it is not asked.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "engine/configure_parts.h"
#include "engine/values.h"
#include "engine/volume_hold.h"
#include "engine/volumes.h"

#define IMAGE_VOLUMES_MAX 256

static bool is_among(const struct volumes_asked *own, const char *destination)
{
	size_t i;

	for (i = 0; i < own->n; i++)
		if (streq(own->v[i].mount.destination, destination))
			return true;
	return false;
}

/* ---- Options --------------------------------------------------------------------------------- */

typedef int parse_fn(const char *text, struct arena *a, struct volume_asked *ret,
		     struct error *err);

static int add_list(struct volumes_asked *own, const char *option, const struct option_list *list,
		    parse_fn *parse, struct arena *a, struct error *err)
{
	struct volume_asked v;
	size_t i;

	for (i = 0; i < list->n; i++) {
		int r = parse(list->v[i], a, &v, err);

		if (r < 0)
			return r;
		if (is_among(own, v.mount.destination))
			return error_say(err, EINVAL, "%s: %s is mounted twice", option,
					 v.mount.destination);
		LIST_ADD(a, own, v);
	}
	return 0;
}

static void add_from(struct volumes_asked *own, const struct volumes_asked *from, struct arena *a)
{
	size_t i;

	for (i = 0; from && i < from->n; i++)
		if (!is_among(own, from->v[i].mount.destination))
			LIST_ADD(a, own, from->v[i]);
}

/* ---- The image ------------------------------------------------------------------------------- */

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* /proc, /sys and /dev are what the kernel and hoy make them. */
static bool is_hoys(const char *path)
{
	static const char *const dirs[] = {"/proc", "/sys", "/dev"};
	size_t i, n;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		n = strlen(dirs[i]);
		if (strncmp(path, dirs[i], n) == 0 && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

static int image_path(const char *text, struct arena *a, const char **ret, struct error *err)
{
	static const char option[] = "the image's volume";
	int r;

	if (has_control(text))
		r = value_wrong(option, "a path without control characters", text, err);
	else
		r = volume_path(option, text, a, ret, err);
	if (r == 0 && streq(*ret, "/"))
		r = value_wrong(option, "a directory below /", text, err);
	if (r == 0 && is_hoys(*ret) && !configure_mounts_default(*ret))
		r = value_wrong(option, "no path in /proc, /sys or /dev", text, err);
	if (r < 0)
		error_hint(err, "--image-volume ignore leaves the image's volumes out");
	return r;
}

static struct volume_asked image_volume(const char *path, bool memory, struct arena *a)
{
	static const char *const tmpfs[] = {"nosuid", "nodev", "tmpcopyup"};
	static const char *const bind[] = {"rbind", "rprivate"};
	struct volume_asked v = {
		.mount = {.destination = path, .type = memory ? "tmpfs" : "bind"},
		.kind = memory ? VOLUME_NONE : VOLUME_ANONYMOUS,
	};
	size_t i;

	if (memory)
		v.mount.source = "tmpfs";
	for (i = 0; memory && i < sizeof(tmpfs) / sizeof(tmpfs[0]); i++)
		LIST_ADD(a, &v.mount.options, tmpfs[i]);
	for (i = 0; !memory && i < sizeof(bind) / sizeof(bind[0]); i++)
		LIST_ADD(a, &v.mount.options, bind[i]);
	return v;
}

static int add_image(struct volumes_asked *own, const struct configure *in, struct error *err)
{
	const struct image_names *names = &in->source->image->config.volumes;
	unsigned how = in->opt->image_volume;
	const char *path;
	size_t i;

	if (how == IMAGE_VOLUME_IGNORE)
		return 0;
	if (names->n > IMAGE_VOLUMES_MAX)
		return error_say(err, E2BIG, "the image has %zu volumes: at most %d are taken",
				 names->n, IMAGE_VOLUMES_MAX);
	for (i = 0; i < names->n; i++) {
		int r = image_path(names->v[i].key, in->arena, &path, err);

		if (r < 0)
			return r;
		if (is_among(own, path) || configure_mounts_default(path))
			continue;
		LIST_ADD(in->arena, own, image_volume(path, how == IMAGE_VOLUME_TMPFS, in->arena));
	}
	return 0;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static unsigned depth(const struct volume_asked *v)
{
	const char *s = v->mount.destination;
	unsigned n = 0;

	while ((s = strchr(s, '/'))) {
		n++;
		s++;
	}
	return n;
}

/* The outer before the inner, else as they were given; there are few. */
static void sort(struct volumes_asked *own)
{
	size_t i, k;

	for (i = 1; i < own->n; i++) {
		struct volume_asked v = own->v[i];

		for (k = i; k > 0 && depth(&own->v[k - 1]) > depth(&v); k--)
			own->v[k] = own->v[k - 1];
		own->v[k] = v;
	}
}

/* Where the volumes are. */
static void sources_fill(struct volumes_asked *own, const struct configure *in)
{
	size_t i, k = 0;

	for (i = 0; i < own->n; i++) {
		struct volume_asked *v = &own->v[i];

		if (v->kind != VOLUME_NAMED && v->kind != VOLUME_ANONYMOUS)
			continue;
		if (!v->name)
			v->name = volume_anonymous_name(in->id, k++, in->arena);
		v->mount.source = volumes_path(in->data ? in->data : "", v->name, in->arena);
	}
}

int configure_volumes(const struct configure *in, struct volumes_asked *ret, struct error *err)
{
	const struct run_options *o = in->opt;
	struct volumes_asked own = {0};
	int r = add_list(&own, "-v", &o->volumes, volume_parse, in->arena, err);

	if (r == 0)
		r = add_list(&own, "--mount", &o->mounts, volume_mount_parse, in->arena, err);
	if (r == 0)
		r = add_list(&own, "--tmpfs", &o->tmpfs, volume_tmpfs_parse, in->arena, err);
	if (r < 0)
		return r;
	add_from(&own, in->from, in->arena);
	r = add_image(&own, in, err);
	if (r < 0)
		return r;
	sort(&own);
	sources_fill(&own, in);
	*ret = own;
	return 0;
}

void configure_volumes_add(const struct volumes_asked *own, const struct configure *in,
			   struct config *c)
{
	struct volume_uses uses = {0};
	size_t i;

	for (i = 0; i < own->n; i++) {
		const struct volume_asked *v = &own->v[i];
		const struct volume_use use = {c->mounts.n, v->kind, v->name ? v->name : "",
					       v->nocopy};

		if (v->kind != VOLUME_NONE)
			LIST_ADD(in->arena, &uses, use);
		LIST_ADD(in->arena, &c->mounts, v->mount);
	}
	volume_uses_annotate(&uses, &c->annotations, in->arena);
	if (in->uses)
		*in->uses = uses;
}
