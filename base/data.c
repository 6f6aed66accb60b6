/* SPDX-License-Identifier: Apache-2.0 */
#include "base/data.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

int data_dir_open(int at, const char *name, bool make)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT || !make)
		return fd < 0 ? -errno : fd;
	if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* DATA with all above it: another user's is ~/.local/share/hoy, of which little may be there. */
static int data_make(const char *data)
{
	char path[PATH_MAX];
	size_t n = strlen(data), i;

	if (n >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, data, n + 1);
	for (i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i])
			continue;
		path[i] = 0;
		if (mkdir(path, i == n ? 0700 : 0755) < 0 && errno != EEXIST)
			return -errno;
		path[i] = i == n ? 0 : '/';
	}
	return 0;
}

int data_open(const char *data, const char *name, bool make)
{
	_cleanup_fd_ int fd = data_dir_open(AT_FDCWD, data, false);
	int r;

	if (fd == -ENOENT && make) {
		r = data_make(data);
		if (r < 0)
			return r;
		fd = data_dir_open(AT_FDCWD, data, false);
	}
	return fd < 0 ? fd : data_dir_open(fd, name, make);
}
