/* SPDX-License-Identifier: Apache-2.0 */
#include "image/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define NAME_PART 200 /* of the name, in that of the temporary one */

/* Opens the directory that path is in, and makes the names. */
static int names_make(const char *path, struct output *o, struct error *err)
{
	char copy[PATH_MAX], *slash;
	size_t n = strlen(path);

	if (n >= sizeof(copy))
		return error_set(err, ENAMETOOLONG, "%s", "");
	memcpy(copy, path, n + 1);
	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = 0;
	slash = strrchr(copy, '/');
	if (snprintf(o->name, sizeof(o->name), "%s", slash ? slash + 1 : copy) > NAME_MAX)
		return error_set(err, ENAMETOOLONG, "%s", "");
	if (!*o->name || streq(o->name, ".") || streq(o->name, ".."))
		return error_say(err, EINVAL, "it must be a new name");
	snprintf(o->temporary, sizeof(o->temporary), ".%.*s.%d.tmp", NAME_PART, o->name,
		 (int)getpid());
	if (slash)
		slash[slash == copy] = 0;
	o->above = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return o->above < 0 ? error_set(err, errno, "open its directory") : 0;
}

static int stream_open(struct output *o, struct error *err)
{
	if (isatty(STDOUT_FILENO)) {
		error_hint(err, "name a file by -o, or redirect the output");
		return error_say(err, EINVAL, "an archive is not for a terminal");
	}
	o->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	return o->fd < 0 ? error_set(err, errno, "%s", "") : 0;
}

int output_file(const char *path, struct output *ret, struct error *err)
{
	struct output o = OUTPUT_INIT;
	struct stat st;
	int r;

	if (!path) {
		r = stream_open(&o, err);
	} else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		o.fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		r = o.fd < 0 ? error_set(err, errno, "%s", "") : 0;
	} else {
		r = names_make(path, &o, err);
		if (r == 0) {
			o.fd = openat(o.above, o.temporary,
				      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
			r = o.fd < 0 ? error_set(err, errno, "make a file beside it") : 0;
		}
	}
	if (r < 0)
		fd_close(o.above);
	else
		*ret = o;
	return r;
}

int output_directory(const char *path, struct output *ret, struct error *err)
{
	struct output o = {.fd = -1, .above = -1, .is_dir = true};
	int r = names_make(path, &o, err);

	if (r == 0 && mkdirat(o.above, o.temporary, 0777) < 0 && errno != EEXIST)
		r = error_set(err, errno, "make a directory beside it");
	if (r == 0)
		o.fd = openat(o.above, o.temporary,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r == 0 && o.fd < 0)
		r = error_set(err, errno, "make a directory beside it");
	if (r < 0)
		fd_close(o.above);
	else
		*ret = o;
	return r;
}

int output_commit(struct output *o, struct error *err)
{
	int r = 0;

	if (o->above >= 0 && ((o->is_dir ? syncfs(o->fd) : fsync(o->fd)) < 0 ||
			      renameat(o->above, o->temporary, o->above, o->name) < 0)) {
		if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
			r = error_say(err, EEXIST, "something is there already");
		else
			r = error_set(err, errno, "%s", "");
	}
	if (r < 0) {
		output_abandon(o);
		return r;
	}
	if (o->above >= 0)
		fsync(o->above);
	o->above = fd_close(o->above);
	o->fd = fd_close(o->fd);
	return 0;
}

void output_abandon(struct output *o)
{
	if (o->above >= 0 && o->is_dir)
		tree_remove_at(o->above, o->temporary);
	else if (o->above >= 0)
		unlinkat(o->above, o->temporary, 0);
	o->above = fd_close(o->above);
	o->fd = fd_close(o->fd);
}
