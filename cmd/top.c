/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top: containers and the machine that they share, on a screen. The screen is hoy-top's business
 * (helpers/top.c), which alone links a terminal library: it reads from a pipe what `hoy top --format json`
 * prints. Where there is no terminal, lines are printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"
#include "cgroups/host.h"
#include "cmd/columns.h"
#include "cmd/figures.h"
#include "cmd/output.h"
#include "cmd/size.h"

#define VIEWER	 "hoy-top"
#define FIRST_MS 200 /* the first picture comes soon */

enum { TOP_SCREEN, TOP_PLAIN, TOP_JSON };

static const char *const top_formats[] = {"screen", "plain", "json", NULL};

struct top_command {
	unsigned format; /* TOP_SCREEN, … */
	bool no_stream;
	const char *interval;
};

/* The machine and all containers at a moment. */
struct scene {
	struct look look;
	struct host host;
};

/* What the containers together have been promised, and what came of it. */
struct totals {
	double busy;		 /* of all CPUs, percent */
	double cpus;		 /* that limits add up to */
	unsigned cpus_unlimited; /* containers without such a limit */
	uint64_t weights;
	uint64_t promised, reserved;	 /* bytes: memory.max; memory.low and memory.min */
	unsigned memory_unlimited;
	uint64_t reclaimed;	 /* bytes, of the containers that are there */
	double reclaiming;	 /* bytes per second */
};

/* ---- Figures ---------------------------------------------------------------------------------- */

static int scene_take(const struct call *c, bool first, struct scene *ret, struct error *err)
{
	host_read(&ret->host);
	return look_take(c, first, &ret->look, err);
}

static void totals_add(struct totals *t, const struct seen *one, const struct seen *then)
{
	const struct stats *s = &one->s.cgroup;
	double cpus = figures_cpus(s);

	t->cpus += cpus;
	t->cpus_unlimited += cpus <= 0;
	t->weights += s->cpu.weight;
	t->reserved += s->memory.reserved;
	if (s->memory.there && s->memory.max != CGROUP_UNLIMITED)
		t->promised += s->memory.max;
	else
		t->memory_unlimited++;
	t->reclaimed += s->memory.reclaimed;
	if (then && one->at > then->at && s->memory.reclaimed > then->s.cgroup.memory.reclaimed)
		t->reclaiming += 1000.0 *
				 (double)(s->memory.reclaimed - then->s.cgroup.memory.reclaimed) /
				 (double)(one->at - then->at);
}

static struct totals totals_of(const struct scene *now, const struct scene *then)
{
	struct totals t = {0};
	size_t i;

	if (now->host.total > then->host.total && now->host.busy >= then->host.busy)
		t.busy = 100 * (double)(now->host.busy - then->host.busy) /
			 (double)(now->host.total - then->host.total);
	for (i = 0; i < now->look.n; i++)
		totals_add(&t, &now->look.v[i], look_find(&then->look, now->look.v[i].id));
	return t;
}

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void host_json(const struct host *h, const struct totals *t, struct text *out)
{
	text_addf(out,
		  "{\"cpus\":%u,\"cpuPercent\":%.2f,\"cpusAsked\":%.2f,\"cpusUnlimited\":%u,"
		  "\"weights\":%" PRIu64,
		  h->cpus, t->busy, t->cpus, t->cpus_unlimited, t->weights);
	figures_number("memory", true, h->memory, out);
	figures_number("memoryAvailable", true, h->available, out);
	figures_number("swap", true, h->swap, out);
	figures_number("swapFree", true, h->swap_free, out);
	figures_number("memoryPromised", true, t->promised, out);
	figures_number("memoryReserved", true, t->reserved, out);
	text_addf(out, ",\"memoryUnlimited\":%u,\"overcommitPercent\":%.2f", t->memory_unlimited,
		  percent((double)t->promised, (double)h->memory));
	figures_number("reclaimed", true, t->reclaimed, out);
	text_addf(out, ",\"reclaimedPerSecond\":%.0f", t->reclaiming);
	figures_pressure(&h->cpu, &h->mem, &h->io, out);
	text_add(out, "}");
}

static void scene_json(const struct scene *now, const struct scene *then, struct text *out)
{
	struct totals t = totals_of(now, then);
	size_t i;

	text_add(out, "{\"host\":");
	host_json(&now->host, &t, out);
	text_add(out, ",\"containers\":[");
	for (i = 0; i < now->look.n; i++) {
		struct figures f = figures_of(&now->look.v[i], look_find(&then->look, now->look.v[i].id));

		text_add(out, i ? "," : "");
		figures_json(&f, out);
	}
	text_add(out, "]}\n");
}

/* ---- Lines ------------------------------------------------------------------------------------ */

static void host_lines(const struct scene *now, const struct totals *t, struct text *out, struct arena *a)
{
	const struct host *h = &now->host;

	text_addf(out,
		  "CPU       %u CPUs, %.1f%% busy; %.2f asked for (%.0f%%), %u without limit; "
		  "weights %" PRIu64 "\n",
		  h->cpus, t->busy, t->cpus, percent(t->cpus, h->cpus), t->cpus_unlimited, t->weights);
	text_addf(out, "MEMORY    %s of %s used; %s promised (%.0f%%), %s reserved, %u without limit\n",
		  size_text(h->memory - h->available, a), size_text(h->memory, a), size_text(t->promised, a),
		  percent((double)t->promised, (double)h->memory), size_text(t->reserved, a),
		  t->memory_unlimited);
	text_addf(out, "RECLAIMED %s, %s per second\n", size_text(t->reclaimed, a),
		  size_text((uint64_t)t->reclaiming, a));
	if (h->cpu.there)
		text_addf(out, "PRESSURE  cpu %.1f%%, memory %.1f%%, io %.1f%%\n", h->cpu.some.avg10,
			  h->mem.some.avg10, h->io.some.avg10);
}

enum { COLUMNS = 9 };

static void row(const struct figures *f, const struct totals *t, const char **cell, struct arena *a)
{
	const struct stats_memory *m = &f->s->memory;

	cell[0] = f->id;
	cell[1] = f->status;
	cell[2] = arena_printf(a, "%.1f%%", f->cpu);
	cell[3] = f->cpus > 0 ? arena_printf(a, "%.2f", f->cpus) : "-";
	cell[4] = t->weights ? arena_printf(a, "%" PRIu64 " (%.0f%%)", f->s->cpu.weight,
					    percent((double)f->s->cpu.weight, (double)t->weights))
			     : "-";
	cell[5] = m->there ? size_text(m->current, a) : "-";
	cell[6] = !m->there ? "-" : m->max == CGROUP_UNLIMITED ? "max" : size_text(m->max, a);
	cell[7] = m->there ? size_text(m->reclaimed, a) : "-";
	cell[8] = f->s->pids.there ? arena_printf(a, "%" PRIu64, f->s->pids.current) : "-";
}

static void scene_lines(struct scene *now, const struct scene *then, struct text *out)
{
	static const char *const heads[COLUMNS] = {"ID",     "STATUS", "CPU",	    "CPUS", "WEIGHT",
						   "MEMORY", "LIMIT",  "RECLAIMED", "PIDS"};
	struct arena *a = &now->look.arena;
	const char **cells = arena_alloc(a, (now->look.n + 1) * COLUMNS * sizeof(*cells));
	struct totals t = totals_of(now, then);
	size_t i;

	host_lines(now, &t, out, a);
	memcpy(cells, heads, sizeof(heads));
	for (i = 0; i < now->look.n; i++) {
		struct figures f = figures_of(&now->look.v[i], look_find(&then->look, now->look.v[i].id));

		row(&f, &t, cells + (i + 1) * COLUMNS, a);
	}
	columns_write(cells, now->look.n + 1, COLUMNS, 0, out);
	text_add(out, "\n");
}

/* ---- The screen ------------------------------------------------------------------------------- */

struct viewer {
	pid_t pid;
	int pidfd; /* -1: there is none, lines are printed */
	int pipe;
};

/* Where hoy was installed without it, lines are printed. */
static int viewer_start(struct viewer *v, struct error *err)
{
	char path[PATH_MAX], name[] = VIEWER, *argv[] = {name, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2], r;

	process_helper(VIEWER, path);
	if (access(path, X_OK) < 0 && errno == ENOENT)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, errno, "make a pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	r = posix_spawn(&v->pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[0]);
	if (r != 0) {
		close(ends[1]);
		error_step(err, "execute %s", path);
		return error_set(err, r, "%s", "");
	}
	v->pipe = ends[1];
	v->pidfd = sys_pidfd_open(v->pid, 0);
	/* Ctrl-C is the viewer's; then it ends. */
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* Its last words are its own; what it returned. */
static int viewer_end(struct viewer *v, struct error *err)
{
	int status = 0;

	fd_close(v->pipe);
	fd_close(v->pidfd);
	while (waitpid(v->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : error_say(err, EIO, VIEWER " failed");
}

/* ---- The verb --------------------------------------------------------------------------------- */

static int show(const struct top_command *o, const struct viewer *v, struct scene *now,
		const struct scene *then, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	int r;

	if (v->pidfd < 0 && o->format != TOP_JSON) {
		scene_lines(now, then, &out);
		return output_text(&out, err);
	}
	scene_json(now, then, &out);
	if (v->pidfd < 0)
		return output_text(&out, err);
	r = fd_write_all(v->pipe, out.s, out.len);
	return r == -EPIPE ? 0 : r;
}

/* True: the viewer has ended. */
static bool rest(const struct viewer *v, int ms)
{
	struct pollfd p = {.fd = v->pidfd, .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

/* scenes: two, the first of which has been taken. */
static int watch(const struct call *c, const struct viewer *v, int interval, struct scene *scenes,
		 struct error *err)
{
	const struct top_command *o = c->opt;
	int r = 0, pause = v->pidfd >= 0 && interval > FIRST_MS ? FIRST_MS : interval;
	unsigned now = 0;

	while (r == 0 && !rest(v, pause)) {
		now = !now;
		look_free(&scenes[now].look);
		r = scene_take(c, false, &scenes[now], err);
		if (r == 0)
			r = show(o, v, &scenes[now], &scenes[!now], err);
		pause = interval;
		if (o->no_stream || (c->args_n && !scenes[now].look.n))
			break;
	}
	return r;
}

static bool on_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && !streq(term, "dumb");
}

static int top_run(const struct call *c, struct error *err)
{
	const struct top_command *o = c->opt;
	struct viewer v = {.pidfd = -1, .pipe = -1};
	struct scene scenes[2] = {0};
	int interval = 2000, r, end;

	r = o->interval ? interval_parse(o->interval, &interval, err) : 0;
	if (r == 0)
		r = scene_take(c, true, &scenes[0], err);
	if (r == 0 && o->format == TOP_SCREEN && !o->no_stream && on_terminal())
		r = viewer_start(&v, err);
	if (r == 0)
		r = watch(c, &v, interval, scenes, err);
	if (v.pidfd >= 0) {
		end = viewer_end(&v, r < 0 ? NULL : err);
		r = r < 0 ? r : end;
	}
	look_free(&scenes[0].look);
	look_free(&scenes[1].look);
	return r;
}

static const struct option_spec top_table[] = {
	{.name = "no-stream", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct top_command, no_stream),
	 .help = "print once, and end"},
	{.name = "format", .letter = 'f', .value = "FORMAT", .kind = OPTION_CHOICE, .choices = top_formats,
	 .offset = OPTION_FIELD(unsigned, struct top_command, format),
	 .help = "screen (the default; lines without a terminal), plain, or json, an object a line"},
	{.name = "interval", .value = "TIME", .kind = OPTION_STRING,
	 .offset = OPTION_FIELD(const char *, struct top_command, interval),
	 .help = "between two pictures: 500ms, 10s (default: 2s)"},
	{0},
};

static const struct option_spec *const top_tables[] = {top_table, NULL};

static const char *const top_text[] = {
	"Shows all containers that run, or those that are named, and the machine that they share: the CPUs "
	"that limits add up to and those that are there, each container's share of all weights, the memory "
	"that was promised and the memory that is there, what the kernel has reclaimed, and how long "
	"processes waited (pressure, in percent of the last ten seconds).",
	"On the screen the arrow keys scroll and choose the column that orders the rows, r turns the order "
	"round, the space bar holds the picture, ? lists the keys, q ends. Colours are the terminal's own; "
	"with NO_COLOR in the environment there are none.",
	NULL,
};

const struct verb verb_top = {
	.name = "top",
	.names = VERB_ARGS_ANY,
	.synopsis = "[OPTION...] [ID...]",
	.help = "show containers and the machine on a screen",
	.text = top_text,
	.tables = top_tables,
	.options_size = sizeof(struct top_command),
	.max = VERB_ARGS_ANY,
	.run = top_run,
};
