/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/overlay_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attributes.h"
#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"

#define UPPER "upper"
#define WORK  "work"

static const char *value_of(const struct overlay *o, const char *key)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (starts_with(o->options[i], key))
			return o->options[i] + strlen(key);
	return NULL;
}

/* Descriptor, or -errno with err. */
static int tmpfs_mount(const char *size, struct error *err)
{
	_cleanup_fd_ int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int mnt;

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0)
		return error_set(err, errno, "make a tmpfs for the upper directory");
	if (size && sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", size, 0) < 0)
		return error_set(err, errno, "make a tmpfs of %s bytes for the upper directory",
				 size);
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_set(err, errno, "make a tmpfs for the upper directory");
	mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return mnt < 0 ? error_set(err, errno, "mount a tmpfs for the upper directory") : mnt;
}

static int directories_make(int tmpfs, const char *like, struct error *err)
{
	_cleanup_fd_ int from = open(like, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
			 upper = -1;
	struct stat st;
	int r;

	if (from < 0 || fstat(from, &st) < 0)
		return error_set(err, errno, "open %s", like);
	if (mkdirat(tmpfs, UPPER, 0700) < 0 || mkdirat(tmpfs, WORK, 0700) < 0)
		return error_set(err, errno, "make directories in memory");
	upper = openat(tmpfs, UPPER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = upper < 0 ? -errno : attributes_copy_all(from, upper);
	/* Before Linux 6.6 a tmpfs has no attributes of users: overlayfs leaves them out there too. */
	if (r == -EOPNOTSUPP)
		r = attributes_copy_times(upper, &st);
	return r < 0 ? error_set(err, -r, "give the upper directory the attributes of %s", like)
		     : 0;
}

int overlay_memory(const struct overlay *o, struct arena *a, struct overlay *ret, int *fd,
		   struct error *err)
{
	const char *size = value_of(o, OVERLAY_MEMORY), *like = value_of(o, "upperdir=");
	_cleanup_fd_ int tmpfs = -1;
	const char **options;
	size_t i;
	int r;

	*ret = *o;
	*fd = -1;
	if (!size)
		return 0;
	if ((*size && *size != '=') || !like)
		return error_say(err, EINVAL,
				 OVERLAY_MEMORY
				 ": needs upperdir, and may have a size in bytes: " OVERLAY_MEMORY
				 "=BYTES");
	tmpfs = tmpfs_mount(*size ? size + 1 : NULL, err);
	r = tmpfs < 0 ? tmpfs : directories_make(tmpfs, like, err);
	if (r < 0)
		return r;
	options = arena_alloc(a, (o->n + 2) * sizeof(*options));
	ret->options = options;
	ret->n = 0;
	for (i = 0; i < o->n; i++)
		if (!starts_with(o->options[i], OVERLAY_MEMORY) &&
		    !starts_with(o->options[i], "upperdir=") &&
		    !starts_with(o->options[i], "workdir="))
			options[ret->n++] = o->options[i];
	options[ret->n++] = arena_printf(a, "upperdir=/proc/self/fd/%d/" UPPER, tmpfs);
	options[ret->n++] = arena_printf(a, "workdir=/proc/self/fd/%d/" WORK, tmpfs);
	*fd = fd_take(&tmpfs);
	return 0;
}
