/* SPDX-License-Identifier: Apache-2.0 */
/* config_paths: where users keep configuration. NULL where the environment doesn't say. In the
 * arena. */
#ifndef HOY_IMAGE_CONFIG_PATHS_H
#define HOY_IMAGE_CONFIG_PATHS_H

#include <stdlib.h>

#include "base/arena.h"

/* A variable of the environment; NULL when it is empty too. */
static inline const char *config_variable(const char *name)
{
	const char *s = getenv(name);

	return s && *s ? s : NULL;
}

/* $HOME, if it is an absolute path. */
static inline const char *config_user_home(void)
{
	const char *s = config_variable("HOME");

	return s && s[0] == '/' ? s : NULL;
}

/* ${XDG_CONFIG_HOME:-~/.config} */
static inline const char *config_home(struct arena *a)
{
	const char *s = config_variable("XDG_CONFIG_HOME"), *home = config_user_home();

	if (s && s[0] == '/')
		return s;
	return home ? arena_join(a, home, "/.config", NULL) : NULL;
}

#endif
