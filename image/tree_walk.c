/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tree_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define DIR_FLAGS   (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DESCRIPTORS (2 * TREE_DEPTH_MAX) /* one for each level, and what others have open */

struct walk {
	tree_visit *visit;
	void *arg;
	struct text path;
	uint64_t entries;
	unsigned depth;
};

/* The names of one directory. */
struct names {
	struct text text; /* each: its type, itself, a NUL */
	const char **v;
	size_t n;
};

static void names_free(struct names *l)
{
	text_free(&l->text);
	free(l->v);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a + 1, *(const char *const *)b + 1);
}

/* File systems need not say what an entry is. */
static unsigned char type_of(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0
		       ? DT_UNKNOWN
		       : (unsigned char)IFTODT(st.st_mode);
}

static int names_sort(struct names *l)
{
	const char *p = l->text.s;
	size_t i;

	l->v = calloc(l->n + 1, sizeof(*l->v));
	if (!l->v)
		return -ENOMEM;
	for (i = 0; i < l->n; i++, p += strlen(p + 1) + 2)
		l->v[i] = p;
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	return 0;
}

/* All at once: so that a level needs one descriptor, and what is made meanwhile doesn't show up
 * again and again. */
static int names_read(struct walk *w, int dir, struct names *l, struct error *err)
{
	int copy = openat(dir, ".", DIR_FLAGS), r = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d) {
		r = error_set(err, errno, "read the directory");
		fd_close(copy);
		return r;
	}
	while (r == 0 && (errno = 0, e = readdir(d))) {
		char type = (char)type_of(copy, e);

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (++w->entries > TREE_ENTRIES_MAX)
			r = error_say(err, E2BIG, "there are more than %u files", TREE_ENTRIES_MAX);
		text_add_bytes(&l->text, &type, 1);
		text_add_bytes(&l->text, e->d_name, strlen(e->d_name) + 1);
		l->n++;
	}
	if (r == 0 && errno)
		r = error_set(err, errno, "read the directory");
	closedir(d);
	return r < 0 ? r : names_sort(l);
}

static int directory_walk(struct walk *w, int dir, struct error *err);

static int entry_walk(struct walk *w, int dir, const char *typed, struct error *err)
{
	size_t len = w->path.len;
	struct tree_entry e = {.dir = dir, .name = typed + 1, .type = (unsigned char)*typed};
	_cleanup_fd_ int fd = -1;
	int r;

	if (len)
		text_add(&w->path, "/");
	text_add(&w->path, e.name);
	e.path = w->path.s;
	r = w->visit(w->arg, &e, err);
	if (r == 0 && e.type == DT_DIR) {
		fd = openat(dir, e.name, DIR_FLAGS);
		/* A container may have taken it away, or put something else there. */
		if (fd >= 0)
			r = directory_walk(w, fd, err);
		else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			r = error_set(err, errno, "open the directory");
	}
	if (r < 0)
		error_field(err, "/%s", w->path.s);
	w->path.len = len;
	w->path.s[len] = 0;
	return r < 0 ? r : 0;
}

static int directory_walk(struct walk *w, int dir, struct error *err)
{
	_cleanup_(names_free) struct names l = {0};
	size_t i;
	int r;

	if (w->depth == TREE_DEPTH_MAX)
		return error_say(err, ELOOP, "directories lie deeper than %d in each other",
				 TREE_DEPTH_MAX);
	r = names_read(w, dir, &l, err);
	w->depth++;
	for (i = 0; r == 0 && i < l.n; i++)
		r = entry_walk(w, dir, l.v[i], err);
	w->depth--;
	return r;
}

static void descriptors_allow(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= DESCRIPTORS)
		return;
	l.rlim_cur = l.rlim_max < DESCRIPTORS ? l.rlim_max : DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &l);
}

int tree_walk(int top, tree_visit *visit, void *arg, struct error *err)
{
	struct walk w = {.visit = visit, .arg = arg};
	int r;

	descriptors_allow();
	r = directory_walk(&w, top, err);
	text_free(&w.path);
	return r;
}

static int visit_count(void *arg, const struct tree_entry *e, struct error *err)
{
	uint64_t *n = arg;

	(void)e;
	(void)err;
	++*n;
	return 0;
}

int tree_count(int top, uint64_t *ret, struct error *err)
{
	uint64_t n = 0;
	int r = tree_walk(top, visit_count, &n, err);

	if (r == 0)
		*ret = n;
	return r;
}
