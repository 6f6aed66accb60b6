/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

/* Every part of an error, doubled for what is escaped. */
#define ERROR_TEXT_MAX (2 * sizeof(struct error))

static bool stdout_closed;

void output_stdout_closed(void)
{
	stdout_closed = true;
}

int output_open_log(struct output *o, struct error *err)
{
	int fd;

	/* An empty name is how scripts say "no log". */
	if (o->fd >= 0 || !o->log || !o->log[0])
		return 0;
	fd = open(o->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return error_set(err, errno, "--log %s", o->log);
	o->fd = fd;
	return 0;
}

void output_close(struct output *o)
{
	o->fd = fd_close(o->fd);
}

/* UTC: the local time would need the file of the time zone on every start. */
static void time_text(char *buf, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Nobody is left to hear that the log is full: its errors are dropped. */
static void log_line(const struct output *o, const char *level, const char *msg)
{
	_cleanup_(text_free) struct text line = TEXT_INIT;
	char now[32];

	if (o->fd < 0)
		return;
	time_text(now, sizeof(now));
	if (o->format == OUTPUT_JSON) {
		text_addf(&line, "{\"level\":\"%s\",\"msg\":", level);
		text_add_json(&line, msg);
		text_addf(&line, ",\"time\":\"%s\"}\n", now);
	} else {
		text_addf(&line, "time=\"%s\" level=%s msg=", now, level);
		text_add_json(&line, msg);
		text_add(&line, "\n");
	}
	fd_write_all(o->fd, line.s, line.len);
}

static void say(const char *before, const char *msg)
{
	_cleanup_(text_free) struct text line = TEXT_INIT;

	text_addf(&line, "hoy: %s%s\n", before, msg);
	fd_write_all(STDERR_FILENO, line.s, line.len);
}

void output_error(const struct output *o, const struct error *err)
{
	char msg[ERROR_TEXT_MAX];

	error_text(err, msg, sizeof(msg));
	say("", msg);
	log_line(o, "error", msg);
}

void output_warnings(const struct output *o, const struct warnings *w)
{
	const char *line = w->lines.s, *end;

	if (o->level < OUTPUT_WARNING || !w->lines.len)
		return;
	for (; (end = strchr(line, '\n')); line = end + 1) {
		_cleanup_(text_free) struct text one = TEXT_INIT, msg = TEXT_INIT;

		text_add_bytes(&one, line, (size_t)(end - line));
		output_visible(one.s, &msg);
		say("warning: ", msg.s);
		if (o->format == OUTPUT_TEXT)
			log_line(o, "warning", msg.s);
	}
}

void output_debug(const struct output *o, const char *fmt, ...)
{
	_cleanup_(text_free) struct text msg = TEXT_INIT;
	char line[1024];
	va_list ap;

	if (o->level < OUTPUT_DEBUG)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	output_visible(line, &msg);
	say("debug: ", msg.s);
	if (o->format == OUTPUT_TEXT)
		log_line(o, "debug", msg.s);
}

int output_text(const struct text *t, struct error *err)
{
	int r = stdout_closed ? -EBADF : fd_write_all(STDOUT_FILENO, t->s, t->len);

	return r < 0 ? error_set(err, -r, "write to standard output") : 0;
}

size_t output_visible(const char *s, struct text *out)
{
	size_t columns = 0;

	text_add_bytes(out, "", 0);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f) {
			text_addf(out, "\\x%02x", c);
			columns += 4;
			continue;
		}
		text_add_bytes(out, s, 1);
		columns += (c & 0xc0) != 0x80;
	}
	return columns;
}
