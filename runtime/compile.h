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
#include "cgroups/scope.h"
#include "plan/builder.h"
#include "runtime/seccomp.h"
#include "spec/config.h"

struct compile_env {
	const char *id;
	const char *bundle;	  /* absolute */
	const char *rootfs;	  /* absolute: root.path taken from the bundle */
	const char *cgroup_path;  /* below the cgroup2 mount; NULL: a scope, or the container gets none */
	const struct scope *scope; /* with the systemd manager; else NULL */
	const char *cgroup_mount; /* where cgroup2 is mounted */
	enum plan_kind kind;	  /* PLAN_RUN or PLAN_CREATE */
	unsigned preserve_fds; /* listen_fds included */
	unsigned listen_fds;   /* of those, the first: sockets of a service manager */
	const char *listen_names; /* what they are called, "a:b"; NULL: nothing */
	const char *notify_dir;	  /* what the container sees at NOTIFY_MOUNT; NULL: nothing */
	bool no_pivot;
	bool no_new_keyring;
	bool rootless; /* hoy is in a user namespace: devices are the machine's, bound */
	unsigned console_width, console_height; /* of the caller's terminal; 0 unknown */
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
	uint64_t namespaces; /* CLONE_NEW* of the new ones, without CLONE_NEWTIME */
	uint64_t joined;     /* of those that are joined by path */
	unsigned *ns_slots;  /* by index in linux.namespaces; 0 for new ones */
	bool time_ns;	     /* a new one, made apart from the others */
	bool user_ns;	     /* the container is in another user namespace, new or joined */
	bool mount_ns;	     /* in a new mount namespace */
	bool inside;	     /* trees are cloned in the new namespace: another user owns it */
	bool met_at_mounts; /* BARRIER_MOUNTS is in the plan */
	const struct limit *no_forks; /* on processes, to be written behind the clone; or NULL */
	/* Walker operations of mounts and devices refer to slots whose parent operations come
	 * before the clone; the parts are called twice, first for the parent. */
	struct mount_plan *mounts; /* of config->mounts.v and hoy's own; compile_mounts_parse */
	size_t mounts_n;
	bool overlay_root; /* the first of them is the root file system (overlay.h) */
	struct device_plan *devices;
	size_t devices_n;
};

/* Compiles a bundle. On success the caller calls plan_finish; on failure the builder is abandoned.
 * 0 or negative errno with the field in err. */
int compile_bundle(const struct compile_env *env, const struct config *config,
		   struct plan_builder *b, struct error *err);

/* A barrier; an operation of the walker with one string. */
void compile_barrier(struct compile *c, enum plan_barrier n);
void compile_string_op(struct compile *c, enum plan_opcode code, const char *field, const char *s);

/* Value of a variable in an environment, the last one counts (as in shells); NULL without. */
const char *env_find(const struct strings *env, const char *name);

/* Parts, in runtime/compile_*.c, in the order of the plan. */
void compile_namespaces_parse(struct compile *c);
void compile_open_namespaces(struct compile *c);
void compile_time(struct compile *c);
/* Opens root, bind sources and devices for the walker. */
void compile_open_trees(struct compile *c);
/* With `inside`, the walker's own clone of what the parent has opened there. */
void compile_take_tree(struct compile *c, const char *field, unsigned slot, const char *path,
		       bool recursive);
void compile_clone(struct compile *c);
void compile_join(struct compile *c);
void compile_namespace_state(struct compile *c);
void compile_mounts_parse(struct compile *c);
/* The root file system, where the first of mounts is an overlay on "/". */
void compile_mounts_overlay(struct compile *c);
void compile_mounts_parent(struct compile *c);
void compile_mounts_walker(struct compile *c);
void compile_devices_parse(struct compile *c);
void compile_devices_parent(struct compile *c);
void compile_devices_walker(struct compile *c);
/* True when linux.devices lists nodes that the walker makes, which a device filter could forbid. */
bool compile_devices_made(const struct compile *c);
/* The process up to (not including) the start barrier, and behind it. */
/* OP_AFFINITY for a list of CPUs ("0-3,7"); NULL: every CPU. */
void compile_affinity(struct compile *c, enum plan_actor actor, const char *where, const char *cpus);
/* The terminal, if the process has one; console: /dev/console is bound too. */
void compile_terminal(struct compile *c, const struct process *p, const char *prefix, bool console);
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
/* "list[i]", "prefix" before it: the name of a field. */
const char *compile_indexed(struct compile *c, const char *prefix, const char *list, size_t i);
const char *compile_clean_path(struct arena *a, const char *path);

#endif
