/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: the text of a document as a tree.
 *
 * json_parse() is the only reader of foreign JSON. What it lets through is well-formed, valid UTF-8
 * without NUL, has no key twice in one object, and is bounded in size, depth and number of values;
 * so the floors above think about meaning only. The tree is read through table.h.
 */
#ifndef HOY_SPEC_JSON_H
#define HOY_SPEC_JSON_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define JSON_TEXT_MAX	(16 * 1024 * 1024) /* bytes of a document */
#define JSON_DEPTH_MAX	128		   /* objects and lists inside each other */
#define JSON_VALUES_MAX 1000000		   /* values in a document */

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_LIST,
	JSON_OBJECT,
};

struct json {
	enum json_type type;
	unsigned n;	    /* children of a list or object */
	const char *key;    /* in an object, else NULL */
	const char *text;   /* a string's characters, a number as it is written; else NULL */
	struct json *first; /* child, in document order */
	struct json *next;  /* sibling */
};

/*
 * text, len: the document, need not be terminated. Its name is for the caller to add (error_doc).
 * Returns 0 and writes *ret, a tree in the arena, or a negative errno with err filled: the field is
 * "LINE:COLUMN" (both from 1, columns in bytes) where the text is broken, and the path of the value
 * where it is well-formed but not allowed (a key twice, NUL).
 */
int json_parse(const char *text, size_t len, struct arena *a, const struct json **ret,
	       struct error *err);

/* "a string", "a list", …: for sentences like "must be a string, got a list". */
const char *json_type_name(enum json_type type);

#endif
