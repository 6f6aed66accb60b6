/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output: what a command is to leave at a path that somebody names: a file or a directory, made
 * beside it under another name, synced, and renamed when it is whole.
 */
#ifndef HOY_IMAGE_OUTPUT_H
#define HOY_IMAGE_OUTPUT_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

struct output {
	int fd;	   /* to write to: the file, or the directory */
	int above; /* the directory that it is in; -1: there is nothing to rename */
	bool is_dir;
	char name[NAME_MAX + 1], temporary[NAME_MAX + 1];
};

#define OUTPUT_INIT                   \
	{                             \
		.fd = -1, .above = -1 \
	}

/* path NULL: standard output, which must be no terminal. What is there and is no ordinary file (a
 * FIFO, a device) is written to as it is. 0 or -errno with err. */
int output_file(const char *path, struct output *ret, struct error *err);
/* A directory, where there is none, or an empty one. */
int output_directory(const char *path, struct output *ret, struct error *err);
/* Gives it its name. 0 or -errno with err, and nothing is left. */
int output_commit(struct output *o, struct error *err);
/* Takes it away. Does nothing behind output_commit. */
void output_abandon(struct output *o);

#endif
