/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool_verbs: what hoy-image can do, one function per verb of its request.
 */
#ifndef HOY_IMAGE_TOOL_VERBS_H
#define HOY_IMAGE_TOOL_VERBS_H

#include "image/request.h"

/* What every verb gets. All return 0 or -errno with err. */
struct job_context {
	const struct request *request;
	struct arena *arena;
	struct warnings *warn;
};

int verb_load(const struct job_context *c, struct error *err);
int verb_pull(const struct job_context *c, struct error *err);
int verb_fsck(const struct job_context *c, struct error *err);
int verb_import(const struct job_context *c, struct error *err);
int verb_commit(const struct job_context *c, struct error *err);
int verb_push(const struct job_context *c, struct error *err);
int verb_save(const struct job_context *c, struct error *err);
/* tar_stream.c: `output`, `input`: a directory */
int verb_tar_in(const struct job_context *c, struct error *err);
int verb_tar_out(const struct job_context *c, struct error *err);

#endif
