/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/columns.h"

#include "base/arena.h"
#include "base/fd.h"
#include "cmd/output.h"

enum { GAP = 3 };

void columns_write(const char *const *cells, size_t rows, size_t columns, size_t min, struct text *out)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	size_t *width = arena_alloc(&a, columns * sizeof(*width)), i, k;

	for (i = 0; i < rows * columns; i++) {
		_cleanup_(text_free) struct text cell = TEXT_INIT;
		size_t w = output_visible(cells[i], &cell) + GAP;

		if (w > width[i % columns])
			width[i % columns] = w > min ? w : min;
	}
	for (i = 0; i < rows; i++) {
		for (k = 0; k < columns; k++) {
			size_t w = output_visible(cells[i * columns + k], out);

			if (k + 1 < columns)
				text_addf(out, "%*s", (int)(width[k] - w), "");
		}
		text_add(out, "\n");
	}
}
