/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine's start does: containers by their policies (restart.h). */
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/monitor.h"
#include "engine/run.h"
#include "engine/settings.h"

/* Nothing of it runs, nor does anybody see to it. */
static bool is_down(const struct runtime *rt, const char *id, int dir)
{
	_cleanup_fd_ int monitor = monitor_find(dir);
	int r = engine_is_stopped(rt, id);

	return monitor < 0 && (r == 1 || r == -ENOENT);
}

static int boot_one(const struct runtime *rt, const char *id, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_fd_ int dir = containers_open(rt->data, id);
	const struct config *c;
	struct settings s;
	int r;

	if (dir < 0 || !is_down(rt, id, dir))
		return 0;
	r = containers_read_config(rt->data, id, &a, &c, err);
	if (r < 0)
		return r;
	settings_read(&c->annotations, &s);
	/* The machine went down before its monitor could. */
	if (s.rm)
		return engine_delete(rt, id, true, true, err);
	if (!restart_at_boot(&s.restart, faccessat(dir, MONITOR_MARK, F_OK, 0) == 0))
		return 0;
	return engine_start(rt, id, -1 /* nobody attaches */, err);
}

int engine_boot(const struct runtime *rt, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct strings ids = containers_list(rt->data, rt->root, &a);
	char text[2048];
	int failed = 0;
	size_t i;

	for (i = 0; i < ids.n; i++) {
		struct error e = ERROR_INIT;
		int r = boot_one(rt, ids.v[i], &e);

		if (r == 0)
			continue;
		failed = r;
		warn_add(rt->warn, "container %.12s: %s", ids.v[i],
			 error_text(&e, text, sizeof(text)));
	}
	return failed < 0 ? error_say(err, -failed, "not every container could be started") : 0;
}
