/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top: the parts of hoy-top. What it is told (top_scene.c: one JSON object a line, as `hoy top --format json`
 * prints them) and how that looks (top_draw.c); helpers/top.c has the loop and the keys.
 */
#ifndef HOY_HELPERS_TOP_H
#define HOY_HELPERS_TOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define NONE (-1.0) /* a figure that the kernel doesn't give, or a limit that is not there */

struct pressure {
	double cpu, memory, io; /* percent; NONE */
};

struct row {
	const char *id, *status;
	double cpu, throttled, cpus, weight, memory, limit, reserved, reclaimed, pids, pids_limit;
	double received, sent, read, written;
	double share; /* percent of all weights */
	struct pressure pressure;
};

struct scene {
	struct arena arena;
	double cpus, cpu, asked, unlimited, weights, memory, available, promised, reserved;
	double memory_unlimited, reclaimed, reclaiming;
	struct pressure pressure;
	size_t n;
	struct row *rows;
};

/* Reads one line. 0 or -EINVAL; then *ret is what it was. top_scene_free when it is replaced. */
int scene_parse(const char *line, size_t len, struct scene *ret);
void scene_free(struct scene *s);

enum column {
	COLUMN_ID,
	COLUMN_STATUS,
	COLUMN_CPU,
	COLUMN_CPUS,
	COLUMN_SHARE,
	COLUMN_THROTTLED,
	COLUMN_MEMORY,
	COLUMN_LIMIT,
	COLUMN_RECLAIMED,
	COLUMN_PRESSURE,
	COLUMN_NET,
	COLUMN_DISK,
	COLUMN_PIDS,
	COLUMNS_N,
};

struct view {
	enum column by;	 /* orders the rows */
	bool upwards;	 /* smallest first */
	bool held;	 /* the picture stands */
	bool help;
	size_t first;	 /* row at the top */
	int id_width;	 /* set by drawing */
	bool wide;	 /* the terminal shows UTF-8 */
	bool colours;
};

/* Orders the rows as the view says. */
void scene_sort(struct scene *s, const struct view *v);
/* Draws all of it on ncurses' screen; v->first is brought into bounds. */
void scene_draw(const struct scene *s, struct view *v);
void colours_begin(struct view *v);

#endif
