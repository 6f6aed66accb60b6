/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways. Since Linux 6.7 each layer is an option of its own ("lowerdir+"), and paths may have
 * any bytes. Before, all of them are one string of mount(2), which must be shorter than a page: a
 * longer one is cut off without an error, and layers vanish (seen on 6.18). There, links with short
 * names stand for the paths, and what the kernel says it has mounted is compared with what was
 * asked for.
 */
#include "runtime/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/sys.h"
#include "runtime/overlay_memory.h"

/* <sys/mount.h> clashes with <linux/mount.h>. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);

#define LOWER	      "lowerdir+="
#define VALUE_MAX     255  /* bytes of a value, fsconfig(2) */
#define DATA_MAX      4095 /* bytes of mount(2)'s, on every machine */
#define MESSAGE_SIZE  512
#define MOUNTINFO_MAX (4u << 20)
#ifndef MS_RDONLY
#define MS_RDONLY 1
#endif

/* ---- One option for each layer --------------------------------------------------------------- */

/* The kernel's own words about a failure, the last of them. */
static bool kernel_words(int fs, char buf[MESSAGE_SIZE])
{
	char line[MESSAGE_SIZE];
	bool found = false;
	ssize_t n;

	while ((n = read(fs, line, sizeof(line) - 1)) > 0) {
		line[n] = 0;
		line[strcspn(line, "\n")] = 0;
		snprintf(buf, MESSAGE_SIZE, "%s", line[0] && line[1] == ' ' ? line + 2 : line);
		found = true;
	}
	return found;
}

static int fs_failed(int fs, int code, struct error *err)
{
	char words[MESSAGE_SIZE];

	if (code == ENODEV)
		return error_say(err, ENODEV, "this kernel has no file system \"overlay\"");
	if (fs >= 0 && kernel_words(fs, words))
		return error_say(err, code, "%s", words);
	return error_set(err, code, "%s", "");
}

/* upperdir and workdir: a backslash escapes what follows, in lowerdir+ it does not. */
static bool value_escape(const char *s, char out[VALUE_MAX + 1])
{
	size_t n = 0;

	for (; *s; s++) {
		if (n + 2 > VALUE_MAX)
			return false;
		if (*s == '\\')
			out[n++] = '\\';
		out[n++] = *s;
	}
	out[n] = 0;
	return true;
}

/* A path that is too long for an option is given as a descriptor, since Linux 6.13. */
static int option_by_descriptor(int fs, const char *key, const char *path)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return sys_fsconfig(fs, FSCONFIG_SET_FD, key, NULL, fd) < 0 ? -errno : 0;
}

static int option_set(int fs, const char *option)
{
	const char *eq = strchr(option, '=');
	char key[32], value[VALUE_MAX + 1];

	if (!eq)
		return sys_fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL, 0) < 0 ? -errno : 0;
	if ((size_t)(eq - option) >= sizeof(key))
		return -EINVAL;
	memcpy(key, option, (size_t)(eq - option));
	key[eq - option] = 0;
	if (!streq(key, "upperdir") && !streq(key, "workdir")) {
		if (strlen(eq + 1) > VALUE_MAX)
			return option_by_descriptor(fs, key, eq + 1);
		return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, eq + 1, 0) < 0 ? -errno : 0;
	}
	if (!value_escape(eq + 1, value))
		return option_by_descriptor(fs, key, eq + 1);
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

static int mount_by_options(const struct overlay *o, struct error *err)
{
	_cleanup_fd_ int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	size_t i;
	int r;

	if (fs < 0)
		return fs_failed(fs, errno, err);
	sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0);
	for (i = 0; i < o->n; i++) {
		r = option_set(fs, o->options[i]);
		if (r < 0) {
			error_field(err, "%s.options[%zu]", o->field, i);
			return fs_failed(fs, -r, err);
		}
	}
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_failed(fs, errno, err);
	r = sys_fsmount(fs, FSMOUNT_CLOEXEC, o->attributes);
	return r < 0 ? fs_failed(fs, errno, err) : r;
}

/* ---- Links with short names ------------------------------------------------------------------ */

/* What the child and its parent, in whose memory and with whose descriptors it works, have in
 * common. */
struct links {
	const struct overlay *overlay;
	const char *data;  /* for mount(2) */
	const char *lower; /* the part of it that mountinfo must show */
	int memory;	   /* a tmpfs with the upper directory; -1: there is none */
	int fd;		   /* the mount */
	int code;	   /* positive errno */
	const char *step;
};

/* "0:1:2", "u", "w": the layers are numbered in their order. */
static const char *link_name(const char *option, unsigned *layer, char buf[8])
{
	if (starts_with(option, LOWER)) {
		snprintf(buf, 8, "%u", (*layer)++);
		return buf;
	}
	return starts_with(option, "upperdir=")	 ? "u"
	       : starts_with(option, "workdir=") ? "w"
						 : NULL;
}

static int links_make(const struct overlay *o)
{
	unsigned layer = 0;
	char buf[8];
	size_t i;

	for (i = 0; i < o->n; i++) {
		const char *name = link_name(o->options[i], &layer, buf);

		if (name && symlink(strchr(o->options[i], '=') + 1, name) < 0)
			return -errno;
	}
	return 0;
}

/* The options of mount(2), and *lower: those about layers. 0, or -E2BIG. */
static int data_make(const struct overlay *o, struct arena *a, const char **data,
		     const char **lower)
{
	_cleanup_(text_free) struct text rest = TEXT_INIT, layers = TEXT_INIT;
	unsigned layer = 0;
	char buf[8];
	size_t i;

	text_add(&layers, "lowerdir=");
	text_add(&rest, "");
	for (i = 0; i < o->n; i++) {
		const char *name = link_name(o->options[i], &layer, buf);

		if (!name)
			text_addf(&rest, ",%s", o->options[i]);
		else if (*name == 'u' || *name == 'w')
			text_addf(&rest, ",%s=%s", *name == 'u' ? "upperdir" : "workdir", name);
		else
			text_addf(&layers, "%s%s", layer > 1 ? ":" : "", name);
	}
	*lower = arena_strdup(a, layers.s);
	*data = arena_join(a, layers.s, rest.s, NULL);
	return strlen(*data) > DATA_MAX || layer > OVERLAY_LAYERS_MAX ? -E2BIG : 0;
}

/* Whether mountinfo has a mount with exactly these layers. */
static bool stack_is(const char *lower)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *p;

	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &t) < 0)
		return false;
	for (p = t.s; (p = strstr(p, lower)); p++)
		if (p[strlen(lower)] == ',' || p[strlen(lower)] == '\n')
			return true;
	return false;
}

static int links_step(struct links *l, const char *step, bool done)
{
	if (done)
		return 0;
	l->code = errno;
	l->step = step;
	return -1;
}

/* A tmpfs that is mounted nowhere becomes the working directory. */
static int links_enter(void)
{
	_cleanup_fd_ int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), mnt = -1;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return mnt < 0 || fchdir(mnt) < 0 ? -errno : 0;
}

/* What is mounted over the root directory isn't at "/", which stays what it was to those whose root it is;
 * ".." there goes up. */
static const char *scratch_seen(const struct overlay *o)
{
	return streq(o->scratch, "/") ? "/.." : o->scratch;
}

/* In a mount namespace of its own, which ends with it; the descriptor stays. */
static int links_child(void *arg)
{
	struct links *l = arg;
	const struct overlay *o = l->overlay;
	unsigned long flags = o->attributes & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0;

	if (links_step(l, "make mounts private",
		       sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, 0, 0, SYS_MS_PRIVATE) == 0) <
		    0 ||
	    /* Before Linux 6.15 what is mounted nowhere can't be part of an overlay. */
	    links_step(l, "mount the upper directory's tmpfs",
		       l->memory < 0 ||
			       sys_move_mount(l->memory, "", AT_FDCWD, o->scratch,
					      MOVE_MOUNT_F_EMPTY_PATH) == 0) < 0 ||
	    links_step(l, "mount a tmpfs for links to the layers", links_enter() == 0) < 0 ||
	    links_step(l, "make links to the layers", links_make(o) == 0) < 0 ||
	    /* The layers are found before the target is covered, which may be one of them. */
	    links_step(l, "mount", mount("overlay", o->scratch, "overlay", flags, l->data) == 0) <
		    0)
		return 1;
	if (!stack_is(l->lower)) {
		errno = E2BIG;
		return links_step(l, "the kernel has left out layers", false);
	}
	l->fd = sys_open_tree(AT_FDCWD, scratch_seen(o), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (links_step(l, "clone the mount", l->fd >= 0) < 0)
		return 1;
	return links_step(l, "set its attributes",
			  !o->attributes || sys_mount_setattr(l->fd, "", AT_EMPTY_PATH,
							      o->attributes, 0, 0) == 0);
}

static int mount_by_links(const struct overlay *o, int memory, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct links l = {.overlay = o, .memory = memory, .fd = -1};
	/* The child allocates (stack_is), which musl and glibc do on the caller's heap: this
	 * process waits for it (CLONE_VFORK). */
	size_t size = 256 * 1024;
	char *stack;
	pid_t pid;

	if (data_make(o, &a, &l.data, &l.lower) < 0)
		return error_say(err, E2BIG, "more layers than the kernel takes (%d)",
				 OVERLAY_LAYERS_MAX);
	stack = arena_alloc(&a, size);
	pid = clone(links_child, stack + size,
		    CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWNS | SIGCHLD, &l);
	if (pid < 0)
		return error_set(err, errno, "make a mount namespace");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!l.code)
		return l.fd;
	fd_close(l.fd);
	return error_set(err, l.code, "%s", l.step);
}

/* ---- Both ------------------------------------------------------------------------------------ */

static size_t layers_count(const struct overlay *o)
{
	size_t i, n = 0;

	for (i = 0; i < o->n; i++)
		n += starts_with(o->options[i], LOWER);
	return n;
}

int overlay_mount(const struct overlay *asked, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct error first = ERROR_INIT;
	_cleanup_fd_ int memory = -1;
	struct overlay with, *o = &with;
	int r;

	if (layers_count(asked) > OVERLAY_LAYERS_MAX)
		return error_say(err, E2BIG, "%zu layers; the kernel takes %d", layers_count(asked),
				 OVERLAY_LAYERS_MAX);
	r = overlay_memory(asked, &a, o, &memory, err);
	if (r < 0)
		return r;
	r = mount_by_options(o, &first);
	/* An older kernel doesn't know the option, and says so here or there. */
	if ((r == -EINVAL || r == -EOPNOTSUPP) && layers_count(o))
		r = mount_by_links(o, memory, err);
	else if (r < 0)
		*err = first;
	/* It was not the kernel's age: the first words are the better ones. */
	if (r == -EINVAL && first.why[0])
		*err = first;
	return r;
}
