/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd: descriptors and the small files of /proc, /sys and the state directory.
 *
 * One owner per descriptor: _cleanup_fd_ closes it at the end of the block, fd_take() hands it on.
 * Everything opened here is close-on-exec from birth.
 */
#ifndef HOY_BASE_FD_H
#define HOY_BASE_FD_H

#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_fd_ __attribute__((cleanup(fd_cleanup)))

/* Closes fd if it is one, keeps errno. Returns -1, so that `fd = fd_close(fd)` forgets it. */
int fd_close(int fd);
void fd_cleanup(int *fd);
/* Hands the descriptor to the caller; *fd becomes -1. */
int fd_take(int *fd);

/* Writes all len bytes, through signals and short writes. 0 or negative errno. */
int fd_write_all(int fd, const void *p, size_t len);
/* "/proc/self/fd/N": the file behind a descriptor, which O_PATH will do for, as a path. */
#define FD_PATH sizeof("/proc/self/fd/2147483647")
void fd_path(int fd, char buf[FD_PATH]);
/* read(2), through signals. */
ssize_t fd_read(int fd, void *p, size_t n);
/* flock(2), through signals. 0 or negative errno. */
int fd_lock(int fd, int operation);
/* Appends what fd holds to out, at most limit bytes; -EFBIG beyond. 0 or negative errno. */
int fd_read_all(int fd, size_t limit, struct text *out);

/* Reads a regular (or /proc, /sys) file below dirfd. -EISDIR for a directory, -EINVAL for a FIFO,
 * socket or device (it is never waited for), -EFBIG beyond limit. 0 or negative errno. */
int file_read_at(int dirfd, const char *path, size_t limit, struct text *out);
/* One write(2) of the text to an existing file (a control file of the kernel). 0 or -errno. */
int file_put_at(int dirfd, const char *path, const char *s);
/* Makes name in dirfd hold the bytes, at once: a temporary file beside it, then renameat2(2).
 * Without fsync: state lives under /run (design: the state is rebuilt after a reboot anyway).
 * mode: of the new file. On failure nothing is left. 0 or negative errno. */
int file_replace_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode);
/* The address of a socket `name` in dirfd. It goes through the descriptor: sun_path holds 107 bytes, a path
 * may have more. */
struct sockaddr_un;
void socket_address_at(int dirfd, const char *name, struct sockaddr_un *ret);
/* Removes a directory with everything below it, never through a symlink or across a mount.
 * 0 (also when it is not there) or negative errno. */
int tree_remove_at(int dirfd, const char *name);

#endif
