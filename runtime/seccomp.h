/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp: a profile (config-linux.md, Seccomp) becomes a program for the kernel.
 *
 * libseccomp knows the system calls of every architecture and turns the rules into a program; hoy puts
 * before it what libseccomp has no word for (ENOSYS for system calls newer than the profile) and
 * brings the whole into the form that the kernel loads fastest (seccomp_tree.h). All of it happens in
 * the parent, before anything is cloned; seccomp_cache.h remembers the result.
 *
 * What a profile means, where the specification is silent, is what runc makes of it:
 * - a name that libseccomp does not know is skipped;
 * - a rule whose action is the default action is skipped;
 * - a rule that names one argument twice stands for one rule per condition;
 * - the native architecture always belongs to the filter, and the call of an architecture that does
 *   not kills the thread;
 * - without `flags` it is SECCOMP_FILTER_FLAG_SPEC_ALLOW; an empty list is none;
 * - a system call whose number is above all that the profile names for its architecture fails with
 *   ENOSYS, unless the default action lets calls happen (allow, log, trace): a C library that finds
 *   EPERM gives up, one that finds ENOSYS tries the older call.
 */
#ifndef HOY_RUNTIME_SECCOMP_H
#define HOY_RUNTIME_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/config.h"

struct seccomp_filter {
	const struct sock_filter *insns;
	size_t n;	   /* instructions, at most BPF_MAXINSNS */
	uint32_t flags;	   /* SECCOMP_FILTER_FLAG_* of seccomp(2) */
	const char *words; /* what it allows, for `hoy plan` */
};

/* Compiles the profile, which must have passed the rules (spec/rules.h). Depends on nothing but the
 * profile and libseccomp: it asks the kernel nothing, so that it serves `hoy plan` as well. What ret
 * points to belongs to the arena. 0 or negative errno, with the field in err; -ENOTSUP in a hoy that
 * was built without libseccomp. */
int seccomp_compile(const struct seccomp *s, struct arena *a, struct seccomp_filter *ret,
		    struct error *err);

/* The profile's flags as seccomp(2) takes them. */
uint32_t seccomp_flags(const struct seccomp *s);

/* "2.5.4", of the library in use; NULL in a hoy without it. buf is at least 32 bytes. */
const char *seccomp_library(char *buf, size_t size);

/* Whether the library knows "SCMP_ARCH_X86_64". */
bool seccomp_arch_known(const char *name);

#endif
