/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "engine/containers.h"
#include "engine/sight.h"
#include "runtime/overlay.h"
#include "spec/names.h"

#define ROOT_FLAGS ((uint64_t)(O_PATH | O_CLOEXEC))
#define RESOLVE	   (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define MAP_MAX	   4096

/* ---- One that runs ----------------------------------------------------------------------------- */

/* What its user namespace calls 0; the host's 0 where that says nothing. */
static unsigned first_of_map(int proc, const char *name)
{
	_cleanup_(text_free) struct text map = TEXT_INIT;
	unsigned inside, outside;

	if (file_read_at(proc, name, MAP_MAX, &map) == 0 &&
	    sscanf(map.s, "%u %u", &inside, &outside) == 2 && inside == 0)
		return outside;
	return 0;
}

/* In hoy's own user namespace, whose map would say what the one above calls it, 0 is 0. */
static bool is_ours(int proc)
{
	struct stat its, own;

	return fstatat(proc, "ns/user", &its, 0) == 0 && stat("/proc/self/ns/user", &own) == 0 &&
	       its.st_dev == own.st_dev && its.st_ino == own.st_ino;
}

/* A descriptor of /proc/PID stays that process's, whoever gets its number. */
static int running_open(const struct sight *s, struct files *f, struct error *err)
{
	char path[32];
	_cleanup_fd_ int proc = -1;

	snprintf(path, sizeof(path), "/proc/%" PRId64, s->state->pid);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || sys_pidfd_send_signal(s->live.pidfd, 0) < 0)
		return error_set(err, errno, "look at its process");
	f->root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (f->root < 0)
		return error_set(err, errno, "open its root directory");
	if (!is_ours(proc)) {
		f->uid = first_of_map(proc, "uid_map");
		f->gid = first_of_map(proc, "gid_map");
	}
	return 0;
}

/* ---- One that doesn't -------------------------------------------------------------------------- */

/* A monitor has its container's directory locked, shared, as long as it lives. */
static int lock_take(const struct runtime *rt, const char *id, struct files *f, struct error *err)
{
	int r;

	f->lock = containers_open(rt->data, id);
	r = f->lock < 0 ? f->lock : fd_lock(f->lock, LOCK_EX | LOCK_NB);
	if (r == -EWOULDBLOCK)
		return error_say(err, EBUSY, "it is being started, or its files are in use");
	return r < 0 ? error_set(err, -r, "lock its directory") : 0;
}

static int namespace_enter(struct error *err)
{
	static bool done;

	if (!done && (unshare(CLONE_NEWNS) < 0 ||
		      sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, 0, 0, SYS_MS_PRIVATE) < 0)) {
		error_hint(err, "without privilege the files of a container can be reached only "
				"while it runs");
		return error_set(err, errno, "make a mount namespace");
	}
	done = true;
	return 0;
}

/* The overlay, or the directory that is the root. */
static int rootfs_open(const struct config *c, const char *bundle, struct arena *a,
		       bool *fleeting, struct error *err)
{
	const struct mount *m = c->mounts.v;
	struct overlay o = {.field = "mounts[0]", .scratch = OVERLAY_SCRATCH};
	struct strings options = {0};
	size_t i;
	int fd;

	if (!c->mounts.n || !streq(m->destination, "/") || !m->type || !streq(m->type, "overlay")) {
		const char *path = c->root->path[0] == '/'
					   ? c->root->path
					   : arena_join(a, bundle, "/", c->root->path, NULL);

		fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		return fd < 0 ? error_set(err, errno, "open %s", path) : fd;
	}
	for (i = 0; i < m->options.n; i++) {
		if (!mount_option_find(m->options.v[i]))
			LIST_ADD(a, &options, m->options.v[i]);
		*fleeting |= starts_with(m->options.v[i], OVERLAY_MEMORY);
	}
	o.options = options.v;
	o.n = options.n;
	return overlay_mount(&o, err);
}

static bool is_bind(const struct mount *m, bool *recursive, bool *readonly)
{
	const struct mount_option *o;
	bool bind = m->type && streq(m->type, "bind");
	size_t i;

	*recursive = *readonly = false;
	for (i = 0; i < m->options.n; i++) {
		o = mount_option_find(m->options.v[i]);
		if (o && o->kind == MOUNT_OPTION_BIND) {
			bind = true;
			*recursive |= o->recursive;
		}
		*readonly |= streq(m->options.v[i], "ro") || streq(m->options.v[i], "rro");
	}
	return bind && m->source && m->source[0] == '/';
}

/* A target that isn't there yet is made by the container's start; there is nothing to see. */
static int bind_attach(int root, const struct mount *m, bool recursive, bool readonly,
		       struct error *err)
{
	unsigned deep = recursive ? AT_RECURSIVE : 0;
	_cleanup_fd_ int to = sys_openat2(root, m->destination, ROOT_FLAGS, 0, RESOLVE), from = -1;

	if (to < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (to >= 0)
		from = sys_open_tree(AT_FDCWD, m->source,
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | deep);
	if (from < 0 ||
	    (readonly &&
	     sys_mount_setattr(from, "", AT_EMPTY_PATH | deep, MOUNT_ATTR_RDONLY, 0, 0) < 0) ||
	    sys_move_mount(from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_set(err, errno, "bind %s to %s", m->source, m->destination);
	return 0;
}

static int stopped_open(const struct runtime *rt, const char *id, struct files *f,
			struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *bundle = containers_path(rt->data, id, &a);
	const struct config *c;
	_cleanup_fd_ int place = -1;
	bool recursive, readonly;
	size_t i;
	int r = lock_take(rt, id, f, err);

	if (r == 0)
		r = containers_read_config(rt->data, id, &a, &c, err);
	if (r == 0)
		r = namespace_enter(err);
	if (r < 0)
		return r;
	/* Opened behind that: a mount is attached where this namespace has the directory. */
	place = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->root = rootfs_open(c, bundle, &a, &f->fleeting, err);
	if (f->root < 0)
		return f->root;
	if (place < 0 || sys_move_mount(f->root, "", place, "",
					MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_set(err, errno, "mount its root file system");
	if (c->root->readonly &&
	    sys_mount_setattr(f->root, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0, 0) < 0)
		return error_set(err, errno, "make its root file system read-only");
	for (i = 0; r == 0 && i < c->mounts.n; i++)
		if (is_bind(&c->mounts.v[i], &recursive, &readonly))
			r = bind_attach(f->root, &c->mounts.v[i], recursive, readonly, err);
	return r;
}

/* ---- Both -------------------------------------------------------------------------------------- */

int files_open(const struct runtime *rt, const char *id, struct files *ret, struct error *err)
{
	_cleanup_(sight_close) struct sight s;
	struct error none = ERROR_INIT;
	struct files f = FILES_INIT;
	int r = sight_open(&s, rt, id, &none);

	if (r == 0 && s.live.pidfd >= 0)
		r = running_open(&s, &f, err);
	else if (containers_has(rt->data, id, rt->root))
		r = stopped_open(rt, id, &f, err);
	else if (r == 0)
		r = error_say(err, EINVAL,
			      "it doesn't run, and what its files are only its bundle knows");
	else
		*err = none;
	if (r < 0) {
		files_close(&f);
		error_step(err, "the files of container \"%.64s\"", id);
		return r;
	}
	*ret = f;
	return 0;
}

void files_close(struct files *f)
{
	f->root = fd_close(f->root);
	f->lock = fd_close(f->lock);
}
