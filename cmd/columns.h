/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns: tables for people, and for scripts that cut them by column.
 */
#ifndef HOY_CMD_COLUMNS_H
#define HOY_CMD_COLUMNS_H

#include <stddef.h>

#include "base/text.h"

/* Appends rows of cells, row after row, each column as wide as its widest cell and a gap, but not narrower
 * than min; the last one isn't filled up. What could move a terminal's cursor is escaped. */
void columns_write(const char *const *cells, size_t rows, size_t columns, size_t min, struct text *out);

#endif
