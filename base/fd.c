/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/sys.h"

#define READ_MIN 512

int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

void fd_cleanup(int *fd)
{
	fd_close(*fd);
}

int fd_take(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

int fd_write_all(int fd, const void *p, size_t len)
{
	const char *s = p;

	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

void fd_path(int fd, char buf[FD_PATH])
{
	snprintf(buf, FD_PATH, "/proc/self/fd/%d", fd);
}

ssize_t fd_read(int fd, void *p, size_t n)
{
	ssize_t r;

	do
		r = read(fd, p, n);
	while (r < 0 && errno == EINTR);
	return r;
}

int fd_lock(int fd, int operation)
{
	while (flock(fd, operation) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int fd_read_all(int fd, size_t limit, struct text *out)
{
	size_t got = 0;

	for (;;) {
		char *space = text_space(out, READ_MIN);
		ssize_t n = fd_read(fd, space, out->room - out->len - 1);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
		if (got > limit)
			return -EFBIG;
		out->len += (size_t)n;
	}
	text_add_bytes(out, "", 0);
	return 0;
}

int file_read_at(int dirfd, const char *path, size_t limit, struct text *out)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	_cleanup_fd_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	/* Its size, for one read; it may grow, and procfs has none. */
	if (st.st_size > 0 && (uintmax_t)st.st_size <= limit)
		text_space(out, (size_t)st.st_size + READ_MIN);
	return fd_read_all(fd, limit, out);
}

int file_put_at(int dirfd, const char *path, const char *s)
{
	_cleanup_fd_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(s);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, s, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* Gives the file tmp its name. One that is renamed over another ext4 writes out at once, for the sake of
 * programs that forget to (ext4(5), auto_da_alloc): a tenth of a millisecond, and as much when it is
 * removed meanwhile. One that changes places with another it does not. */
static int file_rename(int dirfd, const char *tmp, const char *name)
{
	int r;

	if (sys_renameat2(dirfd, tmp, dirfd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST && sys_renameat2(dirfd, tmp, dirfd, name, RENAME_EXCHANGE) == 0) {
		if (unlinkat(dirfd, tmp, 0) == 0)
			return 0;
		r = -errno; /* it was a directory */
		sys_renameat2(dirfd, tmp, dirfd, name, RENAME_EXCHANGE);
		return r;
	}
	/* A file system that knows neither. */
	return renameat(dirfd, tmp, dirfd, name) < 0 ? -errno : 0;
}

int file_replace_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode)
{
	char tmp[280];
	int fd, r;

	/* The pid keeps two writers apart; a leftover of a killed one is overwritten. */
	r = snprintf(tmp, sizeof(tmp), ".%s.%d.tmp", name, (int)getpid());
	if (r < 0 || (size_t)r >= sizeof(tmp))
		return -ENAMETOOLONG;
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, p, len);
	close(fd);
	if (r == 0)
		r = file_rename(dirfd, tmp, name);
	if (r < 0)
		unlinkat(dirfd, tmp, 0);
	return r;
}

/* Opens a directory below `dir`. -EXDEV for a mount point: a bind has the device number of what it
 * shows, so the kernel has to say; where openat2 can't be had, the numbers have to do. */
static int subdir_open(int dir, const char *name, dev_t dev)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = sys_openat2(dir, name, (uint64_t)flags, 0, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	struct stat st;

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(dir, name, flags);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_dev == dev)
		return fd;
	close(fd);
	return -EXDEV;
}

/* Empties the directory fd (consumed); dev is the device it must stay on. */
static int tree_empty(int fd, dev_t dev)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0 && (errno = 0, e = readdir(d))) {
		int sub;

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM) {
			r = -errno;
			break;
		}
		sub = subdir_open(dirfd(d), e->d_name, dev);
		if (sub < 0) {
			r = sub == -EXDEV ? -EBUSY : sub;
		} else {
			r = tree_empty(sub, dev);
			if (r == 0 && unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) < 0)
				r = -errno;
		}
	}
	if (r == 0 && errno)
		r = -errno;
	closedir(d);
	return r;
}

void socket_address_at(int dirfd, const char *name, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", dirfd, name);
}

int tree_remove_at(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	r = tree_empty(fd, st.st_dev);
	if (r < 0)
		return r;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}
