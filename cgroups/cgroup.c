/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/limits.h"
#include "cgroups/walk.h"

#define ROOT_UNIFIED	"/sys/fs/cgroup"
#define ROOT_HYBRID	"/sys/fs/cgroup/unified"
#define MOUNTINFO_LIMIT (8U << 20)
#define PROC_FILE_MAX 65536
#define CONTROL_SIZE	4096 /* a page: longer than any control file but those that list processes */

/* ---- Where the hierarchy is ---------------------------------------------------------------- */

struct mount_line {
	char *point, *type, *options;
};

/* \040 and the like, as mountinfo writes blanks in paths. In place. */
static void octal_decode(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* Takes the next well-formed line of mountinfo (proc(5)) off *cursor, cutting it up in place. */
static bool mount_next(char **cursor, struct mount_line *ret)
{
	char *line;

	while (*cursor && **cursor && (line = strsep(cursor, "\n"))) {
		char *tail = strstr(line, " - "), *point = NULL;

		if (!tail)
			continue;
		*tail = '\0';
		tail += 3;
		for (int i = 0; i < 5; i++) /* id, parent, device, root, mount point */
			point = strsep(&line, " ");
		ret->type = strsep(&tail, " ");
		if (tail)
			strsep(&tail, " "); /* source */
		if (!point || !tail)
			continue;
		octal_decode(point);
		ret->point = point;
		ret->options = tail;
		return true;
	}
	return false;
}

static bool option_has(const char *options, const char *name)
{
	size_t len = strlen(name);

	while (*options) {
		size_t n = strcspn(options, ",");

		if (n == len && !memcmp(options, name, n))
			return true;
		options += n + (options[n] == ',');
	}
	return false;
}

int cgroup_v1_mount(const char *controller, struct text *ret)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct mount_line m;
	char *cursor;
	int r;

	r = file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &t);
	if (r < 0)
		return r;
	cursor = t.s;
	while (mount_next(&cursor, &m)) {
		if (!streq(m.type, "cgroup") || !option_has(m.options, controller))
			continue;
		text_add(ret, m.point);
		return 0;
	}
	return -ENOENT;
}

/* Opens path if a cgroup2 file system is mounted there, else -ENODEV. */
static int root_try(const char *path, int *ret)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENODEV;
	*ret = fd_take(&fd);
	return 0;
}

/* The mount is somewhere unusual. */
static int root_search(struct cgroup_root *root, struct arena *a, bool *ret_v1, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct mount_line m;
	char *cursor;
	int r, fd = -1;

	*ret_v1 = false;
	r = file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &t);
	if (r < 0) {
		error_step(err, "read /proc/self/mountinfo");
		return error_set(err, -r, "%s", "");
	}
	cursor = t.s;
	while (mount_next(&cursor, &m)) {
		/* name= hierarchies, such as systemd's own, hold no controller */
		if (streq(m.type, "cgroup") && !strstr(m.options, "name="))
			*ret_v1 = true;
		if (fd < 0 && streq(m.type, "cgroup2") && root_try(m.point, &fd) == 0)
			root->path = arena_strdup(a, m.point);
	}
	root->fd = fd;
	return fd < 0 ? -ENODEV : 0;
}

int cgroup_root_open(struct cgroup_root *root, struct arena *a, struct error *err)
{
	struct cgroup_root found = {.fd = -1};
	int r;

	if (root_try(ROOT_UNIFIED, &found.fd) == 0) {
		found.path = ROOT_UNIFIED;
	} else if (root_try(ROOT_HYBRID, &found.fd) == 0) {
		found.path = ROOT_HYBRID;
		found.hybrid = true;
	} else {
		r = root_search(&found, a, &found.hybrid, err);
		if (r == -ENODEV) {
			error_hint(err, found.hybrid
						? "this machine runs cgroup v1 only; boot with "
						  "systemd.unified_cgroup_hierarchy=1"
						: "mount it: mount -t cgroup2 none " ROOT_UNIFIED);
			return error_say(err, ENODEV, "no cgroup2 file system is mounted");
		}
		if (r < 0)
			return r;
	}
	*root = found;
	return 0;
}

/* ---- Paths --------------------------------------------------------------------------------- */

static const char *path_fault(const char *path)
{
	char name[CGROUP_NAME_SIZE];
	int r;

	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return "it has a control character";
	if (strlen(path) >= PATH_MAX)
		return "it is too long";
	if (streq(path, "/"))
		return "the root cgroup can't be a container's";
	while ((r = path_next(&path, name)) > 0)
		;
	if (r == -ENAMETOOLONG)
		return "a component is longer than 255 bytes";
	return r < 0 ? "it has an empty component, \".\" or \"..\"" : NULL;
}

int cgroup_path_resolve(const char *cgroups_path, const char *id, struct arena *a, const char **ret,
			struct error *err)
{
	const char *field = "linux.cgroupsPath", *path, *fault, *colon;

	if (!cgroups_path || !*cgroups_path) { /* engines write "" for absent */
		path = arena_join(a, "/hoy-", id, NULL);
	} else if (cgroups_path[0] == '/') {
		path = cgroups_path;
	} else {
		colon = strchr(cgroups_path, ':');
		if (colon && strchr(colon + 1, ':')) {
			error_hint(err, "use --systemd-cgroup, or give an absolute path");
			return error_at(
				err, field,
				"\"%s\" is slice:prefix:name, as the systemd manager takes it",
				cgroups_path);
		}
		path = arena_join(a, "/", cgroups_path, NULL);
	}
	fault = path_fault(path);
	if (fault)
		return error_at(err, field, "\"%s\" is no path of a cgroup: %s",
				cgroups_path ? cgroups_path : path, fault);
	*ret = arena_strdup(a, path);
	return 0;
}

const char *cgroup_path_of(pid_t pid, struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	char file[32], *path;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	if (file_read_at(AT_FDCWD, file, PROC_FILE_MAX, &t) < 0)
		return NULL;
	/* On a hybrid machine the hierarchies of version 1 come first. */
	path = starts_with(t.s, "0::") ? t.s : strstr(t.s, "\n0::");
	path = path ? strchr(path, '/') : NULL;
	return path ? arena_memdup(a, path, strcspn(path, "\n")) : NULL;
}

int cgroup_open(const struct cgroup_root *root, const char *path, int *ret_fd)
{
	int depth = path_depth(path);

	return depth < 0 ? depth : path_open(root->fd, path, depth, O_RDONLY, ret_fd);
}

/* ---- Control files ------------------------------------------------------------------------- */

int cgroup_read(int cgroup_fd, const char *file, char *buf, size_t size)
{
	_cleanup_fd_ int fd = openat(cgroup_fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* kernfs gives a file that fits a page in one piece. */
	n = fd_read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	if ((size_t)n == size - 1)
		return -EFBIG;
	buf[n] = '\0';
	return (int)n;
}

int cgroup_number(int cgroup_fd, const char *file, uint64_t *ret)
{
	char buf[64];
	int r = cgroup_read(cgroup_fd, file, buf, sizeof(buf));

	if (r < 0)
		return r;
	*ret = starts_with(buf, "max") ? CGROUP_UNLIMITED : strtoull(buf, NULL, 10);
	return 0;
}

/* Where a file that is missing means what would be written: without swap accounting there is no
 * swap to limit or to allow, and a kernel without bursts has a burst of 0. base: a file of the same
 * controller, to be sure that the controller is there. */
static const struct {
	const char *file, *value, *base;
} absent_means[] = {
	{"memory.swap.max", "max", "memory.max"},
	{"memory.swap.max", "0", "memory.max"},
	{"cpu.max.burst", "0", "cpu.max"},
	{"cpu.idle", "0", "cpu.weight"},
};

static bool absence_will_do(int cgroup_fd, const char *file, const char *value)
{
	for (size_t i = 0; i < sizeof(absent_means) / sizeof(*absent_means); i++)
		if (streq(file, absent_means[i].file) && streq(value, absent_means[i].value))
			return faccessat(cgroup_fd, absent_means[i].base, F_OK, 0) == 0;
	return false;
}

/* What the errno doesn't tell. file: a whole name or, with a final dot, how it begins. */
static const struct {
	const char *file;
	int code;
	const char *hint;
} write_hints[] = {
	{"cgroup.", ENOENT, "the kernel is too old for it"},
	{"cgroup.procs", EBUSY,
	 "the cgroup has controllers enabled for cgroups below it, so it can't hold processes"},
	{"cgroup.procs", EOPNOTSUPP, "the cgroup is threaded or below a threaded one"},
	{"cgroup.procs", EAGAIN, "the limit on processes of the cgroup is reached"},
	{"cpu.max", EINVAL,
	 "the kernel takes a period of 1000 to 1000000 microseconds and a quota of at least 1000 "
	 "and the burst"},
	{"cpu.max.burst", EINVAL, "a burst can't be above the quota"},
	{"cpu.weight", EINVAL, "a cgroup with cpu.idle 1 has no weight"},
	{"cpuset.", EINVAL, "a list such as 0-3,7 of what the machine has"},
	{"cpuset.", ENODEV, "none of these is in the parent's cpuset.*.effective"},
	{"cpuset.", ENOSPC, "processes in the cgroup would be left without a CPU or memory node"},
	{"io.", ENODEV, "no disk has this number; a partition has no limits of its own"},
	{"io.", EOPNOTSUPP, "no scheduler that knows weights is at work on the device (bfq, io.cost)"},
	{"rdma.", ENODEV, "the machine has no RDMA device of this name"},
	{"memory.max", EBUSY, "the memory in use can't be reclaimed to this limit"},
	{"pids.max", EINVAL, "the kernel takes up to 4194304 or max"},
	{"", ENOENT,
	 "the controller is not enabled in the cgroup, or the kernel doesn't have this file"},
	{"", ENODEV, "the cgroup was removed meanwhile"},
	{"", EROFS, "the cgroup file system is mounted read-only"},
	{"", EACCES, "the cgroup has to belong to the user (delegation)"},
};

static const char *write_hint(const char *file, int code)
{
	for (size_t i = 0; i < sizeof(write_hints) / sizeof(*write_hints); i++) {
		const char *f = write_hints[i].file;
		size_t len = strlen(f);
		bool match = len == 0 || f[len - 1] == '.' ? starts_with(file, f) : streq(file, f);

		if (match && write_hints[i].code == code)
			return write_hints[i].hint;
	}
	return NULL;
}

int cgroup_write(int cgroup_fd, const char *file, const char *value, struct error *err)
{
	const char *hint;
	int r = file_put_at(cgroup_fd, file, value);

	if (r >= 0 || (r == -ENOENT && absence_will_do(cgroup_fd, file, value)))
		return 0;
	error_step(err, "write \"%s\" to %s", value, file);
	hint = write_hint(file, -r);
	if (hint)
		error_hint(err, "%s", hint);
	return error_set(err, -r, "%s", "");
}

int limit_write(int cgroup_fd, const struct limit *l, struct error *err)
{
	bool missing = (l->other_file || l->optional) && faccessat(cgroup_fd, l->file, F_OK, 0) < 0;

	if (missing && l->optional)
		return 0;
	return missing ? cgroup_write(cgroup_fd, l->other_file, l->other_value, err)
		       : cgroup_write(cgroup_fd, l->file, l->value, err);
}

/* The number behind `key` in the lines "key number" of a control file. */
static int flat_value(const char *text, const char *key, unsigned long long *ret)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ' ') {
			*ret = strtoull(line + len + 1, NULL, 10);
			return 0;
		}
	}
	return -ENOENT;
}

static int event_read(int cgroup_fd, const char *key)
{
	char buf[CONTROL_SIZE];
	unsigned long long v;
	int r = cgroup_read(cgroup_fd, "cgroup.events", buf, sizeof(buf));

	if (r < 0)
		return r;
	r = flat_value(buf, key, &v);
	return r < 0 ? r : v != 0;
}

int cgroup_populated(int cgroup_fd)
{
	return event_read(cgroup_fd, "populated");
}

int cgroup_frozen(int cgroup_fd)
{
	return event_read(cgroup_fd, "frozen");
}

/* 0 where there is no limit, or no such file. */
static unsigned long long value_read(int cgroup_fd, const char *file)
{
	uint64_t v;

	return cgroup_number(cgroup_fd, file, &v) < 0 || v == CGROUP_UNLIMITED ? 0 : v;
}

void cgroup_oom_read(int cgroup_fd, struct cgroup_oom *ret)
{
	char buf[CONTROL_SIZE];

	*ret = (struct cgroup_oom){0};
	if (cgroup_read(cgroup_fd, "memory.events", buf, sizeof(buf)) >= 0)
		flat_value(buf, "oom_kill", &ret->kills);
	ret->max = value_read(cgroup_fd, "memory.max");
	ret->peak = value_read(cgroup_fd, "memory.peak");
}
