/* SPDX-License-Identifier: Apache-2.0 */
/* Limits. Where the machine lacks a controller, the runtime says so for what was asked for. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "engine/configure_parts.h"
#include "engine/values.h"

#define PERIOD 100000 /* microseconds: the kernel's own */
/* podman's: enough for every service, and a fork bomb ends. */
#define DEFAULT_PIDS 2048

static int64_t *number(int64_t v, struct arena *a)
{
	int64_t *p = arena_alloc(a, sizeof(*p));

	*p = v;
	return p;
}

/* Without --memory-swap as much swap as memory, as docker and podman have it: a container must not
 * drag the machine into swapping. */
static int resources_memory(const struct configure *in, struct resources *res, struct error *err)
{
	const struct run_options *o = in->opt;
	struct memory *m = arena_alloc(in->arena, sizeof(*m));
	int r;

	r = value_size("--memory", o->memory, true, in->arena, &m->limit, err);
	if (r == 0)
		r = value_size("--memory-reservation", o->memory_reservation, false, in->arena,
			       &m->reservation, err);
	if (r == 0)
		r = value_size("--memory-swap", o->memory_swap, true, in->arena, &m->swap, err);
	if (r < 0)
		return r;
	if (m->swap && *m->swap >= 0 && *m->swap < *m->limit)
		return error_say(
			err, EINVAL,
			"--memory-swap: is memory and swap together, and must not be below "
			"--memory (%s), got \"%s\"",
			o->memory, o->memory_swap);
	if (m->limit && m->reservation && *m->limit >= 0 && *m->reservation > *m->limit)
		return error_say(
			err, EINVAL,
			"--memory-reservation: must not be above --memory (%s), got \"%s\"",
			o->memory, o->memory_reservation);
	if (m->limit && *m->limit > 0 && !m->swap && in->machine->swap)
		m->swap = number(*m->limit > INT64_MAX / 2 ? -1 : 2 * *m->limit, in->arena);
	if (m->limit || m->reservation)
		res->memory = m;
	return 0;
}

/* --cpus is a quota in each period. */
static int cpus_parse(const char *text, struct cpu *c, struct arena *a, struct error *err)
{
	uint64_t millionths;
	int r = value_decimal("--cpus", text, &millionths, err);

	if (r < 0)
		return r;
	if (millionths < 10000)
		return value_wrong("--cpus", "at least 0.01", text, err);
	c->period = arena_alloc(a, sizeof(*c->period));
	*c->period = PERIOD;
	c->quota = number((int64_t)(millionths / (1000000 / PERIOD)), a);
	return 0;
}

static int resources_cpu(const struct configure *in, struct resources *res, struct error *err)
{
	const struct run_options *o = in->opt;
	struct cpu *c = arena_alloc(in->arena, sizeof(*c));
	int r = o->cpus ? cpus_parse(o->cpus, c, in->arena, err) : 0;

	if (r == 0)
		r = value_u64("--cpu-period", o->cpu_period, 1000, 1000000, in->arena, &c->period,
			      err);
	if (r == 0)
		r = value_i64("--cpu-quota", o->cpu_quota, -1, INT64_MAX, in->arena, &c->quota,
			      err);
	if (r == 0)
		r = value_u64("--cpu-shares", o->cpu_shares, 2, 262144, in->arena, &c->shares, err);
	c->cpus = o->cpuset_cpus;
	c->mems = o->cpuset_mems;
	if (c->period || c->quota || c->shares || c->cpus || c->mems)
		res->cpu = c;
	return r;
}

/* Files of the cgroup by name: what has no word in the specification, and --cgroup-conf. */
static int resources_unified(const struct configure *in, struct resources *res, struct error *err)
{
	const struct run_options *o = in->opt;
	struct string_pair pair;
	uint64_t *weight = NULL;
	size_t i;
	int r = value_u64("--cpu-weight", o->cpu_weight, 1, 10000, in->arena, &weight, err);

	if (r == 0 && weight)
		map_set(&res->unified, (struct string_pair){"cpu.weight", o->cpu_weight},
			in->arena);
	for (i = 0; r == 0 && i < o->cgroup_conf.n; i++) {
		r = value_pair("--cgroup-conf", o->cgroup_conf.v[i], in->arena, &pair, err);
		if (r == 0)
			map_set(&res->unified, pair, in->arena);
	}
	return r;
}

static int resources_rest(const struct configure *in, struct resources *res, struct error *err)
{
	const struct run_options *o = in->opt;
	uint64_t *weight = NULL;
	int64_t *pids = NULL;
	int r = value_i64("--pids-limit", o->pids_limit, -1, INT_MAX, in->arena, &pids, err);

	if (r == 0)
		r = value_u64("--blkio-weight", o->blkio_weight, 10, 1000, in->arena, &weight, err);
	if (r < 0)
		return r;
	if (pids && *pids > 0)
		res->pids_limit = pids;
	else if (!pids && in->machine->pids)
		res->pids_limit = number(DEFAULT_PIDS, in->arena);
	if (weight) {
		res->block_io = arena_alloc(in->arena, sizeof(*res->block_io));
		res->block_io->weight = arena_alloc(in->arena, sizeof(*res->block_io->weight));
		*res->block_io->weight = (uint16_t)*weight;
	}
	return 0;
}

/* A directory, or with systemd a slice, in which the container's own cgroup is made. */
static int cgroup_parent(const struct configure *in, struct linux_config *l, struct error *err)
{
	const char *parent = in->opt->cgroup_parent;
	size_t n;

	if (!parent)
		return 0;
	n = strlen(parent);
	if (in->systemd) {
		if (n < 7 || !streq(parent + n - 6, ".slice") || strchr(parent, '/') ||
		    strchr(parent, ':'))
			return value_wrong("--cgroup-parent",
					   "a slice, as systemd makes the cgroup", parent, err);
		l->cgroups_path = arena_join(in->arena, parent, ":hoy:", in->id, NULL);
		return 0;
	}
	if (parent[0] != '/')
		return value_wrong("--cgroup-parent", "an absolute path below the cgroups' mount",
				   parent, err);
	l->cgroups_path = arena_join(in->arena, parent, parent[n - 1] == '/' ? "" : "/", "hoy-",
				     in->id, NULL);
	return 0;
}

int configure_resources(const struct configure *in, struct config *c, struct error *err)
{
	struct resources *res = arena_alloc(in->arena, sizeof(*res));
	int r = resources_memory(in, res, err);

	c->linux_conf->resources = res;
	if (r == 0)
		r = resources_cpu(in, res, err);
	if (r == 0)
		r = resources_unified(in, res, err);
	if (r == 0)
		r = resources_rest(in, res, err);
	if (r == 0)
		r = cgroup_parent(in, c->linux_conf, err);
	return r;
}
