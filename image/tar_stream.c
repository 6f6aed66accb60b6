/* SPDX-License-Identifier: Apache-2.0 */
/* Tar files that are no layers, for who copies from and to containers: a directory to standard output,
 * standard input to a directory. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/layer_pack.h"
#include "image/layer_unpack.h"
#include "image/tool_verbs.h"

static int directory_open(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? error_set(err, errno, "open %s", path) : fd;
}

int verb_tar_in(const struct job_context *c, struct error *err)
{
	_cleanup_fd_ int dir = directory_open(c->request->output, err);
	struct layer_report report;
	struct layer_unpack u;
	int r = dir < 0 ? dir : layer_unpack_begin_plain(dir, STDIN_FILENO, &u, err);

	if (r == 0)
		r = layer_unpack_end(&u, c->arena, &report, err);
	return r;
}

static int sink(void *to, const void *p, size_t n, struct error *err)
{
	int r = fd_write_all(*(int *)to, p, n);

	return r < 0 ? error_set(err, -r, "write to standard output") : 0;
}

int verb_tar_out(const struct job_context *c, struct error *err)
{
	_cleanup_fd_ int dir = directory_open(c->request->input, err);
	int out = STDOUT_FILENO;

	return dir < 0 ? dir : tree_pack(dir, sink, &out, c->warn, err);
}
