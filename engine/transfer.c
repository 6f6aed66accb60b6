/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"
#include "engine/tree_copy.h"

#define RESOLVE	  (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define PATH_ONLY (O_PATH | O_CLOEXEC)
#define LINKS_MAX 40

/* ---- Names ------------------------------------------------------------------------------------- */

/* A path as it was typed, taken apart. */
struct named {
	const char
		*path; /* without slashes and "/." at its end; "/" or "." where nothing is left */
	const char *above; /* the directory that it is in */
	const char *name;  /* there; "" where it has none: "/", ".", ".." */
	bool slash;	   /* it is to be a directory */
	bool content;	   /* what is in it is meant */
};

static struct named name_read(const char *text, struct arena *a)
{
	struct named n = {.slash = false};
	size_t len = strlen(text);
	const char *last;

	while (len > 1 &&
	       (text[len - 1] == '/' || (text[len - 1] == '.' && text[len - 2] == '/'))) {
		n.content |= text[len - 1] == '.';
		n.slash = true;
		len--;
	}
	n.path = arena_memdup(a, len ? text : ".", len ? len : 1);
	last = strrchr(n.path, '/');
	n.name = last ? last + 1 : n.path;
	n.above = !last		   ? "."
		  : last == n.path ? "/"
				   : arena_memdup(a, n.path, (size_t)(last - n.path));
	if (!*n.name || streq(n.name, ".") || streq(n.name, "..")) {
		n.name = "";
		n.content = n.slash = true;
	}
	return n;
}

/* Descriptor, or -1 and errno. In a container no path leaves its root. */
static int end_open(const struct transfer_end *e, const char *path, int flags)
{
	if (!e->files)
		return openat(AT_FDCWD, path, flags);
	return sys_openat2(e->files->root, path, (uint64_t)(unsigned)flags, 0, RESOLVE);
}

/* The directory and name behind symbolic links, so that what they lead to is replaced, not they. The
 * descriptor of the directory, or -errno. */
static int behind_links(const struct transfer_end *e, struct named *n, struct arena *a)
{
	char text[PATH_MAX];
	ssize_t len;
	int i;

	for (i = 0; i < LINKS_MAX; i++) {
		int dir = end_open(e, n->above, PATH_ONLY | O_DIRECTORY);

		if (dir < 0)
			return -errno;
		len = readlinkat(dir, n->name, text, sizeof(text) - 1);
		if (len < 0)
			return dir;
		close(dir);
		text[len] = 0;
		*n = name_read(text[0] == '/' ? text : arena_join(a, n->above, "/", text, NULL), a);
		if (!*n->name)
			return -EISDIR;
	}
	return -ELOOP;
}

/* ---- Copying ----------------------------------------------------------------------------------- */

struct transfer {
	const struct transfer_end *from, *to;
	struct named source, target;
	int in;	 /* the source, O_PATH */
	int out; /* the destination, O_PATH; -1: it isn't there */
	struct stat in_st, out_st;
	struct tree_copy_policy policy;
	struct arena arena;
};

static int source_open(struct transfer *t, bool follow, struct error *err)
{
	bool through = follow || t->source.slash;

	t->in = end_open(t->from, t->source.path, PATH_ONLY | (through ? 0 : O_NOFOLLOW));
	if (t->in < 0 || fstat(t->in, &t->in_st) < 0)
		return error_set(err, errno, "open it");
	if (t->source.slash && !S_ISDIR(t->in_st.st_mode))
		return error_set(err, ENOTDIR, "open it");
	return 0;
}

static int target_open(struct transfer *t, struct error *err)
{
	t->out = end_open(t->to, t->target.path, PATH_ONLY);
	if (t->out < 0 && errno != ENOENT)
		return error_set(err, errno, "open %s", t->to->path);
	if (t->out >= 0 && fstat(t->out, &t->out_st) < 0)
		return error_set(err, errno, "open %s", t->to->path);
	if (t->out >= 0 && !S_ISDIR(t->out_st.st_mode) && t->target.slash)
		return error_set(err, ENOTDIR, "open %s", t->to->path);
	return 0;
}

static void policy_make(struct transfer *t, const struct transfer_policy *p)
{
	const struct files *to = t->to->files;

	t->policy = (struct tree_copy_policy){
		.attributes = {.archive = p->archive,
			       .uid = to ? to->uid : geteuid(),
			       .gid = to ? to->gid : getegid()},
		.merge = true,
		.warn = p->warn,
	};
}

/* Into a directory that is there. */
static int copy_into(struct transfer *t, struct error *err)
{
	_cleanup_fd_ int dir = -1, in = -1;

	dir = openat(t->out, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_set(err, errno, "open %s", t->to->path);
	if (!S_ISDIR(t->in_st.st_mode) || !t->source.content)
		return tree_copy_entry(t->in, dir, t->source.name, &t->policy, err);
	in = openat(t->in, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in < 0)
		return error_set(err, errno, "open it");
	return tree_copy_by(in, dir, &t->policy, err);
}

/* To a name that is free, or has something that gives way. */
static int copy_as(struct transfer *t, struct error *err)
{
	_cleanup_fd_ int dir = -1;

	if (t->out < 0 && t->target.slash && !S_ISDIR(t->in_st.st_mode)) {
		error_hint(err, "a directory that things are copied into must be there");
		return error_set(err, ENOENT, "open %s", t->to->path);
	}
	if (t->out >= 0 && S_ISDIR(t->in_st.st_mode))
		return error_say(err, ENOTDIR, "it is a directory, and %s isn't", t->to->path);
	dir = behind_links(t->to, &t->target, &t->arena);
	if (dir < 0)
		return error_set(err, -dir, "open the directory of %s", t->to->path);
	return tree_copy_entry(t->in, dir, t->target.name, &t->policy, err);
}

int transfer(const struct transfer_end *from, const struct transfer_end *to,
	     const struct transfer_policy *p, struct error *err)
{
	struct transfer t = {.from = from, .to = to, .in = -1, .out = -1};
	int r;

	t.source = name_read(from->path, &t.arena);
	t.target = name_read(to->path, &t.arena);
	policy_make(&t, p);
	r = source_open(&t, p->follow, err);
	if (r == 0)
		r = target_open(&t, err);
	if (r == 0)
		r = t.out >= 0 && S_ISDIR(t.out_st.st_mode) ? copy_into(&t, err) : copy_as(&t, err);
	fd_close(t.in);
	fd_close(t.out);
	arena_free(&t.arena);
	return r;
}
