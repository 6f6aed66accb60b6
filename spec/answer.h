/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: what a helper program (base/helper.h) answers: lines of JSON, one for each warning, one for the
 * error or one for the result.
 *
 *	{"warning": "the image's label … is dropped"}
 *	{"error": {"code": 2, "step": "open the archive a.tar", …}}
 *	{"result": {…}}			a document that the helper and its caller know
 */
#ifndef HOY_SPEC_ANSWER_H
#define HOY_SPEC_ANSWER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "base/warn.h"
#include "spec/table.h"

#define ANSWER_MAX (1u << 20) /* bytes */

void answer_add_warnings(const struct warnings *w, struct text *out);
void answer_add_error(const struct error *e, struct text *out);
void answer_add_result(const struct table *t, const void *result, struct text *out);
/* Reads all lines; who: "hoy-image". result: of table t, the arena's, untouched where there is none; t
 * NULL: no result is looked for. 0, or -errno with err when one of the lines is an error. */
int answer_read(const struct text *from, const char *who, const struct table *t, void *result,
		struct arena *a, struct warnings *warn, struct error *err);

#endif
