/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-top: the screen of `hoy top`. A program of its own, so that hoy links no terminal library. Standard
 * input is a pipe of pictures, one JSON object a line; keys come from the terminal. It ends with the pipe,
 * or when the user wants it.
 */
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "helpers/top.h"

#define LINE_MAX_BYTES (16U << 20)
#define READ_SIZE      65536

struct screen {
	struct scene scene, next; /* next: came while the picture was held */
	bool has_scene, has_next;
	struct view view;
	struct text input;
};

/* ---- Pictures --------------------------------------------------------------------------------- */

static void scene_take(struct screen *s, const char *line, size_t len)
{
	struct scene one;

	if (scene_parse(line, len, &one) < 0)
		return;
	if (s->view.held && s->has_scene) {
		if (s->has_next)
			scene_free(&s->next);
		s->next = one;
		s->has_next = true;
		return;
	}
	if (s->has_scene)
		scene_free(&s->scene);
	s->scene = one;
	s->has_scene = true;
}

/* Takes what is in the pipe. False at its end. */
static bool input_read(struct screen *s)
{
	char buf[READ_SIZE], *end;
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0 || s->input.len > LINE_MAX_BYTES)
		return false;
	text_add_bytes(&s->input, buf, (size_t)n);
	while ((end = memchr(s->input.s, '\n', s->input.len))) {
		size_t len = (size_t)(end - s->input.s) + 1;

		scene_take(s, s->input.s, len);
		memmove(s->input.s, s->input.s + len, s->input.len - len);
		s->input.len -= len;
	}
	return true;
}

/* ---- Keys ------------------------------------------------------------------------------------- */

static void order_by(struct view *v, enum column by)
{
	v->upwards = v->by == by ? v->upwards : false;
	v->by = by;
}

static void hold(struct screen *s)
{
	s->view.held = !s->view.held;
	if (s->view.held || !s->has_next)
		return;
	scene_free(&s->scene);
	s->scene = s->next;
	s->has_next = false;
}

static void scroll_key(struct view *v, int key)
{
	size_t page = LINES > 8 ? (size_t)LINES - 8 : 1;

	if (key == KEY_UP && v->first)
		v->first--;
	else if (key == KEY_DOWN)
		v->first++;
	else if (key == KEY_PPAGE)
		v->first = v->first > page ? v->first - page : 0;
	else if (key == KEY_NPAGE)
		v->first += page;
	else if (key == KEY_HOME)
		v->first = 0;
	else if (key == KEY_END)
		v->first = SIZE_MAX / 2; /* drawing brings it into bounds */
}

/* False: the user wants to end. */
static bool key_take(struct screen *s, int key)
{
	struct view *v = &s->view;

	if (v->help && key != KEY_RESIZE) {
		v->help = false;
		return key != 'q';
	}
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case '?':
	case 'h':
		v->help = true;
		break;
	case ' ':
		hold(s);
		break;
	case 'r':
		v->upwards = !v->upwards;
		break;
	case 'c':
		order_by(v, COLUMN_CPU);
		break;
	case 'm':
		order_by(v, COLUMN_MEMORY);
		break;
	case 'p':
		order_by(v, COLUMN_PIDS);
		break;
	case 'i':
		order_by(v, COLUMN_ID);
		break;
	case KEY_LEFT:
	case '<':
		v->by = (v->by + COLUMNS_N - 1) % COLUMNS_N;
		break;
	case KEY_RIGHT:
	case '>':
		v->by = (v->by + 1) % COLUMNS_N;
		break;
	default:
		scroll_key(v, key);
	}
	return true;
}

/* ---- The screen ------------------------------------------------------------------------------- */

static bool begin(struct screen *s)
{
	const char *no_color = getenv("NO_COLOR");
	FILE *keys = fopen("/dev/tty", "re");

	setlocale(LC_ALL, "");
	/* Numbers have a point, as in JSON. */
	setlocale(LC_NUMERIC, "C");
	s->view.wide = streq(nl_langinfo(CODESET), "UTF-8");
	s->view.colours = !no_color || !*no_color;
	s->view.by = COLUMN_CPU;
	if (!keys || !newterm(NULL, stdout, keys)) {
		fputs("hoy top: this terminal can't show it: hoy top --format plain\n", stderr);
		return false;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	colours_begin(&s->view);
	return true;
}

static bool keys_read(struct screen *s)
{
	int key;

	while ((key = getch()) != ERR)
		if (!key_take(s, key))
			return false;
	return true;
}

static void loop(struct screen *s)
{
	int tty = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool going = true;

	while (going) {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = tty, .events = POLLIN}};

		/* A change of the window's size is a signal, which getch tells of. */
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			going = input_read(s);
		going = keys_read(s) && going && !(fds[1].revents & (POLLERR | POLLHUP));
		if (s->has_scene) {
			scene_sort(&s->scene, &s->view);
			scene_draw(&s->scene, &s->view);
		}
	}
	close(tty);
}

int main(void)
{
	struct screen s = {.input = TEXT_INIT};

	if (!begin(&s))
		return EXIT_FAILURE;
	loop(&s);
	endwin();
	text_free(&s.input);
	return EXIT_SUCCESS;
}
