/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configure_parts: the steps of configure(), in its order. Each fills its part of *c, which holds
 * what those before it have filled.
 */
#ifndef HOY_ENGINE_CONFIGURE_PARTS_H
#define HOY_ENGINE_CONFIGURE_PARTS_H

#include "engine/configure.h"
#include "engine/volume.h"

/* --security-opt, read before the rest. */
struct security {
	bool no_new_privileges;
	const char *seccomp; /* a file; NULL: the default profile */
	bool no_seccomp;     /* unconfined */
	bool all_paths;	     /* systempaths=unconfined, unmask=ALL */
	struct strings mask, unmask;
};
int configure_security(const struct configure *in, struct security *ret, struct error *err);

/* process, but for what is below: args, env, cwd, user, terminal, rlimits. */
int configure_process(const struct configure *in, struct config *c, struct error *err);
/* process.capabilities. *caps: the bounding set, a bit each. Wants process.user. */
int configure_capabilities(const struct configure *in, struct config *c, uint64_t *caps,
			   struct error *err);
/* process.noNewPrivileges, linux.maskedPaths, readonlyPaths, seccomp. */
int configure_confine(const struct configure *in, const struct security *s, uint64_t caps,
		      struct config *c, struct error *err);
/* root, mounts; with --init the first of process.args. */
int configure_mounts(const struct configure *in, struct config *c, struct error *err);
/* Whether every container has a mount there. */
bool configure_mounts_default(const char *destination);
/* Two steps of it: what options, other containers and the image want mounted, in order; and that as mounts,
 * with the annotation that says which of them are volumes. */
int configure_volumes(const struct configure *in, struct volumes_asked *ret, struct error *err);
void configure_volumes_add(const struct volumes_asked *own, const struct configure *in,
			   struct config *c);
/* linux.namespaces, hostname, linux.sysctl. */
int configure_namespaces(const struct configure *in, struct config *c, struct error *err);
/* linux.resources but for the devices, linux.cgroupsPath. */
int configure_resources(const struct configure *in, struct config *c, struct error *err);
/* linux.devices, linux.resources.devices. Wants linux.resources. */
int configure_devices(const struct configure *in, struct config *c, struct error *err);
/* annotations. */
int configure_annotations(const struct configure *in, struct config *c, struct error *err);

/* The environment, a step of configure_process(): the image's, the defaults, --env-file, --env. */
int configure_env(const struct configure *in, struct strings *ret, struct error *err);

#endif
