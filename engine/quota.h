/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota: project quotas of a file system (ext4, XFS, f2fs): files with the same project number count
 * together against one limit. A directory can hand its number on to what is made in it. fd is of any
 * file or directory on that file system. Since Linux 5.14.
 */
#ifndef HOY_ENGINE_QUOTA_H
#define HOY_ENGINE_QUOTA_H

#include <stdint.h>

#include "base/error.h"

/* Whether limits hold there. 0, or -errno with err, which names the file system and says what to do. */
int quota_check(int fd, struct error *err);
/* Whether files or limits of that project are there: 1, 0 or -errno. */
int quota_used(int fd, uint32_t project);
/* Limits it, to whole KiB upwards; bytes 0: no limit. 0 or -errno. */
int quota_limit(int fd, uint32_t project, uint64_t bytes);
/* Gives a directory, and what will be made in it, to the project. 0 or -errno. */
int quota_assign(int directory, uint32_t project);

#endif
