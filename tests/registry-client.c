/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry-client: the calls of image/registry.h, one by one, for tests/registry.bats.
 *
 *	registry-client [OPTION…] pull REF DIR		manifest, config and layers (each by a
 *thread of its own) registry-client [OPTION…] push REF DIR		what pull made
 *	registry-client [OPTION…] manifest REF		"TYPE DIGEST", then the bytes
 *	registry-client [OPTION…] blob REF DIGEST SIZE [OFFSET]		the bytes from OFFSET on
 *	registry-client [OPTION…] exists REF DIGEST, mount REF DIGEST REPOSITORY	"yes" or
 *"no"
 *
 * --insecure, --authfile=FILE, --creds=USER:PASSWORD, --cert-dir=DIR, --tries=N, --pause=MS,
 *--stall=SECONDS
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/hash.h"
#include "image/manifest_type.h"
#include "image/registry.h"
#include "spec/image.h"

#define LAYERS_MAX 64

static struct arena arena = ARENA_INIT;
static struct warnings warnings = WARNINGS_INIT;
static struct registry_options options;
static struct registry *registry;
static struct reference ref;

static int fail(const struct error *err)
{
	char text[4096];

	fprintf(stderr, "registry-client: %s\n", error_text(err, text, sizeof(text)));
	return EXIT_FAILURE;
}

static const char *name_of(const struct reference *r)
{
	char text[DIGEST_TEXT_MAX];

	return r->has_digest ? arena_strdup(&arena, digest_text(&r->digest, text)) : r->tag;
}

/* ---- Blobs ----------------------------------------------------------------------------------- */

struct job {
	pthread_t thread;
	const char *path; /* NULL: standard output */
	struct digest digest;
	uint64_t size, offset;
	struct hash hash;
	int fd, result;
	struct error err;
};

static int on_bytes(void *arg, const void *p, size_t n)
{
	struct job *j = arg;

	hash_add(&j->hash, p, n);
	return fd_write_all(j->fd, p, n);
}

static void *job_run(void *arg)
{
	struct job *j = arg;
	struct digest digest;

	j->fd = j->path ? open(j->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
			: STDOUT_FILENO;
	hash_begin(&j->hash, j->digest.algorithm);
	j->result = registry_blob(registry, &j->digest, j->size, j->offset, on_bytes, j, &j->err);
	hash_end(&j->hash, &digest);
	hash_free(&j->hash);
	if (j->path)
		close(j->fd);
	if (j->result == 0 && j->offset == 0 && !digest_equal(&digest, &j->digest))
		j->result = error_say(&j->err, EBADMSG, "the digest of the blob differs");
	return NULL;
}

static int job_begin(struct job *j, const struct image_descriptor *d, const char *dir)
{
	struct error err = ERROR_INIT;

	*j = (struct job){.size = d->size};
	if (digest_parse(d->digest, &j->digest, &err) < 0)
		return fail(&err);
	j->path = arena_join(&arena, dir, "/", j->digest.hex, NULL);
	return pthread_create(&j->thread, NULL, job_run, j);
}

static ssize_t on_source(void *arg, uint64_t offset, void *p, size_t n)
{
	const int *fd = arg;
	ssize_t got = pread(*fd, p, n, (off_t)offset);

	return got < 0 ? -errno : got;
}

/* ---- Images ---------------------------------------------------------------------------------- */

static int manifest_get(const char *name, struct text *body, const char **type, struct error *err)
{
	char media_type[REGISTRY_TYPE_MAX];
	struct digest digest;
	char text[DIGEST_TEXT_MAX];
	int r;

	body->len = 0;
	r = registry_manifest(registry, name, body, media_type, &digest, err);
	if (r == 0) {
		printf("%s %s\n", media_type, digest_text(&digest, text));
		*type = arena_strdup(&arena, media_type);
	}
	return r;
}

static int pull(const char *dir)
{
	struct error err = ERROR_INIT;
	struct text body = TEXT_INIT;
	struct image_manifest m;
	struct image_index index;
	static struct job jobs[LAYERS_MAX];
	const char *type;
	size_t n = 0;
	int fd, r = manifest_get(name_of(&ref), &body, &type, &err);

	if (r == 0 && (streq(type, TYPE_OCI_INDEX) || streq(type, TYPE_DOCKER_LIST))) {
		r = image_index_parse(body.s, body.len, "index", &arena, &index, &err);
		if (r == 0)
			r = manifest_get(index.manifests.v[0].digest, &body, &type, &err);
	}
	if (r == 0)
		r = image_manifest_parse(body.s, body.len, "manifest", &arena, &m, &err);
	if (r < 0 || m.layers.n >= LAYERS_MAX)
		return fail(&err);
	mkdir(dir, 0755);
	fd = open(arena_join(&arena, dir, ".json", NULL), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		  0644);
	r = fd < 0 ? -errno : fd_write_all(fd, body.s, body.len);
	fd_close(fd);
	text_free(&body);
	if (r < 0) {
		error_set(&err, -r, "write %s.json", dir);
		return fail(&err);
	}
	if (job_begin(&jobs[n++], &m.config, dir))
		return EXIT_FAILURE;
	for (size_t i = 0; i < m.layers.n; i++)
		if (job_begin(&jobs[n++], &m.layers.v[i], dir))
			return EXIT_FAILURE;
	for (size_t i = 0; i < n; i++)
		pthread_join(jobs[i].thread, NULL);
	for (size_t i = 0; i < n; i++)
		if (jobs[i].result < 0)
			return fail(&jobs[i].err);
	return 0;
}

static int push_blob(const struct image_descriptor *d, const char *dir, struct error *err)
{
	struct digest digest;
	int r = digest_parse(d->digest, &digest, err), fd;

	if (r == 0)
		r = registry_blob_exists(registry, &digest, err);
	if (r != 0)
		return r < 0 ? r : 0;
	fd = open(arena_join(&arena, dir, "/", digest.hex, NULL), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open %s", digest.hex);
	r = registry_blob_put(registry, &digest, d->size, on_source, &fd, err);
	close(fd);
	return r;
}

static int push(const char *dir)
{
	struct error err = ERROR_INIT;
	struct text body = TEXT_INIT;
	struct image_manifest m;
	int r = file_read_at(AT_FDCWD, arena_join(&arena, dir, ".json", NULL),
			     REGISTRY_MANIFEST_MAX, &body);

	if (r < 0)
		error_set(&err, -r, "read %s.json", dir);
	else
		r = image_manifest_parse(body.s, body.len, "manifest", &arena, &m, &err);
	if (r == 0)
		r = push_blob(&m.config, dir, &err);
	for (size_t i = 0; r == 0 && i < m.layers.n; i++)
		r = push_blob(&m.layers.v[i], dir, &err);
	if (r == 0)
		r = registry_manifest_put(registry, name_of(&ref), m.media_type, body.s, body.len,
					  &err);
	text_free(&body);
	return r < 0 ? fail(&err) : 0;
}

/* ---- One call -------------------------------------------------------------------------------- */

static int manifest(void)
{
	struct error err = ERROR_INIT;
	struct text body = TEXT_INIT;
	const char *type;
	int r = manifest_get(name_of(&ref), &body, &type, &err);

	if (r == 0)
		fwrite(body.s, 1, body.len, stdout);
	text_free(&body);
	return r < 0 ? fail(&err) : 0;
}

static int blob(const char *digest, const char *size, const char *offset)
{
	static struct job j;

	if (digest_parse(digest, &j.digest, &j.err) < 0)
		return fail(&j.err);
	j.size = strtoull(size, NULL, 10);
	j.offset = offset ? strtoull(offset, NULL, 10) : 0;
	job_run(&j);
	return j.result < 0 ? fail(&j.err) : 0;
}

static int exists(const char *text, const char *from)
{
	struct error err = ERROR_INIT;
	struct digest digest;
	int r = digest_parse(text, &digest, &err);

	if (r == 0)
		r = from ? registry_blob_mount(registry, &digest, from, &err)
			 : registry_blob_exists(registry, &digest, &err);
	if (r < 0)
		return fail(&err);
	puts(r ? "yes" : "no");
	return 0;
}

static int verb(int n, char **v)
{
	if (n == 3 && streq(v[0], "pull"))
		return pull(v[2]);
	if (n == 3 && streq(v[0], "push"))
		return push(v[2]);
	if (n == 2 && streq(v[0], "manifest"))
		return manifest();
	if ((n == 4 || n == 5) && streq(v[0], "blob"))
		return blob(v[2], v[3], n == 5 ? v[4] : NULL);
	if (n == 3 && streq(v[0], "exists"))
		return exists(v[2], NULL);
	if (n == 4 && streq(v[0], "mount"))
		return exists(v[2], v[3]);
	fprintf(stderr, "registry-client: what?\n");
	return EXIT_FAILURE;
}

static void options_read(int argc, char **argv)
{
	static const struct option known[] = {
		{"insecure", no_argument, NULL, 'i'},	 {"authfile", required_argument, NULL, 'a'},
		{"creds", required_argument, NULL, 'c'}, {"cert-dir", required_argument, NULL, 'd'},
		{"tries", required_argument, NULL, 't'}, {"pause", required_argument, NULL, 'p'},
		{"stall", required_argument, NULL, 's'}, {0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", known, NULL)) >= 0) {
		if (c == 'i')
			options.insecure = true;
		else if (c == 'a')
			options.authfile = optarg;
		else if (c == 'c')
			options.credentials = optarg;
		else if (c == 'd')
			options.cert_dir = optarg;
		else if (c == 't')
			options.tries = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'p')
			options.pause = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 's')
			options.stall = (unsigned)strtoul(optarg, NULL, 10);
		else
			exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int r;

	options_read(argc, argv);
	options.warn = &warnings;
	if (argc - optind < 2 || reference_parse(argv[optind + 1], &arena, &ref, &err) < 0 ||
	    registry_open(&ref, &options, &registry, &err) < 0)
		return fail(&err);
	r = verb(argc - optind, argv + optind);
	registry_close(registry);
	if (warnings.lines.len)
		fprintf(stderr, "warning: %s", warnings.lines.s);
	warn_free(&warnings);
	arena_free(&arena);
	return r;
}
