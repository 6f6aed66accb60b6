/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: what options say about a container's life rather than about its process: restarts, logs, how
 * it is stopped. They are annotations of its config.json, one document for all, and are left out where
 * they are what they are without a word:
 *
 *	dev.hoy.name		its name
 *	dev.hoy.image		the reference that it was made of
 *	dev.hoy.restart		"on-failure:3"
 *	dev.hoy.log		"none", or "k8s-file:BYTES:FILES"
 *	dev.hoy.stop-timeout	seconds
 *	dev.hoy.rm		"true"
 *	dev.hoy.stdin		"open": attached clients write to it
 *	dev.hoy.volumes		which of its mounts are volumes (volume_use.h)
 *
 * Keys that begin so are hoy's own: an image's labels with such a key are dropped, for they would choose
 * what becomes of logs and restarts (security.md, R11).
 */
#ifndef HOY_ENGINE_SETTINGS_H
#define HOY_ENGINE_SETTINGS_H

#include "base/error.h"
#include "engine/restart.h"
#include "engine/run_options.h"
#include "spec/config.h"

#define ANNOTATION_OWN	       "dev.hoy."
#define ANNOTATION_NAME	       ANNOTATION_OWN "name"
#define ANNOTATION_IMAGE       ANNOTATION_OWN "image"
#define ANNOTATION_STOP_SIGNAL "org.opencontainers.image.stopSignal"

#define SETTINGS_STOP_TIMEOUT 10
#define SETTINGS_LOG_SIZE     (10u << 20)
#define SETTINGS_LOG_FILES    3

struct settings {
	const char *name, *image; /* NULL: it has none */
	struct restart_policy restart;
	bool log;
	uint64_t log_size; /* bytes of one file; 0: no limit */
	uint32_t log_files;
	int64_t stop_timeout; /* seconds; -1: no end */
	int stop_signal;
	bool rm, stdin_open;
};

/* From options. Strings are theirs or the arena's. 0, or -EINVAL with words. */
int settings_of_options(const struct run_options *opt, struct settings *ret, struct error *err);
/* Adds the annotations for what differs from the default. Name, image and signal are not among them. */
void settings_annotate(const struct settings *s, struct string_map *map, struct arena *a);
/* From annotations. Whatever can't be read is as it is without a word. */
void settings_read(const struct string_map *map, struct settings *ret);

#endif
