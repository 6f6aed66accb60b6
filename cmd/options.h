/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: a command line, read by tables.
 *
 * A table lists options; a verb has a few tables, so that what two verbs share stands once. The
 * values go into the verb's own struct, at the offset that the entry names. The same tables make
 * the help (options_help), the manual page and the shell's completion.
 *
 * What is accepted, because engines and people send it (go-runc, conmon, scripts written for runc):
 *
 *	--name VALUE  --name=VALUE  -n VALUE  -nVALUE  -n=VALUE
 *	-name VALUE   a long name behind one dash; it is looked for before short options are
 *	-xyz          short options that take no value, in one word
 *	--flag=false  a flag may say what it is: true, false, 1, 0, as Go's ParseBool has it
 *	--            ends the options
 *
 * Options and positional arguments come in any order, unless in_order says that the first
 * positional ends the options (`exec`: what follows the ID is the command's own).
 *
 * Calling sequence: fill the first half of struct option_parse, options_parse(), read `values`,
 * args and help. Strings point into argv; arrays belong to the arena.
 */
#ifndef HOY_CMD_OPTIONS_H
#define HOY_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/list.h"
#include "base/text.h"

#define OPTION_FDS_MAX	  1000
#define OPTION_TABLES_MAX 16 /* of one verb */

enum option_kind {
	OPTION_FLAG,	/* bool */
	OPTION_FLAG_NOT, /* bool, true when the flag is given as false: for what is on without a word */
	OPTION_STRING,	/* const char * */
	OPTION_PATH,	/* const char *; must not be empty */
	OPTION_CHOICE,	/* unsigned: the index in choices */
	OPTION_FDS,	/* unsigned, 0 to OPTION_FDS_MAX: so many descriptors from 3 on, all open */
	OPTION_LIST,	/* struct option_list: may be given again and again */
	OPTION_REFUSED, /* nothing: `refused` says what hoy does not support. Not in the help */
	OPTION_HEADING, /* no option: `help` stands above those that follow. Its name is "" */
};

struct option_spec {
	const char *name;   /* "pid-file" */
	char letter;	    /* 'p'; 0: none */
	const char *value;  /* what the help calls the value; NULL: a flag */
	enum option_kind kind;
	size_t offset;	    /* OPTION_FIELD */
	const char *help;   /* half a sentence, without the full stop */
	const char *const *choices; /* NULL-ended, OPTION_CHOICE */
	const char *refused;	    /* "terminals are", OPTION_REFUSED */
};

/* The offset of a member, which must have the type that the kind asks for. */
#define OPTION_FIELD(type, holder, member)                                                         \
	(offsetof(holder, member) + 0 * sizeof(_Generic(((holder *)0)->member, type : 0)))

struct option_parse {
	const char *verb;			 /* for the messages; NULL: the global options */
	const struct option_spec *const *tables; /* NULL-ended; each ends with an empty name */
	void *values;				 /* zeroed by the caller */
	bool in_order;
	bool (*ends)(const void *values); /* whether the first positional ends the options; NULL: in_order */
	struct arena *arena;

	const char *const *args; /* positional arguments, NULL-terminated */
	size_t args_n;
	bool help; /* -h or --help was found, and nothing behind it looked at */
	const struct option_spec *seen[OPTION_TABLES_MAX]; /* the first that was given of each table */
};

/* argv: without the program's or the verb's name. 0, or -EINVAL with err in words. */
int options_parse(struct option_parse *p, size_t argc, const char *const *argv, struct error *err);

/* "see hoy run --help", for the messages about a verb's arguments; verb may be NULL. */
void options_hint(const char *verb, struct error *err);

/* Appends the tables' options, one per line or two, with --help at the end. */
void options_help(const struct option_spec *const *tables, struct text *out);
/* Appends s, broken between words before column 80. indent: blanks in front of every line but the
 * first, which begins at column `at` (the caller has written so far). */
void options_wrap(const char *s, size_t at, size_t indent, struct text *out);

#endif
