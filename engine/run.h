/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: containers that are made of an image or a directory and options, from the first word to the
 * last trace. Such a container is an OCI container like any other: its bundle lies in DATA, and
 * every verb works on it.
 *
 *	containers_create	its directory
 *	source_open		its root file system
 *	configure		config.json, as a struct
 *	volume_hold_take	its volumes, of which new ones are filled
 *	containers_write_config
 *	container_run		from here on as for any bundle
 *
 * What fails is taken back, the last first, and so it is after the end with --rm. Without it the
 * stopped container stays until engine_delete; engine_start makes it run again.
 */
#ifndef HOY_ENGINE_RUN_H
#define HOY_ENGINE_RUN_H

#include "engine/run_options.h"
#include "runtime/container.h"

/* Exit statuses of a run that failed, as docker has them. */
enum {
	RUN_FAILED = 125,	  /* hoy's own failure */
	RUN_NOT_EXECUTABLE = 126, /* the program is there and can't be executed */
	RUN_NOT_FOUND = 127,	  /* it is not there */
};

/* Makes a container, starts it and waits for its end: *status is then as that of container_run. With
 * opt->detach a monitor stays with it instead (monitor.h), and with opt->detach_keys a monitor too, to
 * which the caller is attached: *status is then as that of engine_attach. id: room for
 * CONTAINERS_ID_SIZE characters; its ID, once there is one. 0 or negative errno with err. */
int engine_run(const struct runtime *rt, const struct run_options *opt, char *id, int *status,
	       struct error *err);

/* Which exit status the failure r of engine_run should have. */
int engine_run_failure(int r, const struct error *err);

/* The plan of such a run; nothing is made. */
int engine_plan(const struct runtime *rt, const struct run_options *opt, struct plan *ret,
		struct error *err);

/* container_delete, and the container's directory if it has one in DATA. volumes: and its anonymous volumes
 * that no other container uses. */
int engine_delete(const struct runtime *rt, const char *id, bool force, bool volumes,
		  struct error *err);
/* container_start for one that is created. A stopped one with a directory in DATA is made once more
 * from its bundle, by a monitor. client: as monitor_start has it; the former can't have one. */
int engine_start(const struct runtime *rt, const char *id, int client, struct error *err);

/* container_list, and those of whom nothing but the directory is left, as after a reboot: they are
 * stopped. */
int engine_list(const struct runtime *rt, struct arena *a, struct container_entries *ret,
		struct error *err);

/* What the word of a command line means: the ID of a container, the name of one or the beginning of
 * its ID. The word itself where it is none of these: the verb says then that there is no such
 * container. */
const char *engine_resolve(const struct runtime *rt, const char *word, struct arena *a);

#endif
