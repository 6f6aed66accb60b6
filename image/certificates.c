/* SPDX-License-Identifier: Apache-2.0 */
#include "image/certificates.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/config_paths.h"

#define FILE_MAX     \
	(4U * 1024 * \
	 1024) /* bytes of a file with certificates; the system's has a quarter of one */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && streq(s + n - m, end);
}

/* libcurl takes one set of authorities, so the system's come first. */
static void system_add(struct text *ca)
{
	CURL *c = curl_easy_init();
	char *path = NULL;

	if (c && curl_easy_getinfo(c, CURLINFO_CAINFO, &path) == CURLE_OK && path)
		file_read_at(AT_FDCWD, path, FILE_MAX, ca);
	if (c)
		curl_easy_cleanup(c);
}

struct found {
	struct text ca;
	const char *cert; /* the first by name, for no one can say which is meant */
};

static int entry_take(int dir, const char *name, struct arena *a, struct found *f)
{
	int r;

	if (ends_with(name, ".cert") && (!f->cert || strcmp(name, f->cert) < 0))
		f->cert = arena_strdup(a, name);
	if (!ends_with(name, ".crt"))
		return 0;
	if (!f->ca.len)
		system_add(&f->ca);
	text_add(&f->ca, "\n");
	r = file_read_at(dir, name, FILE_MAX, &f->ca);
	return r;
}

/* fd is consumed. */
static int directory_read(int fd, const char *path, struct arena *a, struct found *f,
			  struct error *err)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		close(fd);
		return error_set(err, -r, "read %s", path);
	}
	while (r == 0 && (errno = 0, e = readdir(d))) {
		r = entry_take(dirfd(d), e->d_name, a, f);
		if (r < 0)
			error_set(err, -r, "read %s/%s", path, e->d_name);
	}
	if (r == 0 && errno)
		r = error_set(err, errno, "read %s", path);
	closedir(d);
	return r;
}

static int client_take(const char *path, const struct found *f, struct arena *a,
		       struct http_tls *ret, struct error *err)
{
	const char *base;

	if (!f->cert)
		return 0;
	base = arena_memdup(a, f->cert, strlen(f->cert) - strlen(".cert"));
	ret->cert = arena_join(a, path, "/", f->cert, NULL);
	ret->key = arena_join(a, path, "/", base, ".key", NULL);
	if (access(ret->key, R_OK) < 0)
		return error_set(err, errno, "the key of %s, %s", ret->cert, ret->key);
	return 0;
}

/* -ENOENT when there is no such directory. */
static int load(const char *path, struct arena *a, struct http_tls *ret, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	struct found f = {0};

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? -ENOENT
							   : error_set(err, errno, "read %s", path);
	r = directory_read(fd, path, a, &f, err);
	if (r == 0)
		r = client_take(path, &f, a, ret, err);
	if (r == 0 && f.ca.len)
		ret->ca = arena_memdup(a, f.ca.s, f.ca.len);
	text_free(&f.ca);
	return r;
}

int certificates_load(const char *host, const char *dir, struct arena *a, struct http_tls *ret,
		      struct error *err)
{
	const char *config = config_home(a);
	const char *const paths[] = {
		config ? arena_join(a, config, "/containers/certs.d/", host, NULL) : NULL,
		arena_join(a, "/etc/containers/certs.d/", host, NULL),
		arena_join(a, "/etc/docker/certs.d/", host, NULL),
	};
	int r;

	if (dir) {
		r = load(dir, a, ret, err);
		return r == -ENOENT ? error_set(err, ENOENT, "read %s", dir) : r;
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		r = paths[i] ? load(paths[i], a, ret, err) : -ENOENT;
		if (r != -ENOENT)
			return r;
	}
	return 0;
}
