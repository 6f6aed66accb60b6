/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: what `attach`, `start` and `run` share: the options of who is attached, and what is left to
 * say when it was left.
 */
#ifndef HOY_CMD_ATTACH_H
#define HOY_CMD_ATTACH_H

#include "cmd/options.h"
#include "engine/attach.h"

/* --detach-keys, --sig-proxy. They fill a struct attach_options, which is the first member of the
 * verb's own. */
extern const struct option_spec attach_table[];

/* The exit status for what engine_attach gives: 0 for ATTACH_LEFT; at a terminal the caller's prompt
 * gets a line of its own. */
int attach_exit_status(int status);

#endif
