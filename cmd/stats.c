/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats: what containers use, for people. What is a rate (CPU, throttling, bytes per second) is made of two
 * looks at the cgroup, an interval apart.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmd/columns.h"
#include "cmd/figures.h"
#include "cmd/output.h"
#include "cmd/size.h"

enum { STATS_TABLE, STATS_JSON };

static const char *const stats_formats[] = {"table", "json", NULL};

struct stats_command {
	unsigned format; /* STATS_TABLE, … */
	bool no_stream;
	const char *interval;
};

/* ---- Forms ----------------------------------------------------------------------------------- */

static const char *pressure(const struct stats *s, struct arena *a)
{
	if (!s->cpu.psi.there)
		return "-";
	return arena_printf(a, "%.0f/%.0f/%.0f%%", s->cpu.psi.some.avg10, s->memory.psi.some.avg10,
			    s->io.psi.some.avg10);
}

static const char *limit_text(uint64_t limit, struct arena *a)
{
	return limit == CGROUP_UNLIMITED ? "max" : size_text(limit, a);
}

static const char *pair(struct arena *a, const char *x, const char *y)
{
	return arena_join(a, x, " / ", y, NULL);
}

enum { COLUMNS = 10 };

static void row(const struct figures *f, const char **cell, struct arena *a)
{
	const struct stats_memory *m = &f->s->memory;
	bool limited = m->there && m->max != CGROUP_UNLIMITED && m->max;

	cell[0] = f->id;
	cell[1] = arena_printf(a, "%.1f%%", f->cpu);
	cell[2] = arena_printf(a, "%.0f%%", f->throttled);
	cell[3] = m->there ? pair(a, size_text(m->current, a), limit_text(m->max, a)) : "-";
	cell[4] = limited ? arena_printf(a, "%.1f%%", 100 * (double)m->current / (double)m->max) : "-";
	cell[5] = m->there ? pair(a, pair(a, size_text(f->anon, a), size_text(f->file, a)),
				  size_text(f->kernel, a))
			   : "-";
	cell[6] = pressure(f->s, a);
	cell[7] = pair(a, size_text(f->received, a), size_text(f->sent, a));
	cell[8] = pair(a, size_text(f->read, a), size_text(f->written, a));
	cell[9] = !f->s->pids.there ? "-"
		  : f->s->pids.max == CGROUP_UNLIMITED
			  ? arena_printf(a, "%" PRIu64, f->s->pids.current)
			  : arena_printf(a, "%" PRIu64 "/%" PRIu64, f->s->pids.current, f->s->pids.max);
}

static void table(struct look *now, const struct look *then, struct text *out)
{
	static const char *const heads[COLUMNS] = {"ID",	 "CPU",	      "THROTTLED", "MEMORY",
						   "MEM",	 "ANON / FILE / KERNEL",
						   "PRESSURE",	 "NET IN / OUT", "DISK IN / OUT", "PIDS"};
	const char **cells = arena_alloc(&now->arena, (now->n + 1) * COLUMNS * sizeof(*cells));
	size_t i;

	memcpy(cells, heads, sizeof(heads));
	for (i = 0; i < now->n; i++) {
		struct figures f = figures_of(&now->v[i], look_find(then, now->v[i].id));

		row(&f, cells + (i + 1) * COLUMNS, &now->arena);
	}
	columns_write(cells, now->n + 1, COLUMNS, 0, out);
}

static void json(const struct look *now, const struct look *then, struct text *out)
{
	size_t i;

	text_add(out, "[");
	for (i = 0; i < now->n; i++) {
		struct figures f = figures_of(&now->v[i], look_find(then, now->v[i].id));

		if (i)
			text_add(out, ",");
		figures_json(&f, out);
	}
	text_add(out, "]\n");
}

/* ---- The verb -------------------------------------------------------------------------------- */

/* On a terminal each table takes the place of the one before. */
static int print(const struct stats_command *o, struct look *now, const struct look *then,
		 struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	if (o->format == STATS_JSON) {
		json(now, then, &out);
	} else {
		if (!o->no_stream && isatty(STDOUT_FILENO))
			text_add(&out, "\033[H\033[J");
		table(now, then, &out);
	}
	return output_text(&out, err);
}

static int stats_run(const struct call *c, struct error *err)
{
	const struct stats_command *o = c->opt;
	struct look looks[2] = {{.arena = ARENA_INIT}, {.arena = ARENA_INIT}};
	struct timespec pause;
	unsigned now = 0;
	int interval = 1000, r;

	r = o->interval ? interval_parse(o->interval, &interval, err) : 0;
	if (r == 0)
		r = look_take(c, true, &looks[0], err);
	pause = (struct timespec){.tv_sec = interval / 1000, .tv_nsec = interval % 1000 * 1000000L};
	while (r == 0) {
		nanosleep(&pause, NULL);
		now = !now;
		look_free(&looks[now]);
		r = look_take(c, false, &looks[now], err);
		if (r == 0)
			r = print(o, &looks[now], &looks[!now], err);
		/* Of those that were asked for, none is left. */
		if (o->no_stream || (c->args_n && !looks[now].n))
			break;
	}
	look_free(&looks[0]);
	look_free(&looks[1]);
	return r;
}

static const struct option_spec stats_table[] = {
	{.name = "no-stream", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct stats_command, no_stream),
	 .help = "print once, and end"},
	{.name = "format", .letter = 'f', .value = "FORMAT", .kind = OPTION_CHOICE, .choices = stats_formats,
	 .offset = OPTION_FIELD(unsigned, struct stats_command, format),
	 .help = "table (the default) or json, an array a line"},
	{.name = "interval", .value = "TIME", .kind = OPTION_STRING,
	 .offset = OPTION_FIELD(const char *, struct stats_command, interval),
	 .help = "over which rates are taken, and between two tables: 500ms, 10s (default: 1s)"},
	{0},
};

static const struct option_spec *const stats_tables[] = {stats_table, NULL};

static const char *const stats_text[] = {
	"Shows what containers use, all that run or those that are named, again and again: CPU time in "
	"percent of one CPU, the share of periods in which a quota throttled it, memory and its limit, what "
	"that memory is, pressure (in percent of the last ten seconds, how long some process waited for CPU, "
	"memory, disk), bytes so far over the network and from and to disks, processes and their limit.",
	NULL,
};

const struct verb verb_stats = {
	.name = "stats",
	.names = VERB_ARGS_ANY,
	.synopsis = "[OPTION...] [ID...]",
	.help = "show what containers use",
	.text = stats_text,
	.tables = stats_tables,
	.options_size = sizeof(struct stats_command),
	.max = VERB_ARGS_ANY,
	.run = stats_run,
};
