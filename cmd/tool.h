/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool: the options that verbs of registries share (pull, push). The struct is the first member of
 * the verb's own.
 */
#ifndef HOY_CMD_TOOL_H
#define HOY_CMD_TOOL_H

#include "cmd/options.h"
#include "image/request.h"

struct registry_flags {
	const char *authfile, *credentials, *cert_dir;
	unsigned unverified; /* --tls-verify: 1 is false */
	bool quiet;
};

extern const struct option_spec registry_table[];

/* Puts them into a request. */
void registry_flags_add(const struct registry_flags *f, struct request *q);

#endif
