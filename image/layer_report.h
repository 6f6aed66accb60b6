/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_report: what the process that unpacks a layer has to say at its end, as JSON over a pipe,
 * and behind it the directories that are implied. It is read like anything else that was next to
 * hostile bytes: bounded, checked, every digest parsed.
 */
#ifndef HOY_IMAGE_LAYER_REPORT_H
#define HOY_IMAGE_LAYER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "spec/failure.h"
#include "spec/config.h"

#define LAYER_REPORT_MAX (64u << 20) /* bytes, with the implied directories */

struct layer_report {
	const char *blob; /* digest of what was read; NULL: it was not asked for */
	const char *diff; /* and of the tar file in it */
	uint64_t blob_size, diff_size, bytes, entries;
	uint64_t xattrs_lost;	 /* extended attributes that the file system didn't take */
	bool has_root;		 /* there is an entry for the root directory */
	struct strings implied;	 /* directories without an entry, which was not in the JSON */
	struct failure *failure; /* NULL: all is well */
};

/* implied: with a NUL behind each. */
void layer_report_write(const struct layer_report *r, const struct text *implied, struct text *out);
void layer_report_failure(const struct error *err, struct text *out);
/* 0, or -errno with err: the process's own failure, or that there is no report. */
int layer_report_read(const struct text *from, struct arena *a, struct layer_report *ret,
		      struct error *err);

#endif
