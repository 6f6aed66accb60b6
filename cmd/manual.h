/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manual: the manual page and the shell's completion, made from the same tables as the parser, so
 * that neither can say what is not so. The build calls `hoy help --format man` and installs it.
 */
#ifndef HOY_CMD_MANUAL_H
#define HOY_CMD_MANUAL_H

#include "base/text.h"

/* hoy(1) in roff (man(7)). */
void manual_man(struct text *out);
/* A completion script for bash: verbs, options, choices, files, container IDs. */
void manual_bash(struct text *out);

#endif
