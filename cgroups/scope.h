/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope: a container's cgroup as a scope unit of systemd (the systemd manager). systemd makes and removes
 * the cgroup and owns those above it; hoy writes what is in it.
 *
 * What the specification's limits are in systemd's words is set as properties too, because systemd
 * writes its own idea of them again whenever it has a reason to (systemctl daemon-reload).
 *
 * Sources: systemd.scope(5), systemd.resource-control(5), org.freedesktop.systemd1(5), and for the names
 * what runc and crun do: linux.cgroupsPath is slice:prefix:name.
 */
#ifndef HOY_CGROUPS_SCOPE_H
#define HOY_CGROUPS_SCOPE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroups/cgroup.h"
#include "cgroups/limits.h"
#include "spec/config.h"

#define SCOPE_ANNOTATION "org.systemd.property."

struct scope {
	const char *slice; /* "system.slice" */
	const char *unit;  /* "hoy-web.scope" */
	bool user;	   /* of the systemd of the user's session; else of the system's */
};

/* What linux.cgroupsPath means to this manager: NULL or "" is "system.slice:hoy:ID", with user
 * "user.slice:hoy:ID". Pure. 0 and *ret in the arena, or -EINVAL with the field. */
int scope_resolve(const char *cgroups_path, const char *id, bool user, struct arena *a,
		  struct scope *ret, struct error *err);

/* The properties of a new scope, each as "Name=value" in GVariant's text format, as hoy-systemd(1) takes
 * them: what every container's has, the limits, and the annotations org.systemd.property.NAME. A name
 * that is none or belongs to the runtime is an error at its field. Pure. 0 or -EINVAL. */
int scope_properties(const struct limits *limits, const struct string_map *annotations, const char *id,
		     struct arena *a, struct strings *ret, struct error *err);

/* The limits alone, for an update. */
void scope_limits(const struct limits *limits, struct arena *a, struct strings *ret);

/* A scope that was made. It must hold a process from the first: a placeholder, which ends with hoy. */
struct scope_made {
	const char *path; /* of the cgroup, in the arena; as in cgroup.h */
	int fd;		  /* of the cgroup */
	pid_t placeholder;
};

#define SCOPE_NONE {.path = NULL, .fd = -1, .placeholder = -1}

/* Has systemd make it, and enables those controllers that systemd knows nothing of. 0 or negative errno; then
 * nothing is left. */
int scope_make(const struct cgroup_root *root, const struct scope *s, const char *const *properties,
	       size_t properties_n, const char *controllers, struct arena *a, struct scope_made *ret,
	       struct error *err);
/* Ends the placeholder, if it is still there: something else is in the scope, or nothing shall be. */
void scope_settle(struct scope_made *s);

/* Changes properties of a scope, until the machine is started again. 0 or negative errno. */
int scope_set(const struct scope *s, const struct strings *properties, struct error *err);
/* Waits for systemd to see that the scope is empty; what it leaves then, it is told to take away. The
 * processes in it have been killed. 0 or negative errno. */
int scope_remove(const struct cgroup_root *root, const struct scope *s, const char *path, int timeout_ms,
		 struct error *err);

#endif
