/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure: a struct error on its way from one process to another, as JSON: from the one that
 * unpacks to hoy-image, from hoy-image to hoy, which words it.
 */
#ifndef HOY_SPEC_FAILURE_H
#define HOY_SPEC_FAILURE_H

#include <stdint.h>

#include "base/error.h"
#include "spec/table.h"

struct failure {
	uint32_t code; /* errno; 0: the text says it all */
	const char *doc, *field, *step, *why, *hint;
};

extern const struct table failure_table;

/* Points into err. */
struct failure failure_of(const struct error *err);
/* Fills err as it was there. Returns a negative errno. */
int failure_pass(const struct failure *f, struct error *err);

#endif
