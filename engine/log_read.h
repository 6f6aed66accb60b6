/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_read: what cri_log.h has written, as the container wrote it: standard output to one descriptor,
 * standard error to another.
 */
#ifndef HOY_ENGINE_LOG_READ_H
#define HOY_ENGINE_LOG_READ_H

#include <stdbool.h>
#include <time.h>

#include "runtime/container.h"

struct log_query {
	const struct timespec *since, *until; /* NULL: from the beginning, to the end */
	int64_t tail;			      /* so many of the last lines; -1: all */
	bool follow;			      /* and what comes, until the container's monitor ends */
	bool stamps;			      /* each line with its time */
	int out, err;			      /* where it goes */
};

/* 0 or negative errno with err. -EPIPE, without words: nobody reads it. */
int engine_logs(const struct runtime *rt, const char *id, const struct log_query *q,
		struct error *err);

#endif
