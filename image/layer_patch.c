/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_patch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "image/staging.h"

#define IMPLIED_MAX (64u << 20)
#define XATTRS_MAX  65536 /* bytes of names, and of a value: the kernel's own limits */
#define OPAQUE	    "trusted.overlay.opaque"
#define OPAQUE_USER "user.overlay.opaque"
#define DIR_FLAGS   (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct patch {
	const struct store *store;
	const struct strings *below;
	const char *layer;
	struct arena *arena;
	struct strings implied; /* sorted, as they were written */
	int target;		/* the patch's root */
};

static int layer_open(const struct store *s, const char *name)
{
	char path[STORE_NAME_MAX];
	int n = snprintf(path, sizeof(path), "layers/%s/root", name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	n = openat(s->fd, path, DIR_FLAGS);
	return n < 0 ? -errno : n;
}

/* ---- Looking below --------------------------------------------------------------------------- */

static bool is_opaque(int fd)
{
	char c;

	return (fgetxattr(fd, OPAQUE, &c, 1) == 1 || fgetxattr(fd, OPAQUE_USER, &c, 1) == 1) &&
	       c == 'y';
}

enum { FOUND_NOTHING = -1, FOUND_END = -2 };

/* The directory `path` in one layer: a descriptor; FOUND_NOTHING: it says nothing of it; FOUND_END:
 * there is something else, or what lies below is hidden. */
static int layer_find(int root, const char *path)
{
	char name[NAME_MAX + 1];
	int at = root, fd;

	while (*path) {
		size_t n = strcspn(path, "/");
		bool hides;

		memcpy(name, path, n);
		name[n] = 0;
		path += n + (path[n] == '/');
		hides = at != root && is_opaque(at);
		fd = openat(at, name, DIR_FLAGS);
		if (fd < 0)
			fd = errno == ENOENT && !hides ? FOUND_NOTHING : FOUND_END;
		if (at != root)
			close(at);
		if (fd < 0)
			return fd;
		at = fd;
	}
	return at;
}

/* The same in all layers below, the highest first. */
static int below_find(const struct patch *p, const char *path)
{
	size_t i = p->below->n;

	while (i-- > 0) {
		_cleanup_fd_ int root = layer_open(p->store, p->below->v[i]);
		int fd = root < 0 ? FOUND_NOTHING : layer_find(root, path);

		if (fd == FOUND_END)
			return FOUND_NOTHING;
		if (fd >= 0)
			return fd;
	}
	return FOUND_NOTHING;
}

static bool is_implied(const struct patch *p, const char *path)
{
	size_t i;

	for (i = 0; i < p->implied.n; i++)
		if (streq(p->implied.v[i], path))
			return true;
	return false;
}

/* The directory to be like: the layer's own, where it has an entry for it; else that below. */
static int model_open(const struct patch *p, const char *path)
{
	_cleanup_fd_ int root = -1;

	if (is_implied(p, path))
		return below_find(p, path);
	root = layer_open(p->store, p->layer);
	return root < 0 ? root : layer_find(root, path);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static int xattrs_copy(int from, int to)
{
	static char names[XATTRS_MAX], value[XATTRS_MAX];
	ssize_t n = flistxattr(from, names, sizeof(names)), size;
	const char *name;

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	for (name = names; name < names + n; name += strlen(name) + 1) {
		if (streq(name, OPAQUE) || streq(name, OPAQUE_USER))
			continue;
		size = fgetxattr(from, name, value, sizeof(value));
		if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) < 0)
			return -errno;
	}
	return 0;
}

static int attributes_copy(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) < 0 || fchown(to, st.st_uid, st.st_gid) < 0 ||
	    fchmod(to, st.st_mode & 07777) < 0)
		return -errno;
	return xattrs_copy(from, to);
}

/* One directory of the patch. What nothing is known of looks as the unpacker makes it. */
static int directory_make(const struct patch *p, const char *path, struct error *err)
{
	_cleanup_fd_ int to = -1, from = -1;
	int r;

	if (mkdirat(p->target, path, 0755) < 0)
		return errno == EEXIST ? 0 : error_set(err, errno, "make the directory /%s", path);
	to = openat(p->target, path, DIR_FLAGS);
	if (to < 0)
		return error_set(err, errno, "open the directory /%s", path);
	from = model_open(p, path);
	if (from >= 0)
		r = attributes_copy(from, to);
	else /* the one above may have handed on its group */
		r = fchown(to, 0, 0) < 0 || fchmod(to, 0755) < 0 ? -errno : 0;
	return r < 0 ? error_set(err, -r, "make the directory /%s like the one below", path) : 0;
}

static int times_copy(const struct patch *p, const char *path, struct error *err)
{
	_cleanup_fd_ int to = openat(p->target, path, DIR_FLAGS), from = model_open(p, path);
	struct timespec times[2];
	struct stat st;

	if (to < 0 || from < 0)
		return 0;
	if (fstat(from, &st) < 0)
		return error_set(err, errno, "look at the directory /%s", path);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return futimens(to, times) < 0 ? error_set(err, errno, "set the times of /%s", path) : 0;
}

/* Calls f for each directory above path, the highest first, and for path. */
static int each_above(const struct patch *p, const char *path,
		      int (*f)(const struct patch *p, const char *path, struct error *err),
		      struct error *err)
{
	char *copy = arena_strdup(p->arena, path), *slash = copy;
	int r = 0;

	while (r == 0 && (slash = strchr(slash, '/'))) {
		*slash = 0;
		r = f(p, copy, err);
		*slash++ = '/';
	}
	return r < 0 ? r : f(p, copy, err);
}

static int patch_fill(const struct patch *p, struct error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->implied.n; i++)
		r = each_above(p, p->implied.v[i], directory_make, err);
	/* When nothing is made in them any more. */
	for (i = 0; r == 0 && i < p->implied.n; i++)
		r = each_above(p, p->implied.v[i], times_copy, err);
	return r;
}

static int implied_read(struct patch *p, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *path = arena_join(p->arena, "layers/", p->layer, "/implied", NULL);
	int r = file_read_at(p->store->fd, path, IMPLIED_MAX, &t);
	size_t at;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_set(err, -r, "read %s of the image store", path);
	p->implied.v = arena_alloc(p->arena, (t.len / 2 + 1) * sizeof(*p->implied.v));
	for (at = 0; at < t.len; at += strlen(t.s + at) + 1)
		if (t.s[at])
			p->implied.v[p->implied.n++] = arena_strdup(p->arena, t.s + at);
	return 0;
}

static bool patch_needed(const struct patch *p)
{
	size_t i;

	for (i = 0; i < p->implied.n; i++) {
		_cleanup_fd_ int fd = below_find(p, p->implied.v[i]);

		if (fd >= 0)
			return true;
	}
	return false;
}

int layer_patch_make(const struct store *s, const struct strings *below, const char *layer,
		     const struct digest *chain, struct arena *a, struct error *err)
{
	struct patch p = {.store = s, .below = below, .layer = layer, .arena = a};
	struct staging g = STAGING_INIT;
	const struct strings none = {0};
	struct layer_info info = {0};
	int r = below->n ? implied_read(&p, err) : 0;

	if (r < 0 || !patch_needed(&p))
		return r;
	r = staging_begin(s, chain->hex, &g, err);
	if (r != 0)
		return r;
	p.target = g.root;
	r = patch_fill(&p, err);
	if (r == 0)
		r = staging_commit(&g, &info, &none, err);
	else
		staging_abandon(&g);
	return r < 0 ? r : 1;
}
