/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices: all are denied but those that every container has (which the runtime adds) and those
 * that options name. A node in the container has the numbers, mode and owner of the host's at the
 * moment.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/configure_parts.h"
#include "engine/values.h"
#include "engine/volume.h"

#define DEPTH_MAX 8

static int64_t *number(int64_t v, struct arena *a)
{
	int64_t *p = arena_alloc(a, sizeof(*p));

	*p = v;
	return p;
}

static uint32_t *number32(uint32_t v, struct arena *a)
{
	uint32_t *p = arena_alloc(a, sizeof(*p));

	*p = v;
	return p;
}

static void device_add(struct linux_config *l, const char *path, const struct stat *st,
		       struct arena *a)
{
	struct device d = {
		.path = path,
		.type = S_ISBLK(st->st_mode) ? "b" : "c",
		.major = number(major(st->st_rdev), a),
		.minor = number(minor(st->st_rdev), a),
		.file_mode = number32(st->st_mode & 07777, a),
		.uid = number32(st->st_uid, a),
		.gid = number32(st->st_gid, a),
	};

	LIST_ADD(a, &l->devices, d);
}

static void rule_add(struct resources *res, bool allow, const struct stat *st, const char *access,
		     struct arena *a)
{
	struct device_rule rule = {.allow = allow, .access = access};

	if (st) {
		rule.type = S_ISBLK(st->st_mode) ? "b" : "c";
		rule.major = number(major(st->st_rdev), a);
		rule.minor = number(minor(st->st_rdev), a);
	}
	LIST_ADD(a, &res->devices, rule);
}

/* ---- --device -------------------------------------------------------------------------------- */

static bool is_access(const char *s)
{
	return *s && !s[strspn(s, "rwm")];
}

/* HOST[:CONTAINER][:ACCESS] */
static int device_parse(const struct configure *in, const char *text, struct linux_config *l,
			struct error *err)
{
	struct strings parts = value_split(text, ':', in->arena);
	const char *path, *access = "rwm";
	struct stat st;
	int r;

	if (parts.n > 1 && is_access(parts.v[parts.n - 1]))
		access = parts.v[--parts.n];
	if (parts.n > 2 || parts.v[0][0] != '/' || parts.v[parts.n - 1][0] != '/')
		return value_wrong("--device", "HOST[:CONTAINER][:rwm] with absolute paths", text,
				   err);
	r = volume_path("--device", parts.v[parts.n - 1], in->arena, &path, err);
	if (r < 0)
		return r;
	if (stat(parts.v[0], &st) < 0)
		return error_set(err, errno, "--device: %.200s", parts.v[0]);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_say(err, EINVAL, "--device: %.200s is no device", parts.v[0]);
	device_add(l, path, &st, in->arena);
	rule_add(l->resources, true, &st, access, in->arena);
	return 0;
}

/* ---- --privileged ---------------------------------------------------------------------------- */

/* What hoy makes itself, and what belongs to the host's own terminals and memory. */
static bool is_own(const char *path)
{
	static const char *const own[] = {
		"/dev/null",	"/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
		"/dev/console", "/dev/ptmx", "/dev/pts",  "/dev/shm",	 "/dev/mqueue",	 "/dev/fd"};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (streq(own[i], path))
			return true;
	return false;
}

/* Every node below dir, which is named path. What vanishes meanwhile is no error. */
static void devices_below(int at, const char *name, const char *path, unsigned depth,
			  struct linux_config *l, struct arena *a)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;

	if (!d) {
		fd_close(fd);
		return;
	}
	while ((e = readdir(d))) {
		const char *child = arena_join(a, path, "/", e->d_name, NULL);

		if (streq(e->d_name, ".") || streq(e->d_name, "..") || is_own(child) ||
		    !text_is_utf8(e->d_name))
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			devices_below(dirfd(d), e->d_name, child, depth + 1, l, a);
		else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
			device_add(l, child, &st, a);
	}
	closedir(d);
}

int configure_devices(const struct configure *in, struct config *c, struct error *err)
{
	struct linux_config *l = c->linux_conf;
	struct resources *res = l->resources;
	size_t i;
	int r = 0;

	res->has_devices = true;
	rule_add(res, in->opt->privileged, NULL, "rwm", in->arena);
	if (in->opt->privileged)
		devices_below(AT_FDCWD, "/dev", "/dev", 0, l, in->arena);
	for (i = 0; r == 0 && i < in->opt->devices.n; i++)
		r = device_parse(in, in->opt->devices.v[i], l, err);
	return r;
}
