/* SPDX-License-Identifier: Apache-2.0 */
/*
 * figures: what containers use at a moment, and what two looks at them, an interval apart, make of it. For
 * the verbs stats and top.
 */
#ifndef HOY_CMD_FIGURES_H
#define HOY_CMD_FIGURES_H

#include <stdint.h>

#include "cmd/verb.h"
#include "runtime/events.h"

/* One look at all of them. */
struct look {
	struct arena arena;
	size_t n;
	struct seen {
		const char *id, *status;
		int64_t at; /* milliseconds */
		struct container_stats s;
	} *v;
};

/* Looks at the containers that the call names, or at all that run. Those that are named must be there at
 * first; later one that has ended is left out. look_free in either case. 0 or negative errno. */
int look_take(const struct call *c, bool first, struct look *ret, struct error *err);
void look_free(struct look *l);
/* The same container in an earlier look, or NULL. */
const struct seen *look_find(const struct look *l, const char *id);

struct figures {
	const char *id, *status;
	double cpu;	  /* percent of one CPU */
	double throttled; /* percent of the periods */
	double cpus;	  /* how many it may use at most; 0: all there are */
	const struct stats *s;
	uint64_t anon, file, kernel;
	uint64_t received, sent, read, written; /* bytes so far */
};

/* How many CPUs its quota is; 0 without one. */
double figures_cpus(const struct stats *s);
/* then: of an earlier look, or NULL. */
struct figures figures_of(const struct seen *one, const struct seen *then);
/* Appends one JSON object. */
void figures_json(const struct figures *f, struct text *out);
/* Appends ,"name":number, or null. */
void figures_number(const char *name, bool there, uint64_t v, struct text *out);
/* Appends ,"name":{"cpu":…,"memory":…,"io":…} where the kernel has pressure files. */
void figures_pressure(const struct stats_psi *cpu, const struct stats_psi *memory, const struct stats_psi *io,
		      struct text *out);

#endif
