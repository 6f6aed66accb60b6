/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_default: the system calls that a container may make unless it is told otherwise.
 *
 * A list of what is allowed, in groups that say why, and of what is known and denied. Three
 * answers:
 *
 *	allowed		what programs need and what the capabilities given are for
 *	EPERM		known, and not for this container: what a program that asks for it expects
 *			to hear
 *	ENOSYS		all else: newer than this list. A C library then tries the older call, where
 *			EPERM would make it give up
 *
 * docs/seccomp.md has the reasons. Depends on nothing but its arguments, so that `hoy plan` shows
 * it.
 */
#ifndef HOY_ENGINE_SECCOMP_DEFAULT_H
#define HOY_ENGINE_SECCOMP_DEFAULT_H

#include <stdint.h>

#include "base/arena.h"
#include "spec/config.h"

/* caps: a bit for each capability in the container's bounding set; arch: the machine's, as Go calls
 * it
 * ("amd64"). What *ret points to belongs to the arena, or is static. */
void seccomp_default(uint64_t caps, const char *arch, struct arena *a, struct seccomp *ret);

/* Takes the right to change attributes of files (chattr) from *s, which seccomp_default has made: whoever
 * owns a file may else give it to another project, whose quota is another (quota.h). */
void seccomp_deny_attributes(struct seccomp *s, struct arena *a);

/* The machine's architecture as Go and image documents call it: "amd64", "arm64". */
const char *seccomp_machine(void);
/* "SCMP_ARCH_X86_64" for "amd64"; NULL: hoy doesn't know it. */
const char *seccomp_native(const char *arch);

#endif
