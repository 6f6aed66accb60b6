/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount options of config.md, and rnodev, which only features.md lists.
 *
 * Times of access are one field of three values in struct mount_attr, not three flags: whatever
 * changes it clears the whole field (the kernel refuses less) and sets the new value; relatime, the
 * kernel's default, is 0. So atime, nostrictatime and the like go back to relatime, as they do with
 * mount(2), and norelatime changes nothing.
 *
 * iversion: fsconfig has no such flag for all file systems, ext4 has it always on since 6.0, and
 * mount(2) ignores it for every other that can be mounted in a container. mand: nothing since 5.15.
 * silent: a flag of mount(2) alone; fsconfig never prints to the kernel's log.
 */
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "spec/names.h"

/* linux/mount.h of Debian 12 and sys/mount.h of glibc 2.36 can't be included together. */
#define PROPAGATE_UNBINDABLE (1 << 17) /* MS_UNBINDABLE */
#define PROPAGATE_PRIVATE    (1 << 18)
#define PROPAGATE_SLAVE	     (1 << 19)
#define PROPAGATE_SHARED     (1 << 20)

#define ATIME MOUNT_ATTR__ATIME

#define ATTR_SET(name, rec, attr)                           \
	{                                                   \
		name, MOUNT_OPTION_ATTR, rec, attr, attr, 0 \
	}
#define ATTR_CLEAR(name, rec, attr)                      \
	{                                                \
		name, MOUNT_OPTION_ATTR, rec, 0, attr, 0 \
	}
#define TIMES(name, rec, value)                               \
	{                                                     \
		name, MOUNT_OPTION_ATTR, rec, value, ATIME, 0 \
	}
#define SB(name)                                      \
	{                                             \
		name, MOUNT_OPTION_SB, false, 0, 0, 0 \
	}
#define PROPAGATE(name, rec, value)                              \
	{                                                        \
		name, MOUNT_OPTION_PROPAGATION, rec, 0, 0, value \
	}
#define KIND(name, kind, rec)            \
	{                                \
		name, kind, rec, 0, 0, 0 \
	}
#define IGNORED(name)                                      \
	{                                                  \
		name, MOUNT_OPTION_IGNORED, false, 0, 0, 0 \
	}

/* Ordered by name (strcmp), for bsearch. */
static const struct mount_option options[] = {
	SB("async"),
	TIMES("atime", false, 0),
	KIND("bind", MOUNT_OPTION_BIND, false),
	IGNORED("defaults"),
	ATTR_CLEAR("dev", false, MOUNT_ATTR_NODEV),
	ATTR_CLEAR("diratime", false, MOUNT_ATTR_NODIRATIME),
	SB("dirsync"),
	ATTR_CLEAR("exec", false, MOUNT_ATTR_NOEXEC),
	KIND("idmap", MOUNT_OPTION_IDMAP, false),
	IGNORED("iversion"),
	SB("lazytime"),
	IGNORED("loud"),
	IGNORED("mand"),
	TIMES("noatime", false, MOUNT_ATTR_NOATIME),
	ATTR_SET("nodev", false, MOUNT_ATTR_NODEV),
	ATTR_SET("nodiratime", false, MOUNT_ATTR_NODIRATIME),
	ATTR_SET("noexec", false, MOUNT_ATTR_NOEXEC),
	IGNORED("noiversion"),
	SB("nolazytime"),
	IGNORED("nomand"),
	IGNORED("norelatime"),
	TIMES("nostrictatime", false, 0),
	ATTR_SET("nosuid", false, MOUNT_ATTR_NOSUID),
	ATTR_SET("nosymfollow", false, MOUNT_ATTR_NOSYMFOLLOW),
	PROPAGATE("private", false, PROPAGATE_PRIVATE),
	TIMES("ratime", true, 0),
	KIND("rbind", MOUNT_OPTION_BIND, true),
	ATTR_CLEAR("rdev", true, MOUNT_ATTR_NODEV),
	ATTR_CLEAR("rdiratime", true, MOUNT_ATTR_NODIRATIME),
	TIMES("relatime", false, 0),
	KIND("remount", MOUNT_OPTION_REMOUNT, false),
	ATTR_CLEAR("rexec", true, MOUNT_ATTR_NOEXEC),
	KIND("ridmap", MOUNT_OPTION_IDMAP, true),
	TIMES("rnoatime", true, MOUNT_ATTR_NOATIME),
	ATTR_SET("rnodev", true, MOUNT_ATTR_NODEV),
	ATTR_SET("rnodiratime", true, MOUNT_ATTR_NODIRATIME),
	ATTR_SET("rnoexec", true, MOUNT_ATTR_NOEXEC),
	IGNORED("rnorelatime"),
	TIMES("rnostrictatime", true, 0),
	ATTR_SET("rnosuid", true, MOUNT_ATTR_NOSUID),
	ATTR_SET("rnosymfollow", true, MOUNT_ATTR_NOSYMFOLLOW),
	{"ro", MOUNT_OPTION_ATTR, false, MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY, 0},
	PROPAGATE("rprivate", true, PROPAGATE_PRIVATE),
	TIMES("rrelatime", true, 0),
	ATTR_SET("rro", true, MOUNT_ATTR_RDONLY),
	ATTR_CLEAR("rrw", true, MOUNT_ATTR_RDONLY),
	PROPAGATE("rshared", true, PROPAGATE_SHARED),
	PROPAGATE("rslave", true, PROPAGATE_SLAVE),
	TIMES("rstrictatime", true, MOUNT_ATTR_STRICTATIME),
	ATTR_CLEAR("rsuid", true, MOUNT_ATTR_NOSUID),
	ATTR_CLEAR("rsymfollow", true, MOUNT_ATTR_NOSYMFOLLOW),
	PROPAGATE("runbindable", true, PROPAGATE_UNBINDABLE),
	{"rw", MOUNT_OPTION_ATTR, false, 0, MOUNT_ATTR_RDONLY, 0},
	PROPAGATE("shared", false, PROPAGATE_SHARED),
	IGNORED("silent"),
	PROPAGATE("slave", false, PROPAGATE_SLAVE),
	TIMES("strictatime", false, MOUNT_ATTR_STRICTATIME),
	ATTR_CLEAR("suid", false, MOUNT_ATTR_NOSUID),
	ATTR_CLEAR("symfollow", false, MOUNT_ATTR_NOSYMFOLLOW),
	SB("sync"),
	KIND("tmpcopyup", MOUNT_OPTION_TMPCOPYUP, false),
	PROPAGATE("unbindable", false, PROPAGATE_UNBINDABLE),
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

const struct mount_option *mount_options(size_t *n)
{
	*n = LENGTH(options);
	return options;
}

static int compare(const void *name, const void *option)
{
	return strcmp(name, ((const struct mount_option *)option)->name);
}

const struct mount_option *mount_option_find(const char *name)
{
	return bsearch(name, options, LENGTH(options), sizeof(options[0]), compare);
}
