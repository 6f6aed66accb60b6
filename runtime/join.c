/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/join.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"
#include "spec/names.h"

static const struct {
	uint64_t flag;
	const char *file, *what;
} kinds[] = {
	{CLONE_NEWNET, "/proc/self/ns/net", "join the network namespace"},
	{CLONE_NEWIPC, "/proc/self/ns/ipc", "join the ipc namespace"},
	{CLONE_NEWUTS, "/proc/self/ns/uts", "join the uts namespace"},
	{CLONE_NEWPID, "/proc/self/ns/pid", "join the pid namespace"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int join_open(const char *path, const char *type, uint64_t flag, const char *needed_by,
	      struct error *err)
{
	/* O_NONBLOCK: the path may name a FIFO. */
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat a, b;
	char own[64];
	int got;

	if (fd < 0)
		return error_set(err, errno, "%s", "");
	got = ioctl(fd, NS_GET_NSTYPE);
	if (got < 0)
		return error_say(err, EINVAL, "this is no namespace");
	if ((uint64_t)(unsigned)got != flag)
		return error_say(err, EINVAL, "this is a namespace of another type than \"%s\"", type);
	snprintf(own, sizeof(own), "/proc/self/ns/%s", namespace_file(type));
	if (needed_by && fstat(fd, &a) == 0 && stat(own, &b) == 0 && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev)
		return error_say(err, EINVAL,
				 "this is the runtime's own namespace, which %s would change",
				 needed_by);
	return fd_take(&fd);
}

void join_add(struct join *j, uint64_t flag, int fd)
{
	/* Types are not listed twice (rules.c), so there is room. */
	j->v[j->n++] = (struct join_one){.flag = flag, .fd = fd, .own = -1};
}

void join_close(struct join *j)
{
	while (j->n)
		fd_close(j->v[--j->n].fd);
}

int join_user(const struct join *j)
{
	unsigned i;

	for (i = 0; i < j->n; i++)
		if (j->v[i].flag == CLONE_NEWUSER)
			return j->v[i].fd;
	return -1;
}

int join_time(struct join *j, const char *offsets, struct error *err)
{
	int own = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC), r;

	if (own < 0)
		return error_say(err, ENOTSUP, "this kernel has no time namespaces");
	if (unshare(CLONE_NEWTIME) < 0) {
		r = error_set(err, errno, "%s", "");
		close(own);
		return r;
	}
	j->own_time = own;
	if (!offsets[0])
		return 0;
	r = file_put_at(AT_FDCWD, "/proc/self/timens_offsets", offsets);
	return r < 0 ? error_set(err, -r, "write the offsets") : 0;
}

static int kind_of(uint64_t flag)
{
	unsigned i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].flag == flag)
			return (int)i;
	return -1;
}

int join_enter(struct join *j, struct error *err)
{
	unsigned i;

	for (i = 0; i < j->n; i++) {
		int k = kind_of(j->v[i].flag);

		if (k < 0)
			continue;
		if (!j->last || j->v[i].flag != CLONE_NEWPID) {
			j->v[i].own = open(kinds[k].file, O_RDONLY | O_CLOEXEC);
			if (j->v[i].own < 0)
				return error_set(err, errno, "open %s", kinds[k].file);
		}
		if (setns(j->v[i].fd, (int)j->v[i].flag) < 0)
			return error_set(err, errno, "%s", kinds[k].what);
	}
	return 0;
}

int join_leave(struct join *j, struct error *err)
{
	int r = 0;
	unsigned i;

	for (i = 0; i < j->n; i++) {
		if (j->v[i].own < 0)
			continue;
		if (setns(j->v[i].own, (int)j->v[i].flag) < 0)
			r = -errno;
		j->v[i].own = fd_close(j->v[i].own);
	}
	if (j->own_time >= 0) {
		if (setns(j->own_time, CLONE_NEWTIME) < 0)
			r = -errno;
		j->own_time = fd_close(j->own_time);
	}
	return r < 0 ? error_set(err, -r, "return to the runtime's namespaces") : 0;
}

int join_all(const struct join *j, const char **what)
{
	int user = join_user(j);
	unsigned i;

	for (i = 0; i < j->n; i++) {
		int k = kind_of(j->v[i].flag);

		if (k < 0)
			continue;
		*what = kinds[k].what;
		if (setns(j->v[i].fd, (int)j->v[i].flag) < 0)
			return -errno;
	}
	*what = "join the user namespace";
	return user >= 0 && setns(user, CLONE_NEWUSER) < 0 ? -errno : 0;
}
