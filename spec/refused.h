/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refused: what the specification has and this version of hoy does not do. It is refused clearly
 * and never ignored: a container that was asked to be confined and is not would be worse than none.
 *
 * One entry per property. Whoever makes hoy do it removes the entry here and the line in
 * tests/schema/refused.txt, which must agree.
 */
#ifndef HOY_SPEC_REFUSED_H
#define HOY_SPEC_REFUSED_H

#include <stddef.h>

#include "base/error.h"
#include "spec/table.h"

struct refused {
	/*
	 * The property, as the schema lists name it: names with dots between them, "[]" behind a
	 * list, "=value" for one value of a string. It is refused where it asks for something
	 * (field_is_set()): not when it is absent, false, or empty.
	 */
	const char *property;
	const char *what;   /* in words, for the message */
	bool even_if_empty; /* an object without properties asks for something, too */
};

/* The table; *n: its length. */
const struct refused *refused_list(size_t *n);

/* The struct, read by the table, against all entries that begin with the prefix ("" for
 * config.json, "process." for a process alone; it is left out of the error's field). 0, or -ENOTSUP
 * with err. */
int refused_check(const struct table *t, const void *doc, const char *prefix, struct error *err);

#endif
