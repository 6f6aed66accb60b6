/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features: what `hoy features` prints (features.md, features-linux.md). It says what this program
 * does, not what the machine can; whoever makes hoy do more changes it here, and refused.c.
 */
#ifndef HOY_SPEC_FEATURES_H
#define HOY_SPEC_FEATURES_H

#include "base/text.h"

/* Appends the document, indented, with a line's end behind. version: hoy's own ("0.1.0"). */
void features_write(const char *version, struct text *out);

#endif
