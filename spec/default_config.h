/* SPDX-License-Identifier: Apache-2.0 */
/*
 * default_config: the config.json that `hoy spec` writes: a shell in an unshared machine, as
 * `runc spec` has it.
 */
#ifndef HOY_SPEC_DEFAULT_CONFIG_H
#define HOY_SPEC_DEFAULT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct default_config_options {
	/* For a user without privilege: a user namespace in which 0 is the caller, the caller's
	 * network, /sys bound instead of mounted, no device rules, no group that is not mapped. */
	bool rootless;
	uint32_t uid, gid; /* the caller's, for rootless */
};

/* Appends the document, indented, with a line's end behind. */
void default_config_write(const struct default_config_options *o, struct text *out);

#endif
