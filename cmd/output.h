/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output: what hoy says. Results go to standard output; errors, warnings and what --debug shows go
 * to standard error and to the file of --log. Nothing else in hoy writes to these.
 *
 * Engines read the log: containerd shows the last error line of it, Podman parses the whole file as
 * one JSON object. So a command that fails writes exactly one line to a JSON log, and neither
 * warnings nor debugging go there; the text log has all three:
 *
 *	{"level":"error","msg":"container \"x\" does not exist","time":"2026-03-01T12:00:00Z"}
 *	time="2026-03-01T12:00:00Z" level=error msg="container \"x\" does not exist"
 *
 * A line is one write(2) to a descriptor that appends, so that commands which share a log don't
 * mix. Calling sequence: fill struct output, output_open_log, then the others at will.
 */
#ifndef HOY_CMD_OUTPUT_H
#define HOY_CMD_OUTPUT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "base/warn.h"

enum output_format {
	OUTPUT_TEXT, /* the order of --log-format's choices */
	OUTPUT_JSON,
};

enum output_level {
	OUTPUT_ERROR,
	OUTPUT_WARNING,
	OUTPUT_DEBUG,
};

struct output {
	const char *log; /* NULL: none */
	enum output_format format;
	enum output_level level;
	int fd; /* of the log, -1: not open */
};

#define OUTPUT_INIT {.level = OUTPUT_WARNING, .fd = -1}

/* Opens the log, or makes it. 0 or negative errno. Does nothing when it is open or there is none. */
int output_open_log(struct output *o, struct error *err);
void output_close(struct output *o);

/* The one error of a command. */
void output_error(const struct output *o, const struct error *err);
void output_warnings(const struct output *o, const struct warnings *w);
void output_debug(const struct output *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes the text to standard output. What can't be written is an error: a caller that asked for
 * the state must not take half of it for the whole. 0 or negative errno. */
int output_text(const struct text *t, struct error *err);
/* Standard output was closed when hoy began; /dev/null stands in its place for those who inherit
 * it, but output_text fails. */
void output_stdout_closed(void);

/* Appends s with control characters as \xNN, so that a name can't forge lines or drive a terminal.
 * Returns the columns it takes, where each character of UTF-8 takes one. */
size_t output_visible(const char *s, struct text *out);

#endif
