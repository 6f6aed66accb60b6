/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit: what a container has written becomes a layer above those of its image. Without
 * SOURCE_DATE_EPOCH the image is as old as the newest file in that layer, so that the same content
 * is the same image.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "image/change.h"
#include "image/compose.h"
#include "image/layer_pack.h"
#include "image/tool_verbs.h"
#include "image/upper.h"

#define DOCKER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"

struct commit {
	const struct job_context *context;
	struct store store;
	struct image image; /* that the container was made from */
	int upper;
};

static int container_open(struct commit *m, struct error *err)
{
	const struct request *q = m->context->request;
	struct arena *a = m->context->arena;
	_cleanup_(text_free) struct text stack = TEXT_INIT;
	struct platform p;
	int r;

	if (strchr(q->container, '/') || q->container[0] == '.')
		return error_say(err, EINVAL, "no container has such an ID");
	m->upper = upper_open(&m->store, q->container, &stack, err);
	if (m->upper < 0)
		return m->upper;
	r = platform_parse(q->platform, a, &p, err);
	if (r == 0)
		r = image_find(&m->store, stack.s, &p, a, &m->image, err);
	if (r != -ENOENT)
		return r;
	*err = (struct error)ERROR_INIT;
	error_hint(err, "pull or load it again");
	return error_say(err, ENOENT, "the image that it was made from must be here");
}

/* Documents of docker's have other words for the same. */
static const char *layer_type(const char *type)
{
	return streq(type, DOCKER_GZIP) ? LAYER_TYPE_GZIP : type;
}

/* What the new image has of the old one, in lists that can grow. */
static void base_take(struct commit *m, struct compose *c)
{
	const struct image *i = &m->image;
	struct arena *a = m->context->arena;
	size_t k;

	c->config = i->config;
	c->config.rootfs.diff_ids = (struct strings){0};
	c->config.history.n = 0;
	c->config.history.v = NULL;
	for (k = 0; k < i->manifest.layers.n; k++) {
		struct image_descriptor d = i->manifest.layers.v[k];

		d.media_type = layer_type(d.media_type);
		LIST_ADD(a, &c->layers, d);
		LIST_ADD(a, &c->config.rootfs.diff_ids, i->config.rootfs.diff_ids.v[k]);
	}
	for (k = 0; k < i->config.history.n; k++)
		LIST_ADD(a, &c->config.history, i->config.history.v[k]);
}

static int layer_sink(void *to, const void *p, size_t n, struct error *err)
{
	return layer_out_add(to, p, n, err);
}

static int image_make(struct commit *m, const char *name, struct error *err)
{
	const struct job_context *c = m->context;
	struct compose made = {.context = c, .store = &m->store};
	struct image_history history = {
		.created_by = "hoy commit",
		.author = c->request->author,
		.comment = c->request->message,
	};
	struct layer_out *out = NULL;
	struct layer layer;
	time_t newest;
	int r;

	base_take(m, &made);
	r = changes_apply(&c->request->changes, &made.config.config, c->arena, err);
	if (r == 0)
		r = layer_out_begin(&m->store, &out, err);
	if (r == 0)
		r = layer_pack(m->upper, layer_sink, out, &newest, c->warn, err);
	if (r == 0)
		r = layer_out_commit(out, &layer, err);
	layer_out_free(out);
	if (r < 0)
		return r;
	history.created = compose_time(newest, c->arena);
	if (c->request->author)
		made.config.author = c->request->author;
	compose_layer(&made, &layer, &history);
	return compose_commit(&made, name, err);
}

int verb_commit(const struct job_context *c, struct error *err)
{
	const struct request *q = c->request;
	struct commit m = {.context = c, .store = STORE_INIT, .upper = -1};
	const char *name;
	int r = compose_name(q->name, c->arena, &name, err);

	/* libarchive writes names as bytes only where its locale can express them. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (r == 0 && !q->container)
		r = error_say(err, EINVAL, "no container is named");
	if (r == 0)
		r = store_open(q->store, true, STORE_SHARED, &m.store, err);
	if (r == 0)
		r = container_open(&m, err);
	if (r == 0)
		r = image_make(&m, name, err);
	fd_close(m.upper);
	store_close(&m.store);
	if (r < 0)
		error_step(err, "commit the container %.64s", q->container ? q->container : "");
	return r;
}
