/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers: the containers that `hoy run` has made of images and directories, on disk.
 *
 *	DATA/containers/ID/	the container's bundle: config.json and what it has written; `root` is a
 *				symbolic link whose text is the state directory that knows it
 *	DATA/names/NAME		a symbolic link whose text is the ID; its container says the same in
 *				an annotation
 *
 * DATA is 0700 and so is each of them. The state directory (runtime/record.h) has what runs; this
 * is what lasts. A name is taken and given back under a lock on DATA/names, which nobody holds for
 * long; a link whose container is not there any more belongs to nobody. Whatever is killed in
 * between leaves a directory that containers_remove takes away.
 */
#ifndef HOY_ENGINE_CONTAINERS_H
#define HOY_ENGINE_CONTAINERS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "spec/config.h"

#define CONTAINERS_DIR "containers"
#define CONTAINERS_NAMES	 "names"
#define CONTAINERS_ID_SIZE	 65 /* 64 hexadecimal digits and the NUL */

/* A new ID. 0 or negative errno with err. */
int containers_new_id(char id[CONTAINERS_ID_SIZE], struct error *err);
/* DATA/containers/ID. */
const char *containers_path(const char *data, const char *id, struct arena *a);

/* Makes the container's directory, and DATA if it is not there. root: the state directory. 0 or negative
 * errno with err. */
int containers_create(const char *data, const char *id, const char *root, struct error *err);
/* Opens the container's directory. Descriptor or negative errno. */
int containers_open(const char *data, const char *id);
/* Puts config.json into it. 0 or negative errno with err. */
int containers_write_config(const char *data, const char *id, const struct text *config,
		       struct error *err);
/* Reads it back. 0 or negative errno with err. */
int containers_read_config(const char *data, const char *id, struct arena *a,
			   const struct config **ret, struct error *err);
/* Sets an annotation in it, or removes it (value NULL). 0 or negative errno with err. */
int containers_annotate(const char *data, const char *id, const char *key, const char *value,
			struct error *err);
/* Takes the name for the container; -EEXIST with words where another has it. */
int containers_take_name(const char *data, const char *name, const char *id, struct error *err);
/* Gives back every other name that it has; NULL: every one. */
void containers_keep_name(const char *data, const char *id, const char *name);
/* Takes a name of ours, which nobody has. */
int containers_invent_name(const char *data, const char *id, struct arena *a, const char **ret,
		      struct error *err);
/* Checks a name: as an ID, and it must not look like one of ours (64 hexadecimal digits). 0 or -EINVAL;
 * what option it came by is for the caller to say. */
int containers_name_check(const char *name, struct error *err);

/* Whether it has a directory here, and runs under no other state directory than this: who names another
 * one must not remove what is running. */
bool containers_has(const char *data, const char *id, const char *root);
/* The IDs of all that have, in the order of the directory. root NULL: whatever state directory knows
 * them. */
struct strings containers_list(const char *data, const char *root, struct arena *a);
/* Removes directory, name and quota (project.h). 0 (also when it is not there) or negative errno with err. */
int containers_remove(const char *data, const char *id, struct error *err);

/* The ID of a container by its name or by the first digits of its ID, at least CONTAINERS_PREFIX_MIN, in
 * the arena. NULL: there is none, or more than one begins so. */
#define CONTAINERS_PREFIX_MIN 4
const char *containers_find(const char *data, const char *word, struct arena *a);

#endif
