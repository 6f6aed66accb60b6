/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push: an image from the store to a registry. Blobs first, several at a time, each only where the
 * repository doesn't have it and the registry can't take it from another of its repositories that
 * this store knows; then the manifests; last of all what the tag is to name.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "image/interrupt.h"
#include "image/parts.h"
#include "image/progress.h"
#include "image/registry.h"
#include "image/tool_verbs.h"

#define PARALLEL 4 /* blobs at a time */

/* An image of this store that is at the same registry, by its name. */
struct neighbour {
	const char *repository;
	struct parts parts;
};

struct push {
	const struct job_context *context;
	struct store store;
	struct reference to;
	struct registry *registry;
	struct progress *progress;
	struct image image;
	const struct image_descriptor *target; /* what is pushed: the image's own, or a manifest */
	struct parts parts;
	struct {
		size_t n;
		struct neighbour *v;
	} neighbours;
	pthread_mutex_t lock; /* of what follows */
	size_t next;
	unsigned sent, mounted, there;
	int failed;
	struct error err; /* of the first that failed */
};

/* ---- What there is --------------------------------------------------------------------------- */

/* An index goes out whole or not at all: its digest is that of all its manifests. */
static int parts_choose(struct push *p, struct error *err)
{
	struct arena *a = p->context->arena;
	char text[DIGEST_TEXT_MAX];
	size_t i;
	int r = parts_add(&p->parts, &p->store, p->image.target, a, err);

	p->target = p->image.target;
	if (r < 0 || !p->parts.absent)
		return r;
	for (i = 0; i < p->parts.n; i++)
		if (digest_equal(&p->parts.v[i].digest, &p->image.manifest_digest))
			p->target = p->parts.v[i].descriptor;
	if (p->target == p->image.target)
		return error_say(err, ENOENT, "the manifest %s is not whole here",
				 digest_text(&p->image.manifest_digest, text));
	warn_add(p->context->warn,
		 "of the image's index %u manifests are not here: only the image for %s/%s is "
		 "pushed",
		 p->parts.absent, p->image.config.os, p->image.config.architecture);
	p->parts = (struct parts){0};
	return parts_add(&p->parts, &p->store, p->target, a, err);
}

static void neighbours_find(struct push *p)
{
	struct arena *a = p->context->arena;
	struct image_index index;
	size_t i;

	if (store_index(&p->store, a, &index, NULL) < 0)
		return;
	for (i = 0; i < index.manifests.n; i++) {
		const char *name = image_name_of(&index.manifests.v[i]);
		struct neighbour n = {0};
		struct reference ref;

		if (!name || reference_parse(name, a, &ref, NULL) < 0 ||
		    !streq(ref.host, p->to.host) || streq(ref.repository, p->to.repository))
			continue;
		n.repository = ref.repository;
		if (parts_add(&n.parts, &p->store, &index.manifests.v[i], a, NULL) == 0)
			LIST_ADD(a, &p->neighbours, n);
	}
}

static bool has_part(const struct parts *parts, const struct digest *d)
{
	size_t i;

	for (i = 0; i < parts->n; i++)
		if (digest_equal(&parts->v[i].digest, d))
			return true;
	return false;
}

/* ---- Blobs ----------------------------------------------------------------------------------- */

struct sending {
	struct push *push;
	int fd;
	uint64_t sent; /* bytes, of which the progress is told once: a connection that broke begins anew */
};

static ssize_t blob_source(void *arg, uint64_t offset, void *to, size_t n)
{
	struct sending *s = arg;
	ssize_t got = pread(s->fd, to, n, (off_t)offset);

	if (got < 0)
		return -errno;
	if (offset + (uint64_t)got > s->sent) {
		progress_bytes(s->push->progress, offset + (uint64_t)got - s->sent);
		s->sent = offset + (uint64_t)got;
	}
	return got;
}

static int blob_send(struct push *p, const struct part *b, struct error *err)
{
	char name[STORE_NAME_MAX];
	_cleanup_fd_ int fd =
		openat(p->store.fd, store_blob_name(&b->digest, name), O_RDONLY | O_CLOEXEC);
	struct sending s = {.push = p, .fd = fd};

	if (fd < 0)
		return error_set(err, errno, "open %s of the image store", name);
	return registry_blob_put(p->registry, &b->digest, b->descriptor->size, blob_source, &s,
				 err);
}

/* The registry has it now, or had it. */
static void blob_there(struct push *p, const struct part *b, unsigned *what, const char *how)
{
	if (what != &p->sent)
		progress_bytes(p->progress, b->descriptor->size);
	progress_done(p->progress, b->descriptor->digest, how);
	pthread_mutex_lock(&p->lock);
	++*what;
	pthread_mutex_unlock(&p->lock);
}

static int blob_push(struct push *p, const struct part *b, struct error *err)
{
	size_t i;
	int r = registry_blob_exists(p->registry, &b->digest, err);

	if (r != 0) {
		if (r > 0)
			blob_there(p, b, &p->there, "was there");
		return r < 0 ? r : 0;
	}
	for (i = 0; i < p->neighbours.n; i++) {
		if (!has_part(&p->neighbours.v[i].parts, &b->digest))
			continue;
		/* It may be gone there, or not ours to read: then it is sent. */
		if (registry_blob_mount(p->registry, &b->digest, p->neighbours.v[i].repository,
					NULL) == 1) {
			blob_there(p, b, &p->mounted, "taken from another repository");
			return 0;
		}
		break;
	}
	r = blob_send(p, b, err);
	if (r == 0)
		blob_there(p, b, &p->sent, "sent");
	return r;
}

/* Manifests have a place of their own. */
static bool is_blob(const struct part *part)
{
	return part->kind == PART_CONFIG || part->kind == PART_LAYER;
}

static const struct part *blob_next(struct push *p)
{
	const struct part *b = NULL;

	pthread_mutex_lock(&p->lock);
	while (!b && !p->failed && p->next < p->parts.n) {
		const struct part *part = &p->parts.v[p->next++];

		if (is_blob(part))
			b = part;
	}
	pthread_mutex_unlock(&p->lock);
	return b;
}

static void *blobs_thread(void *arg)
{
	struct push *p = arg;
	const struct part *b;

	while ((b = blob_next(p))) {
		struct error err = ERROR_INIT;
		int r = blob_push(p, b, &err);

		if (r == 0)
			continue;
		pthread_mutex_lock(&p->lock);
		if (!p->failed) {
			p->failed = r;
			p->err = err;
		}
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

static int blobs_push(struct push *p, struct error *err)
{
	pthread_t threads[PARALLEL];
	unsigned n = 0, i;

	pthread_mutex_init(&p->lock, NULL);
	while (n < PARALLEL && pthread_create(&threads[n], NULL, blobs_thread, p) == 0)
		n++;
	if (!n)
		blobs_thread(p);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&p->lock);
	if (p->failed)
		*err = p->err;
	return p->failed;
}

static void progress_start(struct push *p)
{
	static const struct progress_words words = {"Pushing", "blob"};
	uint64_t bytes = 0;
	size_t i, n = 0;

	p->progress = progress_new(&words, reference_text(&p->to, p->context->arena),
				   p->context->request->quiet);
	for (i = 0; i < p->parts.n; i++) {
		if (!is_blob(&p->parts.v[i]))
			continue;
		bytes += p->parts.v[i].descriptor->size;
		n++;
	}
	progress_begin(p->progress, n, bytes);
}

/* ---- Manifests ------------------------------------------------------------------------------- */

static int document_push(struct push *p, const struct digest *d, const char *type, const char *as,
			 struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	int r = store_document(&p->store, d, &t, err);

	return r < 0 ? r : registry_manifest_put(p->registry, as, type, t.s, t.len, err);
}

static int documents_push(struct push *p, struct error *err)
{
	char text[DIGEST_TEXT_MAX];
	struct digest target;
	size_t i;
	int r = digest_parse(p->target->digest, &target, err);

	for (i = 0; r == 0 && i < p->parts.n; i++) {
		const struct part *m = &p->parts.v[i];

		if (m->kind == PART_MANIFEST && !digest_equal(&m->digest, &target))
			r = document_push(p, &m->digest, m->descriptor->media_type,
					  digest_text(&m->digest, text), err);
	}
	return r < 0 ? r : document_push(p, &target, p->target->media_type, p->to.tag, err);
}

/* ---- All ------------------------------------------------------------------------------------- */

static int push_check(void *arg)
{
	(void)arg;
	return interrupt_check(NULL);
}

static int image_push(struct push *p, struct error *err)
{
	const struct request *q = p->context->request;
	const struct registry_options options = {
		.insecure = q->insecure,
		.authfile = q->authfile,
		.credentials = q->credentials,
		.cert_dir = q->cert_dir,
		.warn = p->context->warn,
		.check = push_check,
	};
	int r = parts_choose(p, err);

	if (r < 0)
		return r;
	neighbours_find(p);
	r = registry_open(&p->to, &options, &p->registry, err);
	if (r < 0)
		return r;
	progress_start(p);
	r = blobs_push(p, err);
	if (r == 0)
		r = documents_push(p, err);
	progress_free(p->progress);
	registry_close(p->registry);
	if (r == 0 && !q->quiet)
		fprintf(stderr, "%u blobs sent, %u taken from other repositories, %u were there\n",
			p->sent, p->mounted, p->there);
	if (r == 0)
		printf("%s\n", p->target->digest);
	return r;
}

static int destination_parse(struct push *p, struct error *err)
{
	const struct request *q = p->context->request;
	int r;

	if (!q->name && !p->image.name)
		return error_say(err, EINVAL, "the image has no name: say where it is to go");
	r = reference_parse(q->name ? q->name : p->image.name, p->context->arena, &p->to, err);
	if (r == 0 && (p->to.has_digest || !p->to.tag))
		return error_say(err, EINVAL, "a destination has a tag and no digest");
	return r;
}

int verb_push(const struct job_context *c, struct error *err)
{
	const struct request *q = c->request;
	struct push p = {.context = c, .store = STORE_INIT};
	struct platform want;
	int r = q->images.n ? platform_parse(q->platform, c->arena, &want, err)
			    : error_say(err, EINVAL, "no image is named");

	if (r == 0)
		r = store_open(q->store, true, STORE_SHARED, &p.store, err);
	if (r == 0)
		r = image_find(&p.store, q->images.v[0], &want, c->arena, &p.image, err);
	if (r == 0)
		r = destination_parse(&p, err);
	if (r == 0)
		r = image_push(&p, err);
	store_close(&p.store);
	if (r < 0 && q->images.n)
		error_step(err, "push %s", q->images.v[0]);
	return r;
}
