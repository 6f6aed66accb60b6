/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create: what the verbs that make containers share, and the bundle as it is found on disk.
 */
#ifndef HOY_RUNTIME_CREATE_H
#define HOY_RUNTIME_CREATE_H

#include "runtime/compile.h"
#include "runtime/container.h"

/* A bundle read and resolved. Strings belong to the arena. */
struct bundle {
	const char *path;   /* absolute, without symlinks */
	const char *rootfs; /* absolute */
	const char *cgroup; /* below the cgroup2 mount; NULL with another manager than cgroupfs */
	struct scope *scope; /* with the systemd manager; else NULL */
	const struct config *config;
	struct seccomp_filter *seccomp; /* bundle_filter() has made it; NULL: none */
	bool seccomp_new;		/* it is not in the cache yet */
	bool notify; /* the container is to have a socket for notifications; bundle_notifies() */
	struct text text; /* of config.json; the owner frees it */
};

/* Reads and checks opt->bundle's document. 0 or negative errno. */
int bundle_read(const struct runtime *rt, const struct create_options *opt, struct arena *a,
		struct bundle *ret, struct error *err);
/* Makes the filter that linux.seccomp asks for, if it does, from the cache of the state directory
 * where it is there. root NULL: no cache. */
int bundle_filter(const char *root, struct arena *a, struct bundle *bundle, struct error *err);
/* Whether hoy is to bring a socket for notifications: a service manager asks for it, the container has
 * mounts of its own, and its engine has not seen to it already. */
bool bundle_notifies(const struct runtime *rt, const struct bundle *bundle);
/* Compiles it; caps_available and cgroup_mount come from the machine. 0 or negative errno. */
int bundle_compile(const struct runtime *rt, const struct create_options *opt,
		   const struct bundle *bundle, enum plan_kind kind, const char *cgroup_mount,
		   uint64_t caps_available, struct arena *a, struct plan *ret, struct error *err);

/* Capabilities in hoy's permitted set, a bit each. */
uint64_t caps_permitted(void);
/* Writes a pid file: digits, no newline, by rename, relative to the caller's directory. */
int pid_file_write(const char *path, int pid, struct error *err);
/* Now, as RFC 3339 with nanoseconds, UTC. */
const char *time_now(struct arena *a);

#endif
