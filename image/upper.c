/* SPDX-License-Identifier: Apache-2.0 */
#include "image/upper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "image/collect.h"

#define STACK_MAX 256

int upper_open(const struct store *s, const char *id, struct text *stack, struct error *err)
{
	_cleanup_fd_ int dir = openat(s->fd, CONTAINERS, O_PATH | O_DIRECTORY | O_CLOEXEC),
			 own = dir < 0 ? -1
				       : openat(dir, id,
						O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int fd = -1;

	if (own >= 0 && file_read_at(own, CONTAINER_STACK, STACK_MAX, stack) == 0)
		fd = openat(own, UPPER_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (own < 0 || fstatat(own, UPPER_MEMORY_DIR, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_say(err, ENOENT,
				 "the container %.64s was not made from an image by \"hoy run\"",
				 id);
	error_hint(err, "\"hoy cp\" copies files from it while it runs");
	return error_say(
		err, EOPNOTSUPP,
		"what container %.64s writes is in memory (--writable-tmpfs), which nobody "
		"else sees",
		id);
}
