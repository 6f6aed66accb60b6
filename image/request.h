/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what hoy asks hoy-image to do, as JSON (base/helper.h). It answers with warnings and an error
 * (spec/answer.h); results and progress it writes to the standard output and error that it shares with hoy.
 */
#ifndef HOY_IMAGE_REQUEST_H
#define HOY_IMAGE_REQUEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "spec/config.h"

#define REQUEST_MAX (1u << 20) /* bytes */

struct request {
	const char *verb;	    /* "load" */
	const char *store;	    /* data directory, absolute */
	struct strings images;	    /* references or IDs, as they were typed */
	const char *input, *output; /* files; absent: the standard streams */
	const char *name, *format, *platform;
	struct strings changes;		/* of a configuration: change.h */
	const char *message, *author;
	const char *container; /* its ID */
	const char *authfile, *credentials, *cert_dir; /* registry.h */
	bool silent; /* nothing on standard output */
	bool quiet, all, repair, insecure;
};

void request_write(const struct request *r, struct text *out);
/* What points to it is the arena's. 0 or -errno with err. */
int request_read(const struct text *from, struct arena *a, struct request *ret, struct error *err);

#endif
