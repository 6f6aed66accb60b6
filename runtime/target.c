/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/target.h"

#include <errno.h>

#include "base/fd.h"

int target_open(struct target *t, const struct runtime *rt, struct arena *a, struct error *err)
{
	struct record rec = RECORD_INIT;
	const struct state *s;
	int r = container_id_check(t->id, err);

	if (r == 0)
		r = record_open(rt->root, t->id, &rec, err);
	if (r < 0)
		return r;
	r = record_read(&rec, a, &s, err);
	if (r == 0)
		live_look(&rec, s, &t->live);
	record_close(&rec);
	if (r < 0)
		return r;
	/* No process, or none yet that is known. */
	if (t->live.pidfd < 0)
		return error_say(err, ESRCH, "container \"%s\" is %s: container not running", t->id,
				 t->live.status);
	if (!s->record.cgroup)
		return error_say(err, ENOTSUP, "container \"%s\" has no cgroup of its own", t->id);
	t->path = s->record.cgroup;
	t->pid = s->pid;
	t->scope = (struct scope){.unit = s->record.unit, .user = s->record.user_unit};
	t->cgroup = live_take_cgroup(&t->live, s, err);
	return t->cgroup < 0 ? t->cgroup : 0;
}

int target_close(struct target *t, int r, struct error *err)
{
	r = live_ended(&t->live, t->id, r, err);
	fd_close(t->cgroup);
	live_close(&t->live);
	return r;
}
