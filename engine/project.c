/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/project.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/containers.h"
#include "engine/data.h"
#include "engine/quota.h"

#define NUMBER_SIZE sizeof("4294967295")
#define ID_DIGITS   (CONTAINERS_ID_SIZE - 1)

uint32_t project_number(const char *id, unsigned tries)
{
	unsigned bits = 0;

	sscanf(id, "%8x", &bits);
	return PROJECT_FIRST + (bits + tries) % (PROJECT_LAST - PROJECT_FIRST + 1);
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* DATA/projects, locked until it is closed. */
static int projects_lock(const char *data, bool make)
{
	int fd = data_open(data, PROJECTS_DIR, make);
	int r = fd < 0 ? 0 : fd_lock(fd, LOCK_EX);

	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static bool number_read(const char *name, uint32_t *ret)
{
	unsigned long long n;

	if (parse_u64(name, PROJECT_FIRST, PROJECT_LAST, &n) < 0)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* Whose it is. False: it is no link of ours. */
static bool owner_read(int projects, const char *name, char id[CONTAINERS_ID_SIZE])
{
	ssize_t n = readlinkat(projects, name, id, CONTAINERS_ID_SIZE);

	if (n != ID_DIGITS)
		return false;
	id[n] = 0;
	return true;
}

/* Gives back those of the container, or, id NULL, of all that are not there any more. */
static void links_give(const char *data, int projects, const char *id)
{
	_cleanup_fd_ int containers = data_open(data, CONTAINERS_DIR, false);
	int fd = openat(projects, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = containers < 0 || fd < 0 ? NULL : fdopendir(fd);
	char owner[CONTAINERS_ID_SIZE];
	struct dirent *e;
	struct stat st;
	uint32_t number;

	if (!d) {
		fd_close(fd);
		return;
	}
	while ((e = readdir(d))) {
		if (!number_read(e->d_name, &number) || !owner_read(projects, e->d_name, owner))
			continue;
		if (id ? !streq(owner, id)
		       : fstatat(containers, owner, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
				    errno != ENOENT)
			continue;
		/* In this order: a limit without a link would keep the number from everybody. */
		if (quota_limit(containers, number, 0) == 0 || quota_used(containers, number) <= 0)
			unlinkat(projects, e->d_name, 0);
	}
	closedir(d);
}

/* ---- Taking ---------------------------------------------------------------------------------- */

/* *number: one that is free in the file system, with a link in projects. */
static int link_make(int projects, int fs, const char *id, uint32_t *number)
{
	char name[NUMBER_SIZE];
	unsigned i;
	int r;

	for (i = 0; i < PROJECT_TRIES; i++) {
		*number = project_number(id, i);
		r = quota_used(fs, *number);
		if (r < 0)
			return r;
		if (r)
			continue;
		snprintf(name, sizeof(name), "%u", *number);
		if (symlinkat(id, projects, name) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int project_take(const char *data, const char *id, const int *directories, size_t n, uint64_t bytes,
		 struct error *err)
{
	_cleanup_fd_ int projects = -1;
	uint32_t number;
	size_t i;
	int r = quota_check(directories[0], err);

	if (r < 0)
		return r;
	projects = projects_lock(data, true);
	if (projects < 0)
		return error_set(err, -projects, "open %s/" PROJECTS_DIR, data);
	links_give(data, projects, NULL);
	r = link_make(projects, directories[0], id, &number);
	if (r < 0)
		return error_set(err, -r, "find a free project number");
	r = quota_limit(directories[0], number, bytes);
	for (i = 0; r == 0 && i < n; i++)
		r = quota_assign(directories[i], number);
	return r < 0 ? error_set(err, -r, "set the quota of project %u", number) : 0;
}

void project_give(const char *data, const char *id)
{
	_cleanup_fd_ int projects = projects_lock(data, false);

	if (projects >= 0)
		links_give(data, projects, id);
}
