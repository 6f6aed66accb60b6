/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal: a pseudo-terminal of the container's own devpts, for the process.
 */
#ifndef HOY_INIT_TERMINAL_H
#define HOY_INIT_TERMINAL_H

#include "init/walk.h"

int op_terminal(struct walker *w, const struct plan_op *op);

#endif
