/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_newer: ENOSYS for system calls that are newer than the profile.
 *
 * A profile that lists what is allowed can't list what came after it. With its default action such a
 * call would fail with EPERM, and a C library, which tries the newest call first, gives up; ENOSYS
 * sends it to the older one. New is, for want of better knowledge, what has a number above all that the
 * profile names for the architecture, whatever for: runc's rule.
 */
#ifndef HOY_RUNTIME_SECCOMP_NEWER_H
#define HOY_RUNTIME_SECCOMP_NEWER_H

#include <stdint.h>

#include "base/text.h"
#include "spec/config.h"

/* Appends to out the instructions (struct sock_filter) that stand before the profile's own program and
 * fall through into it. fallback: the default action as the kernel writes it; one that lets calls
 * happen (allow, log, trace) needs none. archs: SCMP_ARCH_ of the filter. */
void seccomp_newer(const struct seccomp *s, uint32_t fallback, const uint32_t *archs, unsigned archs_n,
		   struct text *out);

#endif
