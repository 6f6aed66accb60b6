/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include <string.h>

void *list_grow(struct arena *a, void *v, size_t n, size_t size)
{
	void *grown;

	/* Full are 2^k - 1 entries and their zeros: 1 and 1, 3 and 1, 7 and 1, … */
	if (n & (n + 1))
		return v;
	grown = arena_alloc(a, 2 * (n + 1) * size);
	if (n)
		memcpy(grown, v, n * size);
	return grown;
}

void option_list_add(struct option_list *list, const char *value, struct arena *a)
{
	const char **v = list_grow(a, (void *)list->v, list->n, sizeof(*v));

	v[list->n++] = value;
	list->v = v;
}
