/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sight.h"

int sight_open(struct sight *s, const struct runtime *rt, const char *id, struct error *err)
{
	int r;

	*s = (struct sight){.record = RECORD_INIT, .live = LIVE_INIT};
	r = container_id_check(id, err);
	if (r == 0)
		r = record_open(rt->root, id, &s->record, err);
	if (r == 0)
		r = record_read(&s->record, &s->arena, &s->state, err);
	if (r == 0)
		live_look(&s->record, s->state, &s->live);
	return r;
}

void sight_close(struct sight *s)
{
	live_close(&s->live);
	record_close(&s->record);
	arena_free(&s->arena);
}
