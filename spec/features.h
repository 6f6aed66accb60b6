/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features: what `hoy features` prints (features.md, features-linux.md). It says what this program
 * does, not what the machine can; whoever makes hoy do more changes it here, and refused.c.
 */
#ifndef HOY_SPEC_FEATURES_H
#define HOY_SPEC_FEATURES_H

#include <stdbool.h>

#include "base/text.h"

/* The library that hoy was built with; its version and which of the specification's architectures it
 * knows ("SCMP_ARCH_X86"). */
struct features_seccomp {
	const char *version;
	bool (*arch_known)(const char *name);
};

/* Appends the document, indented, with a line's end behind. version: hoy's own ("0.1.0"). seccomp:
 * NULL in a hoy without it. */
void features_write(const char *version, const struct features_seccomp *seccomp, struct text *out);

#endif
