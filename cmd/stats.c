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
#include "base/number.h"
#include "cmd/columns.h"
#include "cmd/output.h"
#include "cmd/size.h"
#include "cmd/verb.h"
#include "runtime/events.h"

enum { STATS_TABLE, STATS_JSON };

static const char *const stats_formats[] = {"table", "json", NULL};

struct stats_command {
	unsigned format; /* STATS_TABLE, … */
	bool no_stream;
	const char *interval;
};

/* One look at all of them. */
struct look {
	struct arena arena;
	size_t n;
	struct seen {
		const char *id;
		int64_t at; /* milliseconds */
		struct container_stats s;
	} *v;
};

/* Those that are asked for must be there at first; later one that has ended is left out. */
static int look_named(const struct call *c, struct look *l, bool first, struct error *err)
{
	size_t i;

	l->v = arena_alloc(&l->arena, (c->args_n + 1) * sizeof(*l->v));
	for (i = 0; i < c->args_n; i++) {
		struct seen *one = &l->v[l->n];
		int r = container_stats(c->rt, c->args[i], &l->arena, &one->s, first ? err : NULL);

		if (r < 0 && first)
			return r;
		one->id = c->args[i];
		one->at = now_ms();
		l->n += r == 0;
	}
	return 0;
}

static int look_all(const struct call *c, struct look *l, struct error *err)
{
	struct container_entries list;
	size_t i;
	int r = container_list(c->rt, &l->arena, &list, err);

	if (r < 0)
		return r;
	l->v = arena_alloc(&l->arena, (list.n + 1) * sizeof(*l->v));
	for (i = 0; i < list.n; i++) {
		struct seen *one = &l->v[l->n];

		if (!list.v[i].pid || container_stats(c->rt, list.v[i].id, &l->arena, &one->s, NULL) < 0)
			continue;
		one->id = list.v[i].id;
		one->at = now_ms();
		l->n++;
	}
	return 0;
}

static int look(const struct call *c, struct look *l, bool first, struct error *err)
{
	return c->args_n ? look_named(c, l, first, err) : look_all(c, l, err);
}

/* ---- Figures --------------------------------------------------------------------------------- */

struct figures {
	const char *id;
	double cpu;	  /* percent of one CPU */
	double throttled; /* percent of the periods */
	const struct stats *s;
	uint64_t anon, file, kernel;
	uint64_t received, sent, read, written; /* bytes so far */
};

static const struct seen *before(const struct look *l, const char *id)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (streq(l->v[i].id, id))
			return &l->v[i];
	return NULL;
}

static double share(uint64_t now, uint64_t then, double of)
{
	return of > 0 && now > then ? 100 * (double)(now - then) / of : 0;
}

static struct figures figures_of(const struct seen *one, const struct seen *then)
{
	const struct stats *s = &one->s.cgroup;
	struct figures f = {.id = one->id, .s = s};
	size_t i;

	if (then) {
		const struct stats *t = &then->s.cgroup;

		f.cpu = share(s->cpu.usage, t->cpu.usage, 1000.0 * (double)(one->at - then->at));
		f.throttled = share(s->cpu.throttled, t->cpu.throttled,
				    (double)(s->cpu.periods - t->cpu.periods));
	}
	for (i = 0; i < s->memory.n; i++) {
		const struct stats_pair *p = &s->memory.raw[i];

		f.anon = streq(p->key, "anon") ? p->value : f.anon;
		f.file = streq(p->key, "file") ? p->value : f.file;
		f.kernel = streq(p->key, "kernel") ? p->value : f.kernel;
	}
	for (i = 0; i < one->s.interfaces_n; i++) {
		f.received += one->s.interfaces[i].rx_bytes;
		f.sent += one->s.interfaces[i].tx_bytes;
	}
	for (i = 0; i < s->io.n; i++) {
		f.read += s->io.v[i].read_bytes;
		f.written += s->io.v[i].write_bytes;
	}
	return f;
}

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
		struct figures f = figures_of(&now->v[i], before(then, now->v[i].id));

		row(&f, cells + (i + 1) * COLUMNS, &now->arena);
	}
	columns_write(cells, now->n + 1, COLUMNS, 0, out);
}

static void number_or_null(const char *name, bool there, uint64_t v, struct text *out)
{
	if (there && v != CGROUP_UNLIMITED)
		text_addf(out, ",\"%s\":%" PRIu64, name, v);
	else
		text_addf(out, ",\"%s\":null", name);
}

static void json_one(const struct figures *f, struct text *out)
{
	const struct stats *s = f->s;

	text_add(out, "{\"id\":");
	text_add_json(out, f->id);
	text_addf(out, ",\"cpuPercent\":%.2f,\"throttledPercent\":%.2f", f->cpu, f->throttled);
	number_or_null("memory", s->memory.there, s->memory.current, out);
	number_or_null("memoryLimit", s->memory.there, s->memory.max, out);
	number_or_null("anon", s->memory.there, f->anon, out);
	number_or_null("file", s->memory.there, f->file, out);
	number_or_null("kernel", s->memory.there, f->kernel, out);
	number_or_null("swap", s->memory.there, s->memory.swap, out);
	number_or_null("pids", s->pids.there, s->pids.current, out);
	number_or_null("pidsLimit", s->pids.there, s->pids.max, out);
	if (s->cpu.psi.there)
		text_addf(out, ",\"pressure\":{\"cpu\":%.2f,\"memory\":%.2f,\"io\":%.2f}",
			  s->cpu.psi.some.avg10, s->memory.psi.some.avg10, s->io.psi.some.avg10);
	text_addf(out,
		  ",\"received\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"read\":%" PRIu64
		  ",\"written\":%" PRIu64 "}",
		  f->received, f->sent, f->read, f->written);
}

static void json(const struct look *now, const struct look *then, struct text *out)
{
	size_t i;

	text_add(out, "[");
	for (i = 0; i < now->n; i++) {
		struct figures f = figures_of(&now->v[i], before(then, now->v[i].id));

		if (i)
			text_add(out, ",");
		json_one(&f, out);
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
		r = look(c, &looks[0], true, err);
	pause = (struct timespec){.tv_sec = interval / 1000, .tv_nsec = interval % 1000 * 1000000L};
	while (r == 0) {
		nanosleep(&pause, NULL);
		now = !now;
		arena_free(&looks[now].arena);
		looks[now] = (struct look){.arena = ARENA_INIT};
		r = look(c, &looks[now], false, err);
		if (r == 0)
			r = print(o, &looks[now], &looks[!now], err);
		/* Of those that were asked for, none is left. */
		if (o->no_stream || (c->args_n && !looks[now].n))
			break;
	}
	arena_free(&looks[0].arena);
	arena_free(&looks[1].arena);
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
	.synopsis = "[OPTION...] [ID...]",
	.help = "show what containers use",
	.text = stats_text,
	.tables = stats_tables,
	.options_size = sizeof(struct stats_command),
	.max = VERB_ARGS_ANY,
	.run = stats_run,
};
