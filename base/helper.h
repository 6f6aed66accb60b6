/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper: executes one of hoy's helper programs in libexec, which have the libraries that starting a
 * container doesn't need. It reads a request from one descriptor and writes an answer to another, with
 * which it may hand over a descriptor (SCM_RIGHTS); what both say is spec/answer.h's and the helper's own
 * matter. It has this process's standard streams.
 *
 *	helper_start(&program, &request, -1, &h, err)
 *	…					both run
 *	helper_finish(&h, limit, &answer, NULL, &status, err)
 *	answer_read(&answer, …)			what it says goes before how it ended
 *	helper_check(&program, status, err)
 */
#ifndef HOY_BASE_HELPER_H
#define HOY_BASE_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

/* Its descriptors beside the standard ones. The last is there when it was given one. */
enum { HELPER_REQUEST = 3, HELPER_ANSWER = 4, HELPER_GIVEN = 5 };

struct helper {
	const char *name;    /* "hoy-image" */
	const char *missing; /* why it may not be there, for a hint */
};

struct helper_run {
	const struct helper *program;
	pid_t pid;
	int answer;
};

/* given: a descriptor for it; -1: none. 0 or negative errno with err. */
int helper_start(const struct helper *program, const struct text *request, int given,
		 struct helper_run *ret, struct error *err);
/* Waits for its end. limit: bytes of the answer. *fd: the descriptor that it has handed over, or -1; fd
 * NULL: one would be closed. *status: as of waitpid(2). 0 or negative errno with err. */
int helper_finish(struct helper_run *h, size_t limit, struct text *answer, int *fd, int *status,
		  struct error *err);
/* 0, or -EIO with words when it was killed or has failed. */
int helper_check(const struct helper *program, int status, struct error *err);
/* In the helper: keeps its own descriptors from what it executes, and closes what it wasn't given. Whether
 * hoy has executed it. */
bool helper_is_ours(void);
/* In the helper: writes the answer, with the descriptor fd (-1: none). 0 or negative errno. */
int helper_answer(const struct text *answer, int fd);

#endif
