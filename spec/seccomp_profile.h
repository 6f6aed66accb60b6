/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_profile: a seccomp profile in a file, in the form that docker and podman take and in the
 * one of config.json's linux.seccomp, of which the other is an extension: an `archMap` that names
 * the sub-architectures of each, and rules that hold only for some capabilities, architectures or
 * kernels.
 *
 * Calling sequence: seccomp_profile_parse, then seccomp_profile_select for one container.
 */
#ifndef HOY_SPEC_SECCOMP_PROFILE_H
#define HOY_SPEC_SECCOMP_PROFILE_H

#include "spec/config.h"

/* When a rule holds, or doesn't. */
struct profile_filter {
	struct strings caps; /* "CAP_SYS_ADMIN": all of them, to include; any of them, to exclude */
	struct strings arches;	/* as Go calls them; any of them */
	const char *min_kernel; /* "4.8" */
};

struct profile_rule {
	struct seccomp_rule rule;
	const char *name; /* the older form: one name instead of names */
	struct profile_filter includes, excludes;
};

struct seccomp_profile {
	struct seccomp base; /* without its rules */
	struct {
		size_t n;
		struct profile_arch {
			const char *architecture;
			struct strings sub_architectures;
		} * v;
	} arch_map;
	struct {
		size_t n;
		struct profile_rule *v;
	} syscalls;
};

/* For which container. */
struct profile_target {
	uint64_t caps;	    /* a bit for each capability that it has */
	const char *arch;   /* as Go calls it: "amd64" */
	const char *native; /* the same as "SCMP_ARCH_X86_64"; NULL: no entry of archMap is it */
	unsigned kernel[2]; /* its version's first two numbers */
};

/* Reads a document. doc: its name in errors. What *ret points to belongs to the arena. 0 or
 * -EINVAL. */
int seccomp_profile_parse(const char *text, size_t len, const char *doc, struct arena *a,
			  struct seccomp_profile *ret, struct error *err);
/* The rules that hold for the target, as linux.seccomp has them. What the result points to belongs
 * to the arena and to the profile. */
void seccomp_profile_select(const struct seccomp_profile *p, const struct profile_target *target,
			    struct arena *a, struct seccomp *ret);

#endif
