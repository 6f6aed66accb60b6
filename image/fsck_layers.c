/* SPDX-License-Identifier: Apache-2.0 */
/* Whether every unpacked layer is whole, and every stack is one of layers that are there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "image/collect.h"
#include "image/fsck.h"
#include "image/interrupt.h"
#include "image/layer_info.h"
#include "image/stack.h"
#include "image/tree_walk.h"

#define IMPLIED_MAX (64u << 20)

/* The names in a directory of the store, but for temporary files. */
static int names_list(struct fsck *f, const char *dir, struct strings *ret, struct error *err)
{
	int fd = openat(f->store.fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		error_set(err, errno, "open the directory %s", dir);
		fd_close(fd);
		return -EIO;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			LIST_ADD(f->arena, ret, arena_strdup(f->arena, e->d_name));
	closedir(d);
	return 0;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* How many directories the layer's list has; -1: there is none. */
static int64_t implied_count(const struct fsck *f, const char *path)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	int64_t n = 0;
	size_t i;

	if (file_read_at(f->store.fd, arena_join(f->arena, path, "/implied", NULL), IMPLIED_MAX,
			 &t) < 0)
		return -1;
	for (i = 0; i < t.len; i++)
		n += !t.s[i];
	return n;
}

/* NULL: it is whole. Else what is wrong, in the arena. */
static const char *layer_judge(struct fsck *f, const char *name, const char *path)
{
	_cleanup_fd_ int root = -1;
	struct error why = ERROR_INIT;
	struct layer_info info;
	struct digest diff;
	char text[sizeof(why)];
	uint64_t names;

	if (layer_info_read(&f->store, name, f->arena, &info, &why) < 0 ||
	    (info.diff && digest_parse(info.diff, &diff, &why) < 0))
		return arena_strdup(f->arena, error_text(&why, text, sizeof(text)));
	if (info.diff && !streq(diff.hex, name))
		return arena_printf(f->arena, "its info is that of the layer %s", info.diff);
	root = openat(f->store.fd, arena_join(f->arena, path, "/root", NULL),
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (root < 0)
		return arena_printf(f->arena, "its root can't be opened: %s",
				    errno_text(errno, text, sizeof(text)));
	if (tree_count(root, &names, &why) < 0)
		return arena_strdup(f->arena, error_text(&why, text, sizeof(text)));
	if (names != info.names)
		return arena_printf(f->arena, "it has %llu names; %llu were unpacked",
				    (unsigned long long)names, (unsigned long long)info.names);
	if (info.implied && implied_count(f, path) != (int64_t)info.implied)
		return "its list of implied directories is damaged";
	return NULL;
}

/* Out of sight first, as collect() does. */
static int layer_remove(struct fsck *f, const char *name, const char *path, struct error *err)
{
	const char *to = arena_join(f->arena, "staging/", name, NULL);
	int r = tree_remove_at(f->store.fd, to);

	if (r == 0 && renameat(f->store.fd, path, f->store.fd, to) < 0)
		r = -errno;
	if (r == 0)
		r = tree_remove_at(f->store.fd, to);
	/* It may be a file. */
	if (r == -ENOTDIR)
		r = unlinkat(f->store.fd, to, 0) < 0 ? -errno : 0;
	if (r < 0)
		return error_set(err, -r, "remove %s", path);
	fsck_done(path, "removed");
	return 0;
}

static int layer_check(struct fsck *f, const char *name, struct error *err)
{
	const char *path = arena_join(f->arena, "layers/", name, NULL), *user;
	const char *why = layer_judge(f, name, path);

	if (!why)
		return 0;
	fsck_found(f, path, "%s", why);
	user = fsck_layer_user(f, name);
	if (f->repair && !user)
		return layer_remove(f, name, path, err);
	fsck_bad(f, path);
	/* It may be mounted. */
	if (f->repair)
		fsck_left(f, path, "is in use: the container %.64s must be removed first", user);
	return 0;
}

/* ---- Stacks ---------------------------------------------------------------------------------- */

static int stack_judge(struct fsck *f, const char *name, struct error *why)
{
	struct digest config = {.algorithm = DIGEST_SHA256};
	struct stack stack;
	size_t i;
	int r;

	if (strlen(name) >= sizeof(config.hex))
		return error_say(why, EINVAL, "no stack has such a name");
	snprintf(config.hex, sizeof(config.hex), "%s", name);
	r = stack_read(&f->store, &config, f->arena, &stack, why);
	for (i = 0; r == 0 && i < stack.layers.n; i++)
		if (!fsck_has(f, arena_join(f->arena, "layers/", stack.layers.v[i], NULL)))
			r = error_say(why, ENOENT,
				      "it needs layers/%s, which is missing or damaged",
				      stack.layers.v[i]);
	return r;
}

/* A damaged stack stays until its image is unpacked again: a container may rely on what it names. */
static void stack_check(struct fsck *f, const char *name)
{
	const char *path = arena_join(f->arena, "stacks/", name, NULL);
	struct error why = ERROR_INIT;
	char text[sizeof(why)];

	if (stack_judge(f, name, &why) == 0)
		return;
	why.doc[0] = 0; /* its own path */
	fsck_found(f, path, "%s", error_text(&why, text, sizeof(text)));
	fsck_bad(f, path);
}

int fsck_layers(struct fsck *f, struct error *err)
{
	struct strings layers = {0}, stacks = {0};
	size_t i;
	int r = names_list(f, "layers", &layers, err);

	if (r == 0)
		r = names_list(f, "stacks", &stacks, err);
	for (i = 0; r == 0 && i < layers.n; i++) {
		r = interrupt_check(err);
		if (r == 0)
			r = layer_check(f, layers.v[i], err);
	}
	for (i = 0; r == 0 && i < stacks.n; i++)
		stack_check(f, stacks.v[i]);
	return r;
}

/* ---- Containers ------------------------------------------------------------------------------ */

static int container_check(void *arg, const char *id, const char *stack)
{
	struct fsck *f = arg;
	const char *path = arena_join(f->arena, "stacks/", stack, NULL);

	if (!fsck_has(f, path))
		fsck_left(f, path, "the container %.64s is made from it: it must be removed first",
			  id);
	return 0;
}

int fsck_containers(struct fsck *f, struct error *err)
{
	return collect_containers(&f->store, container_check, f, err);
}
