/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume: what `-v`, `--mount` and `--tmpfs` say, as mounts of config.json.
 *
 *	-v HOST:CONTAINER[:OPTION,…]	a bind; HOST is absolute and there
 *	-v NAME:CONTAINER[:OPTION,…]	a volume (volumes.h), which is made where it isn't there
 *	-v CONTAINER			one without a name of its own
 *	--mount type=bind|volume|tmpfs,…	the same in words
 *	--tmpfs CONTAINER[:OPTION,…]	memory; nosuid, nodev, noexec unless an option says
 *					otherwise
 *
 * Binds are recursive and private, as docker's and podman's; `ro` concerns everything below the
 * source, as docker's since 25. z and Z (SELinux labels) are taken and do nothing, for there is no
 * SELinux here that a label would speak to.
 *
 * The container's path comes out clean: absolute, no "//", "." or "/" at its end; ".." is refused.
 * An image's word comes to volume_path alone.
 */
#ifndef HOY_ENGINE_VOLUME_H
#define HOY_ENGINE_VOLUME_H

#include "base/arena.h"
#include "base/error.h"
#include "spec/config.h"

enum volume_kind {
	VOLUME_NONE,	  /* memory */
	VOLUME_HOST,	  /* a file or directory of the host */
	VOLUME_NAMED,
	VOLUME_ANONYMOUS, /* it ends with the container that it was made for, if that is told so */
};

struct volume_asked {
	struct mount mount; /* of a volume: without a source, for where volumes are is not known here */
	enum volume_kind kind;
	const char *name; /* VOLUME_NAMED; of an anonymous one that is there already too */
	bool nocopy;	  /* it doesn't get what the image has there */
};

struct volumes_asked {
	size_t n;
	struct volume_asked *v;
};

/* [A-Za-z0-9][A-Za-z0-9_.-]*, at most 255: only such a name becomes part of a path. 0 or -EINVAL. */
int volume_name_check(const char *name, struct error *err);

/* Each reads one value. 0 and *ret, which points into the arena, or -EINVAL, -ENOENT with err. */
int volume_parse(const char *text, struct arena *a, struct volume_asked *ret, struct error *err);
int volume_mount_parse(const char *text, struct arena *a, struct volume_asked *ret,
		       struct error *err);
int volume_tmpfs_parse(const char *text, struct arena *a, struct volume_asked *ret,
		       struct error *err);

/* A path of the container in its clean form; option names it in errors. */
int volume_path(const char *option, const char *path, struct arena *a, const char **ret,
		struct error *err);

#endif
