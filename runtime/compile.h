/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile: documents to plan. Pure: what the machine has to say (where cgroup2 is mounted, what
 * capabilities hoy has) comes in compile_env, so the same function serves `hoy plan`.
 */
#ifndef HOY_RUNTIME_COMPILE_H
#define HOY_RUNTIME_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/warn.h"
#include "plan/builder.h"
#include "runtime/seccomp.h"
#include "spec/config.h"

struct compile_env {
	const char *id;
	const char *bundle;	  /* absolute */
	const char *rootfs;	  /* absolute: root.path taken from the bundle */
	const char *cgroup_path;  /* below the cgroup2 mount; NULL: the container gets none */
	const char *cgroup_mount; /* where cgroup2 is mounted */
	enum plan_kind kind;	  /* PLAN_RUN or PLAN_CREATE */
	unsigned preserve_fds;
	bool no_pivot;
	bool no_new_keyring;
	uint64_t caps_available; /* capabilities that hoy can give away (bit per capability) */
	const struct seccomp_filter *seccomp; /* of linux.seccomp; NULL: none */
	struct warnings *warn;
	struct arena *arena;
};

/* What the parts of the compiler share. */
struct compile {
	const struct compile_env *env;
	const struct config *config;
	const struct linux_config *lc;
	struct plan_builder *b;
	struct error *err;
	uint64_t namespaces; /* CLONE_NEW* of the new ones */
	bool user_ns, mount_ns;
	bool met_at_mounts; /* BARRIER_MOUNTS is in the plan */
	const char *no_forks; /* the field that limits the processes to none, or NULL */
	/* Walker operations of mounts and devices refer to slots whose parent operations come
	 * before the clone; the parts are called twice, first for the parent. */
	struct mount_plan *mounts; /* one per config->mounts.v, filled by compile_mounts_parse */
	struct device_plan *devices;
	size_t devices_n;
};

/* Compiles a bundle. On success the caller calls plan_finish; on failure the builder is abandoned.
 * 0 or negative errno with the field in err. */
int compile_bundle(const struct compile_env *env, const struct config *config,
		   struct plan_builder *b, struct error *err);

/* Parts, in runtime/compile_*.c. */
void compile_mounts_parse(struct compile *c);
void compile_mounts_parent(struct compile *c);
void compile_mounts_walker(struct compile *c);
void compile_devices_parse(struct compile *c);
void compile_devices_parent(struct compile *c);
void compile_devices_walker(struct compile *c);
/* True when linux.devices lists nodes that the walker makes, which a device filter could forbid. */
bool compile_devices_made(const struct compile *c);
/* The process up to (not including) the start barrier, and behind it. */
void compile_process(struct compile *c, const struct process *p, const char *prefix);
void compile_process_exec(struct compile *c, const struct process *p, const char *prefix);

/* Who owns /dev: a tmpfs of the bundle (nodes are made in it), a mount that brings its own nodes,
 * or the root file system. */
enum dev_kind { DEV_OWN, DEV_FOREIGN, DEV_ROOTFS };
enum dev_kind compile_dev_kind(const struct compile *c);
/* Makes our own /dev read-only where that was asked for, once the nodes are in it. */
void compile_dev_close(struct compile *c);
/* True when the nearest mount that covers path is our own /dev. */
bool compile_in_own_dev(const struct compile *c, const char *path);

/* Adds a string list as a vector; convenience over plan_put_vector. */
uint64_t compile_vector(struct plan_builder *b, const struct strings *s);
/* path without doubled slashes, "." and trailing slash; ".." stays (it is resolved in the root). */
const char *compile_clean_path(struct arena *a, const char *path);

#endif
