/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume: what `-v`, `--mount` and `--tmpfs` say, as mounts of config.json.
 *
 *	-v HOST:CONTAINER[:OPTION,…]	a bind; HOST is absolute and there
 *	--mount type=bind|tmpfs,…	the same in words
 *	--tmpfs CONTAINER[:OPTION,…]	memory; nosuid, nodev, noexec unless an option says
 *					otherwise
 *
 * Binds are recursive and private, as docker's and podman's; `ro` concerns everything below the
 * source, as docker's since 25. z and Z (SELinux labels) are taken and do nothing, for there is no
 * SELinux here that a label would speak to. What would be a volume (a name, or no source) is
 * refused.
 *
 * The container's path comes out clean: absolute, no "//", "." or "/" at its end; ".." is refused.
 * Never does an image's word come here.
 */
#ifndef HOY_ENGINE_VOLUME_H
#define HOY_ENGINE_VOLUME_H

#include "base/arena.h"
#include "base/error.h"
#include "spec/config.h"

/* Each reads one value. 0 and *ret, which points into the arena, or -EINVAL, -ENOENT with err. */
int volume_parse(const char *text, struct arena *a, struct mount *ret, struct error *err);
int volume_mount_parse(const char *text, struct arena *a, struct mount *ret, struct error *err);
int volume_tmpfs_parse(const char *text, struct arena *a, struct mount *ret, struct error *err);

/* A path of the container in its clean form; option names it in errors. */
int volume_path(const char *option, const char *path, struct arena *a, const char **ret,
		struct error *err);

#endif
