/* SPDX-License-Identifier: Apache-2.0 */
/*
 * project: the number under which a file system counts what a container writes (quota.h), where
 * --storage-opt limits that.
 *
 *	DATA/projects/NUMBER	a symbolic link whose text is the container's ID
 *
 * A number follows from the ID; where another container has it, or anybody else's files, the next one is
 * taken. Like names (containers.h) they are taken and given back under a lock on DATA/projects, and a link
 * whose container is not there any more belongs to nobody: whoever takes one gives such back.
 */
#ifndef HOY_ENGINE_PROJECT_H
#define HOY_ENGINE_PROJECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PROJECTS_DIR "projects"
/* What others count from is small: /etc/projects, docker and podman from 1, kubelet from 2^20. */
#define PROJECT_FIRST 0x40000000u
#define PROJECT_LAST  0x7fffffffu
#define PROJECT_TRIES 64

/* The number for a container's ID (64 hexadecimal digits); another for each try. */
uint32_t project_number(const char *id, unsigned tries);

/* Limits what n empty directories of the container, which is there, will hold together. 0, or negative
 * errno with err; project_give takes back what was done by then. */
int project_take(const char *data, const char *id, const int *directories, size_t n, uint64_t bytes,
		 struct error *err);
/* Gives back what the container has, when its files are gone; also when it has nothing. */
void project_give(const char *data, const char *id);

#endif
