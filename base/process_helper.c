/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *process_helper(const char *name, char *path)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - NAME_MAX - 1);
	char *slash;

	path[n > 0 ? n : 0] = 0;
	slash = strrchr(path, '/');
	if (slash) {
		snprintf(slash + 1, NAME_MAX, "%s", name);
		if (access(path, X_OK) == 0)
			return path;
	}
	snprintf(path, PATH_MAX, "%s/%s", HOY_LIBEXECDIR, name);
	return path;
}
