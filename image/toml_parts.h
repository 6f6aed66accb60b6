/* SPDX-License-Identifier: Apache-2.0 */
/* What toml.c (lines, keys, tables) and toml_value.c (what stands behind "=") share. */
#ifndef HOY_IMAGE_TOML_PARTS_H
#define HOY_IMAGE_TOML_PARTS_H

#include <stdbool.h>

#include "image/toml.h"

enum {
	TOML_HEADED = 1, /* a table with a header of its own */
	TOML_DOTTED = 2, /* one that dotted keys made */
	TOML_TABLES = 4, /* a list made of [[headers]] */
	TOML_CLOSED = 8, /* written as a value: nothing is added later */
};

struct toml_node {
	struct json json; /* first: a node is one */
	struct toml_node *last;
	unsigned flags;
};

struct toml {
	const char *text, *s; /* s: what comes next; it ends with a NUL, and there is no other */
	struct arena *arena;
	struct error *err;
	unsigned values, depth;
};

/* Says what is wrong at a place of the text. -EINVAL. */
int toml_fault(struct toml *t, const char *at, const char *why);

/* A new last child; key is NULL in a list. NULL, with words, when there are too many. */
struct toml_node *toml_add(struct toml *t, struct toml_node *parent, const char *key,
			   enum json_type type);
struct toml_node *toml_find(const struct toml_node *table, const char *key);

/* Passes over blanks; over blanks, comments and ends of lines. */
void toml_blank(struct toml *t);
void toml_lines(struct toml *t);

/* "key = value" or "a.b = value" into a table. */
int toml_pair(struct toml *t, struct toml_node *table);
/* A value becomes a child. */
int toml_value(struct toml *t, struct toml_node *parent, const char *key);
/* A string in either quotes, on one line (which keys may be too). *ret is in the arena. */
int toml_string(struct toml *t, const char **ret);

#endif
