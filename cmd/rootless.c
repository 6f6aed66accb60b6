/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rootless.h"

#include "base/fd.h"
#include "engine/containers.h"

bool rootless_always(const struct call *c, const char **id)
{
	(void)c;
	(void)id;
	return true;
}

bool rootless_containers(const struct call *c, const char **id)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	size_t i;

	if (!*c->rt->data)
		return false;
	for (i = 0; i < c->args_n; i++)
		if (containers_has(c->rt->data, c->args[i], c->rt->root)) {
			*id = c->args[i];
			return true;
		}
	return !c->args_n && containers_list(c->rt->data, c->rt->root, &a).n > 0;
}
