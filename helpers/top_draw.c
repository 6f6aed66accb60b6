/* SPDX-License-Identifier: Apache-2.0 */
/* The screen: the machine in four lines, a line for the columns, and a line for each container. */
#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "helpers/top.h"

#define BAR_WIDTH 20
#define TABLE_TOP 6
#define ROW_BAR	  6

enum colour { PLAIN, CALM, BUSY, FULL, QUIET, TITLE };

/* The terminal's own eight colours on its own background. */
void colours_begin(struct view *v)
{
	if (!v->colours || !has_colors() || start_color() == ERR || use_default_colors() == ERR) {
		v->colours = false;
		return;
	}
	init_pair(CALM, COLOR_GREEN, -1);
	init_pair(BUSY, COLOR_YELLOW, -1);
	init_pair(FULL, COLOR_RED, -1);
	init_pair(QUIET, COLOR_BLUE, -1);
	init_pair(TITLE, COLOR_CYAN, -1);
}

static void colour(const struct view *v, enum colour c)
{
	if (v->colours)
		attrset(COLOR_PAIR(c) | (c == TITLE ? A_BOLD : 0));
	else
		attrset(c == TITLE ? A_BOLD : A_NORMAL);
}

static enum colour colour_of(double percent)
{
	return percent < 60 ? CALM : percent < 85 ? BUSY : FULL;
}

/* At the cursor, cut at the end of the line. */
__attribute__((format(printf, 1, 2))) static void put(const char *fmt, ...)
{
	char buf[256];
	va_list args;
	int room = COLS - getcurx(stdscr) - 1;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	if (room > 0)
		addnstr(buf, room);
}

/* ---- Parts ------------------------------------------------------------------------------------ */

static const char *size(double bytes, char buf[16])
{
	static const char units[] = "BKMGTPE";
	unsigned u = 0;

	if (bytes < 0)
		return "-";
	for (; bytes >= 1000 && units[u + 1]; u++)
		bytes /= 1024;
	snprintf(buf, 16, u && bytes < 100 ? "%.1f%c" : "%.0f%c", bytes, units[u]);
	return buf;
}

static const char *percent(double v, char buf[16])
{
	if (v < 0)
		return "-";
	snprintf(buf, 16, v < 10 ? "%.1f%%" : "%.0f%%", v);
	return buf;
}

/* A bar of eighths where the terminal has them. */
static void bar(const struct view *v, double share, int width)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	double cells = share < 0 ? 0 : (share > 100 ? 100 : share) / 100 * width;
	int whole = (int)cells, part = (int)((cells - whole) * 8), i;

	colour(v, colour_of(share));
	for (i = 0; i < whole; i++)
		addstr(v->wide ? "█" : "#");
	if (whole < width && v->wide && part) {
		addstr(eighths[part]);
		i++;
	}
	colour(v, QUIET);
	for (; i < width; i++)
		addstr(v->wide ? "·" : ".");
	colour(v, PLAIN);
}

/* ---- The machine ------------------------------------------------------------------------------ */

static void host_cpu(const struct scene *s, const struct view *v)
{
	char a[16], b[16];

	mvaddstr(1, 1, "CPU  ");
	bar(v, s->cpu, BAR_WIDTH);
	put(" %5s   %.0f CPU%s, %.2f asked for", percent(s->cpu, a), s->cpus, s->cpus > 1 ? "s" : "",
	    s->asked);
	if (s->cpus > 0)
		put(" (%s)", percent(100 * s->asked / s->cpus, b));
	if (s->unlimited > 0)
		put(", %.0f without limit", s->unlimited);
	put("; weights %.0f", s->weights);
}

static void host_memory(const struct scene *s, const struct view *v)
{
	double used = s->memory - s->available, share = s->memory > 0 ? 100 * used / s->memory : 0;
	char a[16], b[16], c[16], d[16], e[16], f[16];

	mvaddstr(2, 1, "MEM  ");
	bar(v, share, BAR_WIDTH);
	put(" %5s   %s of %s; %s promised (%s), %s reserved", percent(share, a), size(used, b),
	    size(s->memory, c), size(s->promised, d),
	    percent(s->memory > 0 ? 100 * s->promised / s->memory : 0, e), size(s->reserved, f));
	if (s->memory_unlimited > 0)
		put(", %.0f without limit", s->memory_unlimited);
}

static void host_rest(const struct scene *s)
{
	char a[16], b[16], c[16];

	mvaddstr(3, 1, "PSI  ");
	if (s->pressure.cpu < 0)
		put("this kernel has no pressure files");
	else
		put("cpu %s   memory %s   io %s", percent(s->pressure.cpu, a),
		    percent(s->pressure.memory, b), percent(s->pressure.io, c));
	move(4, 1);
	put("BACK %s reclaimed, %s/s", size(s->reclaimed, a), size(s->reclaiming < 0 ? 0 : s->reclaiming, b));
}

/* ---- The table -------------------------------------------------------------------------------- */

static const struct {
	const char *head;
	int width;
	int need; /* the terminal's columns from which on it is shown */
} columns[COLUMNS_N] = {
	[COLUMN_ID] = {"ID", 18, 0},		[COLUMN_STATUS] = {"STATUS", 8, 96},
	[COLUMN_CPU] = {"CPU", 13, 0},		[COLUMN_CPUS] = {"CPUS", 6, 72},
	[COLUMN_SHARE] = {"SHARE", 6, 66},	[COLUMN_THROTTLED] = {"THROT", 6, 88},
	[COLUMN_MEMORY] = {"MEMORY", 14, 0},	[COLUMN_LIMIT] = {"LIMIT", 7, 0},
	[COLUMN_RECLAIMED] = {"BACK", 7, 104},	[COLUMN_PRESSURE] = {"PRESSURE", 11, 116},
	[COLUMN_NET] = {"NET IN/OUT", 14, 132}, [COLUMN_DISK] = {"DISK IN/OUT", 14, 148},
	[COLUMN_PIDS] = {"PIDS", 9, 0},
};

static void two_sizes(double x, double y, char *buf, size_t room)
{
	char a[16], b[16];

	if (x < 0 && y < 0)
		snprintf(buf, room, "-");
	else
		snprintf(buf, room, "%s/%s", size(x, a), size(y, b));
}

static void text_of(const struct row *r, enum column c, char *buf, size_t room)
{
	char a[16];

	switch (c) {
	case COLUMN_STATUS:
		snprintf(buf, room, "%s", r->status);
		break;
	case COLUMN_CPUS:
		snprintf(buf, room, r->cpus < 0 ? "-" : "%.2f", r->cpus);
		break;
	case COLUMN_SHARE:
		snprintf(buf, room, "%s", percent(r->share, a));
		break;
	case COLUMN_THROTTLED:
		snprintf(buf, room, "%s", percent(r->throttled, a));
		break;
	case COLUMN_LIMIT:
		snprintf(buf, room, "%s", r->memory < 0 ? "-" : r->limit < 0 ? "max" : size(r->limit, a));
		break;
	case COLUMN_RECLAIMED:
		snprintf(buf, room, "%s", size(r->reclaimed, a));
		break;
	case COLUMN_PRESSURE:
		if (r->pressure.cpu < 0)
			snprintf(buf, room, "-");
		else
			snprintf(buf, room, "%.0f/%.0f/%.0f%%", r->pressure.cpu, r->pressure.memory,
				 r->pressure.io);
		break;
	case COLUMN_NET:
		two_sizes(r->received, r->sent, buf, room);
		break;
	case COLUMN_DISK:
		two_sizes(r->read, r->written, buf, room);
		break;
	default:
		if (r->pids_limit < 0)
			snprintf(buf, room, r->pids < 0 ? "-" : "%.0f", r->pids);
		else
			snprintf(buf, room, "%.0f/%.0f", r->pids, r->pids_limit);
	}
}

/* A figure with a bar of its part of what it may be. */
static void figure(const struct view *v, int y, int x, const char *text, double share)
{
	mvprintw(y, x, "%6s ", text);
	bar(v, share, ROW_BAR);
}

static int width_of(const struct view *v, int c)
{
	return c == COLUMN_ID ? v->id_width : columns[c].width;
}

/* IDs get what the other columns leave, as far as they need it. */
static int id_width(const struct scene *s)
{
	int room = COLS - 2, most = columns[COLUMN_ID].width, c;
	size_t i;

	for (c = COLUMN_ID + 1; c < COLUMNS_N; c++)
		room -= COLS >= columns[c].need ? columns[c].width + 1 : 0;
	for (i = 0; i < s->n; i++)
		if (strlen(s->rows[i].id) > (size_t)most)
			most = (int)strlen(s->rows[i].id);
	return room > columns[COLUMN_ID].width ? (most < room ? most : room) : columns[COLUMN_ID].width;
}

/* What could move the cursor of a terminal is not in an ID; a long one is cut. */
static void cell(const struct scene *s, const struct view *v, const struct row *r, enum column c, int y,
		 int x)
{
	char buf[64], a[16];
	double most = r->cpus > 0 ? r->cpus : s->cpus, limit = r->limit > 0 ? r->limit : s->memory;

	if (c == COLUMN_ID) {
		mvprintw(y, x, "%-*.*s", v->id_width, v->id_width, r->id);
	} else if (c == COLUMN_CPU) {
		figure(v, y, x, percent(r->cpu, a), most > 0 ? r->cpu / most : 0);
	} else if (c == COLUMN_MEMORY) {
		figure(v, y, x, size(r->memory, a), limit > 0 ? 100 * r->memory / limit : 0);
	} else {
		text_of(r, c, buf, sizeof(buf));
		mvprintw(y, x, "%*.*s", columns[c].width, columns[c].width, buf);
	}
}

static void heads(const struct view *v)
{
	int x = 1, c;

	attrset(A_REVERSE);
	mvhline(TABLE_TOP - 1, 0, ' ', COLS);
	for (c = 0; c < COLUMNS_N; c++) {
		bool left = c == COLUMN_ID;
		char text[32];

		if (COLS < columns[c].need)
			continue;
		snprintf(text, sizeof(text), "%s%s", columns[c].head,
			 c != (int)v->by ? "" : v->upwards ? "^" : "v");
		attrset(A_REVERSE | (c == (int)v->by ? A_BOLD : 0));
		mvprintw(TABLE_TOP - 1, x, left ? "%-*s" : "%*s", width_of(v, c), text);
		x += width_of(v, c) + 1;
	}
	attrset(A_NORMAL);
}

static void rows(const struct scene *s, struct view *v)
{
	size_t room = LINES > TABLE_TOP + 1 ? (size_t)(LINES - TABLE_TOP - 1) : 0, i;

	if (v->first + room > s->n)
		v->first = s->n > room ? s->n - room : 0;
	for (i = 0; i < room && v->first + i < s->n; i++) {
		const struct row *r = &s->rows[v->first + i];
		int x = 1, c;

		colour(v, streq(r->status, "paused") ? QUIET : PLAIN);
		for (c = 0; c < COLUMNS_N; c++)
			if (COLS >= columns[c].need) {
				cell(s, v, r, (enum column)c, TABLE_TOP + (int)i, x);
				x += width_of(v, c) + 1;
			}
	}
	colour(v, PLAIN);
	if (!s->n)
		mvaddstr(TABLE_TOP + 1, 1, "No container is running.");
}

static void foot(const struct scene *s, const struct view *v)
{
	size_t last = v->first + (size_t)(LINES - TABLE_TOP - 1);

	attrset(A_DIM);
	move(LINES - 1, 1);
	put("q quit  <- -> order by  r reverse  space %s  ? keys", v->held ? "go on" : "hold");
	if (s->n)
		put("   %zu-%zu of %zu", v->first + 1, last < s->n ? last : s->n, s->n);
	attrset(A_NORMAL);
}

static void help(void)
{
	static const char *const lines[] = {
		"q, Ctrl-C     quit",
		"left, right   order by the column beside (also < and >)",
		"c m p i       order by CPU, memory, processes, ID",
		"r             the other way round",
		"up, down      scroll; PgUp, PgDn, Home, End too",
		"space         hold the picture, and go on",
		"",
		"CPU      of its limit, or of all CPUs       CPUS   its limit",
		"SHARE    of all weights                     THROT  of its periods",
		"MEMORY   of its limit, or of the machine    BACK   reclaimed by the kernel",
		"PRESSURE time lost waiting: cpu/memory/io   PIDS   processes and their limit",
		"",
		"any key closes this",
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		mvaddstr(TABLE_TOP + (int)i, 3, lines[i]);
}

void scene_draw(const struct scene *s, struct view *v)
{
	v->id_width = id_width(s);
	erase();
	colour(v, TITLE);
	mvprintw(0, 1, "hoy top");
	colour(v, PLAIN);
	printw("   %zu container%s", s->n, s->n == 1 ? "" : "s");
	if (v->held) {
		attrset(A_REVERSE);
		addstr("  held  ");
		attrset(A_NORMAL);
	}
	if (LINES > TABLE_TOP) {
		host_cpu(s, v);
		host_memory(s, v);
		host_rest(s);
		heads(v);
		if (v->help)
			help();
		else
			rows(s, v);
		foot(s, v);
	}
	refresh();
}
