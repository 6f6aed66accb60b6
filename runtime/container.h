/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container: the life of one container (runtime.md, Operations). One function per verb; cmd/ parses
 * the command line and words the errors. All return 0 or more, or a negative errno with err filled.
 * After a failure nothing is left of what the call began.
 */
#ifndef HOY_RUNTIME_CONTAINER_H
#define HOY_RUNTIME_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "base/warn.h"
#include "cgroups/cgroup.h"
#include "plan/builder.h"
#include "spec/config.h"

enum cgroup_manager {
	MANAGER_CGROUPFS, /* hoy makes cgroups itself */
	MANAGER_SYSTEMD,  /* systemd does: scope.h */
	MANAGER_DISABLED, /* containers get none */
};

/* What holds for every verb. */
struct runtime {
	const char *root;	/* state directory, absolute: "/run/hoy" */
	const char *data;	/* images, and containers made from them, absolute: "/var/lib/hoy"; "": it is
				   not known where */
	struct warnings *warn;	/* may be NULL */
	unsigned fail_op;	/* test builds: the operation to fail; 0 none */
	unsigned listen_fds;	/* sockets of a service manager, from descriptor 3 on (create, run) */
	const char *listen_names;  /* LISTEN_FDNAMES, or NULL */
	const char *notify_socket; /* NOTIFY_SOCKET (create, run, start), or NULL */
	enum cgroup_manager manager; /* of new containers; the record tells that of an existing one */
	bool rootless; /* hoy is in a user's own namespace (userns.h), where no device can be made */
	bool user_session;	/* its systemd is that of the user's session */
};

struct create_options {
	const char *id;
	const char *bundle;   /* directory; relative to the caller's */
	const char *config;   /* NULL: config.json in the bundle */
	const char *pid_file; /* NULL: none */
	const char *console_socket; /* where the terminal goes; NULL: to the caller */
	const char *pidfd_socket;   /* where the first process's pidfd goes; NULL: nowhere */
	unsigned preserve_fds;
	bool no_pivot;
	bool no_new_keyring;
	int root_mount; /* the overlay that config.json asks for as the root, made already; 0: none. The
			   caller closes it */
	int netns;	/* the network namespace where config.json asks for a new one; 0: a new one. The
			   caller closes it */
	unsigned columns, rows; /* of its terminal; 0: as the caller's own */
	bool keep; /* run: the state stays after the process has ended */
	/* Where these go, which are the caller's to close then; NULL: nowhere. Of container_run_detached. */
	int *pidfd;    /* of the first process, whose parent the caller is */
	int *terminal; /* the master of its terminal; -1 when it has none */
};

struct exec_options {
	const char *id;
	const char *process_file; /* --process; NULL: the rest says it */
	const char *const *args;  /* NULL with process_file; else NULL-terminated */
	size_t args_n;
	const char *const *env; /* added to the container's */
	size_t env_n;
	const char *cwd;  /* NULL: the container's */
	const char *user; /* "uid[:gid]", NULL: the container's */
	const char *const *groups; /* additional gids, added to the container's */
	size_t groups_n;
	const char *const *caps; /* added to all sets */
	size_t caps_n;
	bool no_new_privs;
	bool tty; /* without process_file: make a terminal */
	const char *console_socket, *pidfd_socket;
	const char *cgroup; /* below the container's; NULL: the container's own */
	const char *pid_file;
	unsigned preserve_fds;
	bool detach;
	bool ignore_paused;
};

/* Checks an ID: [A-Za-z0-9_+.-]+, not "." or "..", at most 255 bytes. 0 or -EINVAL. */
int container_id_check(const char *id, struct error *err);

/* Creates a container; its process waits for container_start. */
int container_create(const struct runtime *rt, const struct create_options *opt,
		     struct error *err);
/* Creates and starts it, waits for its end and deletes it (unless opt->keep); forwards signals
 * meanwhile. *status: what the process returned, 128 + signal when it was killed. */
int container_run(const struct runtime *rt, const struct create_options *opt, int *status,
		  struct error *err);
/* The same, but returns as soon as the process runs. */
int container_run_detached(const struct runtime *rt, const struct create_options *opt,
			   struct error *err);
int container_start(const struct runtime *rt, const char *id, struct error *err);
/* all: every process of the container, whatever namespaces it has. */
int container_kill(const struct runtime *rt, const char *id, int sig, bool all,
		   struct error *err);
/* force: kills what runs, takes away what is left of a torn one; no error when it is not there. */
int container_delete(const struct runtime *rt, const char *id, bool force, struct error *err);
/* *status: as container_run; 0 with opt->detach. *started: the process has been executed: a later
 * error is not its own. */
int container_exec(const struct runtime *rt, const struct exec_options *opt, int *status,
		   struct error *err);

/* Stops all its processes, and lets them go on. */
int container_pause(const struct runtime *rt, const char *id, struct error *err);
int container_resume(const struct runtime *rt, const char *id, struct error *err);
/* All its processes, by the cgroup. */
int container_pids(const struct runtime *rt, const char *id, struct arena *a,
		   struct cgroup_pids *ret, struct error *err);

/* Other limits; what res doesn't mention stays, as do the devices. res: has passed the rules; it is completed
 * by what the cgroup has. After a failure the limits are what they were. */
int container_update(const struct runtime *rt, const char *id, struct resources *res,
		     struct error *err);

/* Asks the kernel to take bytes of memory back (memory.reclaim). -EAGAIN, with how much it was: not all could
 * be had. */
int container_reclaim(const struct runtime *rt, const char *id, uint64_t bytes, struct error *err);

/* The state document of one container, as `hoy state` prints it, appended to out. */
int container_state(const struct runtime *rt, const char *id, struct text *out,
		    struct error *err);

/* One line of `hoy list`; strings belong to the arena. */
struct container_entry {
	const char *id, *status, *bundle, *created, *owner, *rootfs, *oci_version;
	int pid; /* 0 when it does not run */
	struct string_map annotations;
};

struct container_entries {
	size_t n;
	struct container_entry *v; /* ordered by ID */
};

/* Entries that can't be read are left out with a warning. A state directory that is not there is
 * an empty list. */
int container_list(const struct runtime *rt, struct arena *a, struct container_entries *ret,
		   struct error *err);

/* The plan of `run` for the bundle; reads config.json and nothing else. Free with plan_drop. */
int container_plan(const struct runtime *rt, const struct create_options *opt, bool create,
		   struct plan *ret, struct error *err);

#endif
