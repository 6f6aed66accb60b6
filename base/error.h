/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error: what went wrong, in parts, so that it is worded once and in one place (cmd/).
 *
 * Calling sequence: the caller owns a struct error, zero-initialised (ERROR_INIT), and passes its
 * address down. A function that fails fills it with error_set() (or passes on what a callee has
 * filled) and returns the negative errno. Outer layers may add what only they know: the document
 * (error_doc), the field (error_field), the step (error_step), a hint (error_hint). A part that is
 * already there is kept: the innermost layer knows best. Everything lies in fixed buffers, so
 * reporting a failure allocates nothing; texts that are too long are cut.
 *
 * err may be NULL wherever a function takes one: the return value then has to do.
 */
#ifndef HOY_BASE_ERROR_H
#define HOY_BASE_ERROR_H

#include <stddef.h>

struct error {
	int code;	  /* positive errno; 0 where the text says it all */
	char doc[256];	  /* document, as the user knows it: "config.json" */
	char field[512];  /* place in it: "mounts[3].options[1]" or "12:7" */
	char step[640];	  /* what was being done, on what: "mount tmpfs on /run" */
	char why[1024];	  /* the reason in words; empty: the errno's text is the reason */
	char hint[512];	  /* what to do about it, where that is known */
};

#define ERROR_INIT {0}

/* Sets the reason. code: positive errno, shown after the text unless it is 0 or the text is all
 * that is to be said (error_say). Returns -code, or -EINVAL when code is 0. */
int error_set(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set, but the errno's own text is not shown: fmt says it all. code is only returned. */
int error_say(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_say, with the field it is about. Returns -EINVAL. */
int error_at(struct error *err, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Each fills its part if that part is still empty. */
void error_doc(struct error *err, const char *doc);
void error_field(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void error_step(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void error_hint(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The errno's text, its first letter small as engines match it ("no such file or directory").
 * The string is static or lies in buf. */
const char *errno_text(int code, char *buf, size_t size);

/* The whole error on one line, "doc: field: step: why: errno text (hint)", into buf. Control
 * characters are written as \xNN, so that a hostile name can't forge a second line. Returns buf. */
char *error_text(const struct error *err, char *buf, size_t size);

#endif
