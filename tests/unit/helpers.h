/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several unit tests need: a directory of their own, the number of open descriptors, and a plan
 * with one operation of every kind.
 */
#ifndef HOY_TEST_HELPERS_H
#define HOY_TEST_HELPERS_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "plan/builder.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

struct temp {
	char path[64];
	int fd; /* O_RDONLY | O_DIRECTORY */
};

/* Makes an empty directory below /tmp, 0700. fd is -1 when that failed. */
static inline struct temp temp_make(void)
{
	struct temp t = {.path = "/tmp/hoy-unit-XXXXXX", .fd = -1};

	if (mkdtemp(t.path))
		t.fd = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t;
}

static inline void temp_remove(struct temp *t)
{
	t->fd = fd_close(t->fd);
	tree_remove_at(AT_FDCWD, t->path);
}

/* Makes a file with the text in it. False when that failed. */
static inline bool file_make(int dirfd, const char *path, const char *text)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), r;

	if (fd < 0)
		return false;
	r = fd_write_all(fd, text, strlen(text));
	close(fd);
	return r == 0;
}

/* Entries of a directory without "." and ".."; -1 when it can't be read. */
static inline int entry_count(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = -2;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* The number of open descriptors of this process. */
static inline int fd_count(void)
{
	return entry_count(AT_FDCWD, "/proc/self/fd") - 1;
}

/* Adds an operation with something in every argument that its signature names. */
static inline struct plan_op *sample_op(struct plan_builder *b, unsigned code)
{
	static const char *const words[] = {"one", "", "three"};
	const char *sig = plan_op_info(code)->signature;
	struct plan_op *op = plan_add(b, code, ACTOR_WALKER, "some.field[1]");
	unsigned i;

	for (i = 0; sig[i]; i++) {
		if (strchr("sS", sig[i]))
			op->arg[i] = plan_put_string(b, "a string");
		else if (strchr("vV", sig[i]))
			op->arg[i] = plan_put_vector(b, words, 3);
		else if (strchr("bB", sig[i]))
			op->arg[i] = plan_put_blob(b, "\0blob\xff", 6);
		else
			op->arg[i] = 1 + i;
	}
	return op;
}

/* A plan with one operation of every kind; buf is NULL when it could not be made. */
static inline struct plan sample_plan(void)
{
	struct plan_builder b;
	struct plan p = PLAN_INIT;
	unsigned code;

	plan_begin(&b, PLAN_CREATE, "config.json");
	for (code = OP_NONE + 1; code < OP_COUNT; code++)
		sample_op(&b, code);
	plan_finish(&b, &p);
	return p;
}

#endif
