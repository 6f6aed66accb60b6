/* SPDX-License-Identifier: Apache-2.0 */
/* What hoy tells: from JSON to numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "helpers/top.h"
#include "spec/json.h"

static const struct json *member(const struct json *o, const char *key)
{
	const struct json *m = o && o->type == JSON_OBJECT ? o->first : NULL;

	while (m && !streq(m->key, key))
		m = m->next;
	return m;
}

static double number(const struct json *o, const char *key)
{
	const struct json *m = member(o, key);

	return m && m->type == JSON_NUMBER ? strtod(m->text, NULL) : NONE;
}

static const char *string(const struct json *o, const char *key)
{
	const struct json *m = member(o, key);

	return m && m->type == JSON_STRING ? m->text : "?";
}

static struct pressure pressure(const struct json *o)
{
	const struct json *p = member(o, "pressure");

	return (struct pressure){number(p, "cpu"), number(p, "memory"), number(p, "io")};
}

static void host_parse(const struct json *h, struct scene *s)
{
	s->cpus = number(h, "cpus");
	s->cpu = number(h, "cpuPercent");
	s->asked = number(h, "cpusAsked");
	s->unlimited = number(h, "cpusUnlimited");
	s->weights = number(h, "weights");
	s->memory = number(h, "memory");
	s->available = number(h, "memoryAvailable");
	s->promised = number(h, "memoryPromised");
	s->reserved = number(h, "memoryReserved");
	s->memory_unlimited = number(h, "memoryUnlimited");
	s->reclaimed = number(h, "reclaimed");
	s->reclaiming = number(h, "reclaimedPerSecond");
	s->pressure = pressure(h);
}

static struct row row_parse(const struct json *c, double weights)
{
	struct row r = {
		.id = string(c, "id"),
		.status = string(c, "status"),
		.cpu = number(c, "cpuPercent"),
		.throttled = number(c, "throttledPercent"),
		.cpus = number(c, "cpus"),
		.weight = number(c, "weight"),
		.memory = number(c, "memory"),
		.limit = number(c, "memoryLimit"),
		.reserved = number(c, "memoryReserved"),
		.reclaimed = number(c, "reclaimed"),
		.pids = number(c, "pids"),
		.pids_limit = number(c, "pidsLimit"),
		.received = number(c, "received"),
		.sent = number(c, "sent"),
		.read = number(c, "read"),
		.written = number(c, "written"),
		.pressure = pressure(c),
	};

	r.share = r.weight >= 0 && weights > 0 ? 100 * r.weight / weights : NONE;
	return r;
}

int scene_parse(const char *line, size_t len, struct scene *ret)
{
	struct scene s = {.arena = ARENA_INIT};
	const struct json *all, *list, *c;

	if (json_parse(line, len, &s.arena, &all, NULL) < 0) {
		arena_free(&s.arena);
		return -EINVAL;
	}
	host_parse(member(all, "host"), &s);
	list = member(all, "containers");
	if (list && list->type == JSON_LIST) {
		s.rows = arena_alloc(&s.arena, (list->n + 1) * sizeof(*s.rows));
		for (c = list->first; c; c = c->next)
			s.rows[s.n++] = row_parse(c, s.weights);
	}
	*ret = s;
	return 0;
}

void scene_free(struct scene *s)
{
	arena_free(&s->arena);
}

/* ---- Order ------------------------------------------------------------------------------------ */

static const struct view *order; /* qsort(3) has no argument for it */

static double value_of(const struct row *r, enum column by)
{
	switch (by) {
	case COLUMN_CPU:
		return r->cpu;
	case COLUMN_CPUS:
		return r->cpus;
	case COLUMN_SHARE:
		return r->share;
	case COLUMN_THROTTLED:
		return r->throttled;
	case COLUMN_MEMORY:
		return r->memory;
	case COLUMN_LIMIT:
		return r->limit;
	case COLUMN_RECLAIMED:
		return r->reclaimed;
	case COLUMN_PRESSURE:
		return r->pressure.cpu + r->pressure.memory + r->pressure.io;
	case COLUMN_NET:
		return r->received + r->sent;
	case COLUMN_DISK:
		return r->read + r->written;
	case COLUMN_PIDS:
		return r->pids;
	default:
		return 0;
	}
}

/* Numbers from the largest, words from the first letter; equal ones by name. */
static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double dx = value_of(x, order->by), dy = value_of(y, order->by);
	int r = 0;

	if (order->by == COLUMN_STATUS)
		r = strcmp(x->status, y->status);
	else if (dx != dy)
		r = dx > dy ? -1 : 1;
	if (r == 0)
		r = strcmp(x->id, y->id);
	return order->upwards ? -r : r;
}

void scene_sort(struct scene *s, const struct view *v)
{
	order = v;
	if (s->n > 1)
		qsort(s->rows, s->n, sizeof(*s->rows), compare);
}
