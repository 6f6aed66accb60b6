/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: the state of a container (runtime.md, State), in the three forms that hoy writes:
 *
 * - the record, in the state directory: everything; read back by state_parse();
 * - the public one, that `hoy state` prints, with the properties that runc has beside the
 *   specification's;
 * - the one on the standard input of hooks: the specification's properties alone.
 *
 * Which bytes lie where and who replaces them is not known here (runtime/).
 */
#ifndef HOY_SPEC_STATE_H
#define HOY_SPEC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "spec/config.h"

#define STATE_RECORD_VERSION 1 /* of the record's form; a reader refuses newer ones */
#define STATE_OCI_VERSION    "1.3.0"

struct state {
	const char *oci_version;
	const char *id;
	const char *status; /* "creating", "created", "running", "paused", "stopped" */
	int64_t pid;	    /* of the container's first process, as the runtime sees it; 0: none */
	const char *bundle; /* absolute */
	struct string_map annotations;

	/* Beside the specification, as runc prints them. */
	const char *rootfs;  /* absolute */
	const char *created; /* RFC 3339 with nanoseconds, UTC */
	const char *owner;   /* user name, or "" */

	/* hoy's own, beside those: processes were killed for memory; NULL: none. */
	struct state_oom {
		uint64_t kills;
		uint64_t limit; /* bytes; 0: none of its own */
		uint64_t peak;	/* bytes; 0: the kernel doesn't say */
	} *oom;

	/* The record alone. */
	struct state_record {
		uint32_t version;    /* STATE_RECORD_VERSION */
		const char *cgroup;  /* below the cgroup mount: "/hoy-web" */
		const char *unit;    /* the scope that systemd has made for it; NULL: hoy has made it */
		bool user_unit;	     /* by the systemd of the user's session */
		uint64_t cgroup_inode; /* by which it is known from a later one of that name */
		const char *boot_id; /* /proc/sys/kernel/random/boot_id; after a reboot pids mean
					nothing */
		uint64_t
			start_time; /* of pid: field 22 of /proc/PID/stat, clock ticks since boot */
		int64_t creator_pid; /* of the `create` that is at work while status is "creating"
				      */
		uint64_t creator_start_time;
		bool has_hooks;		/* config.json lists hooks that delete must think of */
		bool own_pid_namespace; /* killing the first process kills all */
	} record;
};

/*
 * Reads a record. A torn or foreign text is an error and never a wrong state: what is required must
 * be there, and a version above STATE_RECORD_VERSION is refused.
 * doc: its name in errors. Returns 0 and writes *ret (in the arena), or a negative errno with err.
 */
int state_parse(const char *text, size_t len, const char *doc, struct arena *a,
		const struct state **ret, struct error *err);

/* Each appends one JSON object, the first two indented and with a line's end behind. */
void state_write_record(const struct state *s, struct text *out);
void state_write_public(const struct state *s, struct text *out);

/* The public form without white space and line end, an entry of `list -f json`. */
void state_write_public_compact(const struct state *s, struct text *out);

/*
 * The hooks' form in two parts; between them goes the pid in decimal, which is known only after the
 * container's process has been cloned. s->pid is not looked at.
 */
void state_write_hook(const struct state *s, struct text *before_pid, struct text *after_pid);

#endif
