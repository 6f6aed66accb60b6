/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files: a container's files as it sees them, for who copies from and to them.
 *
 * Of one that runs: its first process's root directory, with whatever is mounted there. Of one that doesn't
 * and was made by `hoy run`: its root file system, mounted anew with the container's binds in a mount
 * namespace that this process then has of its own; until files_close nobody can start it.
 */
#ifndef HOY_ENGINE_FILES_H
#define HOY_ENGINE_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/container.h"

struct files {
	int root; /* O_PATH; paths in it are gone to by openat2(2), RESOLVE_IN_ROOT */
	int lock;
	uid_t uid; /* its user 0, as the host has it */
	gid_t gid;
	bool fleeting; /* what is written there is gone with files_close */
};

#define FILES_INIT           \
	{                    \
		-1, -1, 0, 0, false \
	}

/* id: the whole ID. May leave the caller in another mount namespace. 0 or -errno with err. */
int files_open(const struct runtime *rt, const char *id, struct files *ret, struct error *err);
void files_close(struct files *f);

#endif
