/* SPDX-License-Identifier: Apache-2.0 */
/* Whether every blob has the digest that its name says. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "image/fsck.h"
#include "image/hash.h"
#include "image/interrupt.h"

#define READ_SIZE (256 * 1024)
#define PARALLEL  2 /* a disk is rarely faster than two processors hash */

struct job {
	struct digest digest;
	char name[STORE_NAME_MAX];
	struct digest got;
	int failed; /* errno of reading it */
};

struct jobs {
	size_t n;
	struct job *v;
};

struct work {
	const struct store *store;
	struct jobs jobs;
	pthread_mutex_t lock;
	size_t next;
};

/* ---- Hashing --------------------------------------------------------------------------------- */

static int blob_hash(const struct store *s, struct job *j, struct hash *h, unsigned char *buf)
{
	_cleanup_fd_ int fd =
		openat(s->fd, j->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	hash_begin(h, j->digest.algorithm);
	while ((n = fd_read(fd, buf, READ_SIZE)) > 0) {
		hash_add(h, buf, (size_t)n);
		if (interrupt_check(NULL) < 0)
			return -EINTR;
	}
	if (n < 0)
		return -errno;
	hash_end(h, &j->got);
	return 0;
}

static void *work_thread(void *arg)
{
	struct work *w = arg;
	struct hash h = HASH_INIT;
	unsigned char *buf = malloc(READ_SIZE);

	if (!buf)
		abort(); /* as the arena does */
	for (;;) {
		struct job *j = NULL;

		pthread_mutex_lock(&w->lock);
		if (w->next < w->jobs.n)
			j = &w->jobs.v[w->next++];
		pthread_mutex_unlock(&w->lock);
		if (!j)
			break;
		j->failed = -blob_hash(w->store, j, &h, buf);
		if (j->failed == EINTR)
			break;
	}
	hash_free(&h);
	free(buf);
	return NULL;
}

static void work_run(struct work *w)
{
	pthread_t threads[PARALLEL];
	unsigned n = 0, i;

	pthread_mutex_init(&w->lock, NULL);
	while (n < PARALLEL && pthread_create(&threads[n], NULL, work_thread, w) == 0)
		n++;
	if (!n)
		work_thread(w);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&w->lock);
}

/* ---- What there is --------------------------------------------------------------------------- */

/* What isn't named as a blob is none, and garbage. */
static int jobs_list(struct fsck *f, const char *algorithm, struct jobs *jobs, struct error *err)
{
	const char *dir = arena_join(f->arena, "blobs/", algorithm, NULL);
	int fd = openat(f->store.fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		error_set(err, errno, "open the directory %s", dir);
		fd_close(fd);
		return -EIO;
	}
	while ((e = readdir(d))) {
		const char *text = arena_join(f->arena, algorithm, ":", e->d_name, NULL);
		struct job job = {0};

		if (digest_parse(text, &job.digest, NULL) < 0) {
			if (e->d_name[0] != '.')
				fsck_found(f, arena_join(f->arena, dir, "/", e->d_name, NULL),
					   "no blob has such a name");
			continue;
		}
		store_blob_name(&job.digest, job.name);
		LIST_ADD(f->arena, jobs, job);
	}
	closedir(d);
	return 0;
}

static int blob_judge(struct fsck *f, const struct job *j, struct error *err)
{
	char text[DIGEST_TEXT_MAX], why[128];

	if (j->failed == 0 && digest_equal(&j->digest, &j->got))
		return 0;
	if (j->failed)
		fsck_found(f, j->name, "can't be read: %s",
			   errno_text(j->failed, why, sizeof(why)));
	else
		fsck_found(f, j->name, "its content has the digest %s", digest_text(&j->got, text));
	if (!f->repair) {
		fsck_bad(f, j->name);
		return 0;
	}
	if (unlinkat(f->store.fd, j->name, 0) < 0)
		return error_set(err, errno, "remove %s", j->name);
	fsck_done(j->name, "removed");
	return 0;
}

int fsck_blobs(struct fsck *f, struct error *err)
{
	struct work w = {.store = &f->store};
	size_t i;
	int r = jobs_list(f, "sha256", &w.jobs, err);

	if (r == 0)
		r = jobs_list(f, "sha512", &w.jobs, err);
	if (r < 0)
		return r;
	work_run(&w);
	r = interrupt_check(err);
	for (i = 0; r == 0 && i < w.jobs.n; i++)
		r = blob_judge(f, &w.jobs.v[i], err);
	return r;
}
