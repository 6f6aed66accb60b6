/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: a container's directory in the state directory, and what it says.
 *
 *	ROOT/ID/state.json	the record (spec/state.h)
 *	ROOT/ID/plan		the plan it was made by; start, exec and delete work from it, so that
 *				later changes of config.json have no effect
 *	ROOT/.seccomp~cache/	compiled filters of all containers (seccomp_cache.h)
 *	ROOT/ID/start.sock	while it is created: the walker listens on it
 *	ROOT/ID/notify/		with NOTIFY_SOCKET: what the container sees at /run/notify (notify.h)
 *
 * mkdir of ROOT/ID claims the ID; ROOT is locked from there until the new directory is, so that
 * nobody takes it for a torn one. The record is replaced whole by rename; a lock on the directory
 * (flock) orders those who change it, and is never held while waiting for a process's own will.
 * Whatever is torn or missing reads as an error here, which `delete --force` overrides.
 */
#ifndef HOY_RUNTIME_RECORD_H
#define HOY_RUNTIME_RECORD_H

#include "base/arena.h"
#include "base/error.h"
#include "plan/builder.h"
#include "spec/state.h"

#define RECORD_SOCKET "start.sock"

struct record {
	int root; /* the state directory */
	int dir;  /* ROOT/ID */
	const char *id;
	bool locked;
};

#define RECORD_INIT {-1, -1, NULL, false}

/* Claims the ID: makes the directory, locked. -EEXIST with words when it is taken. */
int record_claim(const char *root, const char *id, struct record *ret, struct error *err);
/* Opens an existing one. -ENOENT: `container "x" does not exist`. */
int record_open(const char *root, const char *id, struct record *ret, struct error *err);
/* Waits for the lock; -ENOENT when it was deleted meanwhile, -EBUSY when somebody has held it for
 * half a minute. Closing releases it. */
int record_lock(struct record *rec, struct error *err);
/* The same with a time of one's own. */
int record_lock_within(struct record *rec, int timeout_ms, struct error *err);
void record_unlock(struct record *rec);
void record_close(struct record *rec);

/* Waits for a record that is being made. -ENOENT with words when it was deleted meanwhile. */
int record_read(const struct record *rec, struct arena *a, const struct state **ret,
		struct error *err);
int record_write(const struct record *rec, const struct state *s, struct error *err);
/* Stores and loads the plan; the loaded one has been checked. */
int record_store_plan(const struct record *rec, const struct plan *plan, struct error *err);
int record_load_plan(const struct record *rec, struct plan *ret, struct error *err);
/* Removes the directory. 0 or negative errno. */
int record_remove(struct record *rec, struct error *err);

/* Fills the fields that tell this boot and process: boot_id; pid's start time. */
const char *record_boot_id(struct arena *a);
int record_start_time(int64_t pid, uint64_t *ret);

/* A socket bound to ROOT/ID/start.sock, not yet listening. Descriptor or negative errno. */
int record_socket_bind(const struct record *rec, struct error *err);
/* Connects to it. Descriptor or negative errno (-ECONNREFUSED, -ENOENT: it has been started). */
int record_socket_connect(const struct record *rec);

#endif
