/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char own[PATH_MAX]; /* "": to be asked */

void process_helper_keep(void)
{
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - NAME_MAX - 1);

	own[n > 0 ? n : 0] = 0;
}

const char *process_helper(const char *name, char *path)
{
	char *slash;

	if (!own[0])
		process_helper_keep();
	memcpy(path, own, strlen(own) + 1);
	slash = strrchr(path, '/');
	if (slash) {
		snprintf(slash + 1, NAME_MAX, "%s", name);
		if (access(path, X_OK) == 0)
			return path;
	}
	snprintf(path, PATH_MAX, "%s/%s", HOY_LIBEXECDIR, name);
	return path;
}
