/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toml: a document of TOML 1.0 (toml.io) as the tree that a JSON document is, to be read through
 * spec/table.h. The distribution has libraries for C++ only, and the one that was tried ended the
 * program for a file with "[(" in it; what registries.conf needs of the language is small.
 *
 * Tables are objects, strings and lists and booleans what they are. Numbers, dates and times become
 * JSON_NUMBER with their text as it stands, which nobody has checked: nothing that hoy reads has
 * one. (A date and a time with a blank between them are refused; T is what stands there.)
 */
#ifndef HOY_IMAGE_TOML_H
#define HOY_IMAGE_TOML_H

#include "spec/json.h"

#define TOML_TEXT_MAX	(1024 * 1024) /* bytes */
#define TOML_VALUES_MAX 20000
#define TOML_DEPTH_MAX	32 /* lists and tables inside each other, parts of a key */

/* As json_parse(): the field of an error is "LINE:COLUMN". */
int toml_parse(const char *text, size_t len, struct arena *a, const struct json **ret,
	       struct error *err);

#endif
