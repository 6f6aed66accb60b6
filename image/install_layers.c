/* SPDX-License-Identifier: Apache-2.0 */
#include "image/install_layers.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/blob.h"
#include "image/layer_unpack.h"
#include "image/staging.h"

#define PARALLEL_MAX 16

/* ---- Layers ---------------------------------------------------------------------------------- */

struct work {
	const struct store *store;
	const struct source *from;
	struct install_layer *jobs;
	size_t n;
	pthread_mutex_t lock;
	size_t next;
	int failed;
	struct error err; /* of the first that failed */
};

static bool work_failed(struct work *w)
{
	bool failed;

	pthread_mutex_lock(&w->lock);
	failed = w->failed;
	pthread_mutex_unlock(&w->lock);
	return failed;
}

/* A layer that comes: to the store and to the process that unpacks it. */
struct split {
	struct work *work;
	struct install_layer *job;
	struct blob blob;
	int pipe;
};

static int sink_split(void *to, const void *p, size_t n, struct error *err)
{
	struct split *s = to;
	int r;

	if (work_failed(s->work))
		return error_say(err, ECANCELED, "another layer has failed");
	r = blob_add(&s->blob, p, n, err);
	if (r < 0)
		return r;
	if (s->work->from->progress)
		s->work->from->progress(s->work->from->arg, s->job->layer, n, false);
	/* If it has ended it says why itself. */
	if (s->pipe >= 0 && fd_write_all(s->pipe, p, n) < 0)
		return error_say(err, EPIPE, "the process that unpacks it has ended");
	return 0;
}

/* Checks what was unpacked against what the image says. */
static int report_check(const struct install_layer *j, const struct layer_report *r,
			struct error *err)
{
	char diff[DIGEST_TEXT_MAX];

	if (r->blob && !streq(r->blob, j->layer->digest) && j->blob.algorithm == DIGEST_SHA256)
		return error_say(err, EINVAL, "its digest is %s", r->blob);
	if (!streq(r->diff, digest_text(&j->diff, diff)))
		return error_say(err, EINVAL,
				 "its content has the digest %s; the configuration says %s",
				 r->diff, diff);
	return 0;
}

static int job_commit(struct install_layer *j, struct staging *g, const struct layer_report *report,
		      struct error *err)
{
	struct layer_info info = {
		.diff = report->diff,
		.bytes = report->bytes,
		.entries = report->entries,
		.implied = report->implied.n,
		.has_root = report->has_root,
	};

	j->xattrs_lost = report->xattrs_lost;
	return staging_commit(g, &info, &report->implied, err);
}

/* Unpacks a blob that is in the store. */
static int job_unpack(struct work *w, struct install_layer *j, struct staging *g, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	char name[STORE_NAME_MAX];
	_cleanup_fd_ int fd =
		openat(w->store->fd, store_blob_name(&j->blob, name), O_RDONLY | O_CLOEXEC);
	struct layer_unpack u;
	struct layer_report report;
	int r = fd < 0 ? error_set(err, errno, "open %s of the image store", name)
		       : layer_unpack_begin(g->root, fd, &u, err);

	if (r == 0)
		r = layer_unpack_end(&u, &a, &report, err);
	if (r == 0)
		r = report_check(j, &report, err);
	return r < 0 ? r : job_commit(j, g, &report, err);
}

/* Fetches a blob and unpacks it meanwhile. */
static int job_stream(struct work *w, struct install_layer *j, struct split *s, struct staging *g,
		      struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct error fetched = ERROR_INIT, unpacked = ERROR_INIT;
	struct layer_report report;
	struct layer_unpack u;
	int r = layer_unpack_begin(g->root, -1, &u, err), end;

	if (r < 0)
		return r;
	s->pipe = u.input;
	r = w->from->fetch(w->from->arg, j->layer, 0, sink_split, s, &fetched);
	if (r == 0)
		r = blob_commit(&s->blob, &fetched);
	end = layer_unpack_end(&u, &a, &report, &unpacked);
	/* The first cause: what was fetched wrong can't be unpacked; a process that ended early
	 * stops the fetching. */
	if (r < 0 && !(r == -EPIPE && end < 0)) {
		*err = fetched;
		return r;
	}
	if (end < 0) {
		*err = unpacked;
		return end;
	}
	r = report_check(j, &report, err);
	return r < 0 ? r : job_commit(j, g, &report, err);
}

/* The locks come in this order everywhere: the blob's, then the layer's. Whoever has the second
 * never waits for the first. */
static int job_run(struct work *w, struct install_layer *j, struct error *err)
{
	struct split s = {.work = w, .job = j, .blob = BLOB_INIT, .pipe = -1};
	struct staging g = STAGING_INIT;
	bool resumed, staged;
	int have, r;

	have = blob_begin(w->store, &j->blob, j->layer->size, &s.blob, err);
	if (have < 0)
		return have;
	if (have == 0 && !w->from->fetch) {
		blob_abandon(&s.blob, false);
		return error_say(err, ENOENT, "its blob is missing");
	}
	resumed = have == 0 && s.blob.have > 0;
	r = j->again ? 1 : staging_begin(w->store, j->diff.hex, &g, err);
	staged = r == 0;
	if (r >= 0 && have == 0 && staged && !resumed) {
		r = job_stream(w, j, &s, &g, err);
	} else if (r >= 0) {
		r = have ? 0
			 : w->from->fetch(w->from->arg, j->layer, s.blob.have, sink_split, &s, err);
		if (r == 0 && !have)
			r = blob_commit(&s.blob, err);
		if (r == 0 && staged)
			r = job_unpack(w, j, &g, err);
	}
	blob_abandon(&s.blob, false);
	if (r < 0)
		staging_abandon(&g);
	return r < 0 ? r : 0;
}

/* "layer 3, sha256:…: usr/bin/x: …" */
static void error_of_layer(const struct work *w, const struct install_layer *j, struct error *err)
{
	char step[sizeof(err->step)];

	snprintf(step, sizeof(step), "layer %zu, %s%s%s", (size_t)(j - w->jobs), j->layer->digest,
		 err->step[0] ? ": " : "", err->step);
	memcpy(err->step, step, sizeof(step));
}

static void *work_thread(void *arg)
{
	struct work *w = arg;

	for (;;) {
		struct error err = ERROR_INIT;
		struct install_layer *j = NULL;
		int r;

		pthread_mutex_lock(&w->lock);
		if (!w->failed && w->next < w->n)
			j = &w->jobs[w->next++];
		pthread_mutex_unlock(&w->lock);
		if (!j)
			return NULL;
		r = job_run(w, j, &err);
		if (r == 0 && w->from->progress)
			w->from->progress(w->from->arg, j->layer, 0, true);
		if (r == 0)
			continue;
		error_of_layer(w, j, &err);
		pthread_mutex_lock(&w->lock);
		if (!w->failed) {
			w->failed = r;
			w->err = err;
		}
		pthread_mutex_unlock(&w->lock);
	}
}

static int work_run(struct work *w, unsigned parallel, struct error *err)
{
	pthread_t threads[PARALLEL_MAX];
	unsigned n = 0, i;

	if (parallel > PARALLEL_MAX)
		parallel = PARALLEL_MAX;
	while (n < parallel && n < w->n && pthread_create(&threads[n], NULL, work_thread, w) == 0)
		n++;
	if (!n && w->n)
		work_thread(w);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	if (w->failed)
		*err = w->err;
	return w->failed;
}

static int jobs_make(const struct image *image, struct arena *a, struct install_layers *ret,
		     struct error *err)
{
	const struct image_descriptors *layers = &image->manifest.layers;
	const struct strings *diffs = &image->config.rootfs.diff_ids;
	size_t i, k;
	int r = 0;

	if (layers->n != diffs->n)
		return error_say(err, EINVAL,
				 "the manifest names %zu layers, the configuration %zu", layers->n,
				 diffs->n);
	if (layers->n > INSTALL_LAYERS_MAX)
		return error_say(err, E2BIG,
				 "the image has %zu layers; the kernel's overlayfs takes %d",
				 layers->n, INSTALL_LAYERS_MAX);
	ret->n = layers->n;
	ret->v = arena_alloc(a, (ret->n + 1) * sizeof(*ret->v));
	for (i = 0; r == 0 && i < ret->n; i++) {
		struct install_layer *j = &ret->v[i];

		j->layer = &layers->v[i];
		r = digest_parse(layers->v[i].digest, &j->blob, err);
		if (r == 0)
			r = digest_parse(diffs->v[i], &j->diff, err);
		for (k = 0; k < i; k++)
			j->again |= digest_equal(&j->diff, &ret->v[k].diff);
	}
	return r;
}

int install_layers(const struct store *s, const struct source *from, const struct image *image,
		   struct arena *a, struct install_layers *ret, struct error *err)
{
	struct work w = {.store = s, .from = from};
	struct install_layers layers;
	int r = jobs_make(image, a, &layers, err);

	if (r < 0)
		return r;
	w.jobs = layers.v;
	w.n = layers.n;
	pthread_mutex_init(&w.lock, NULL);
	r = work_run(&w, from->parallel, err);
	pthread_mutex_destroy(&w.lock);
	if (r == 0)
		*ret = layers;
	return r;
}
