/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warn: what the user should hear but what stops nothing. Lower floors collect, cmd/ prints.
 */
#ifndef HOY_BASE_WARN_H
#define HOY_BASE_WARN_H

#include "base/text.h"

struct warnings {
	struct text lines; /* one warning per line */
	/* Set by who prints: prints the lines and empties them. NULL: they are printed at the end. */
	void (*print)(struct warnings *w);
};

#define WARNINGS_INIT {TEXT_INIT, NULL}

/* Adds one line; w may be NULL (nobody listens). */
void warn_add(struct warnings *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Has what is there printed now, because what comes next may take long. w may be NULL. */
void warn_flush(struct warnings *w);
void warn_free(struct warnings *w);

#endif
