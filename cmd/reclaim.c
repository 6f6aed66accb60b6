/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cmd/size.h"
#include "cmd/verb.h"

static int reclaim_run(const struct call *c, struct error *err)
{
	int64_t size;

	if (size_parse(c->args[1], &size) < 0 || size <= 0)
		return error_say(err, EINVAL, "reclaim: the size must be in bytes, with b, k, m or g "
						 "behind it, got \"%s\"", c->args[1]);
	return container_reclaim(c->rt, c->args[0], (uint64_t)size, err);
}

static const struct option_spec *const no_tables[] = {NULL};

static const char *const reclaim_text[] = {
	"Asks the kernel to take so much memory back from a container: page cache that can be read again, "
	"and what can be swapped. The container's limit stays what it is. An error when not all of it could "
	"be had; what could is reclaimed then.",
	NULL,
};

const struct verb verb_reclaim = {
	.name = "reclaim",
	.names = 1,
	.synopsis = "ID SIZE",
	.help = "take memory back from a container",
	.text = reclaim_text,
	.tables = no_tables,
	.min = 2,
	.max = 2,
	.needs = "a container ID and a size",
	.run = reclaim_run,
};
