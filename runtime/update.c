/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: other limits for a container that is there. The same rules and the same list of (file, value)
 * as at its creation; what is not mentioned stays. The kernel has two values in one file, or relates
 * two files, where the document has them apart: the half that is not mentioned comes from the cgroup.
 *
 * All or nothing: when a file is refused, those before it get their old values back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cgroups/cgroup.h"
#include "cgroups/limits.h"
#include "cgroups/scope.h"
#include "runtime/target.h"
#include "spec/rules.h"

#define CONTROL_SIZE	4096
#define RESOURCES_FIELD "linux.resources."

/* One value that was overwritten. */
struct undo {
	const char *file, *value;
};

struct updating {
	struct arena arena;
	struct target target;
	struct undo *undo;
	size_t undo_n;
};

/* ---- What the cgroup has to say ------------------------------------------------------------- */

static bool control_read(const struct updating *u, const char *file, char *buf)
{
	return cgroup_read(u->target.cgroup, file, buf, CONTROL_SIZE) >= 0;
}

/* cpu.max is "quota period". */
static void cpu_complete(struct updating *u, struct cpu *c)
{
	char buf[CONTROL_SIZE], *period;

	if ((!c->quota && !c->period) || (c->quota && c->period) || !control_read(u, "cpu.max", buf))
		return;
	period = strchr(buf, ' ');
	if (!period)
		return;
	if (!c->period) {
		c->period = arena_alloc(&u->arena, sizeof(*c->period));
		*c->period = strtoull(period + 1, NULL, 10);
	} else if (!starts_with(buf, "max")) {
		c->quota = arena_alloc(&u->arena, sizeof(*c->quota));
		*c->quota = strtoll(buf, NULL, 10);
	}
}

/* swap is memory and swap together. The limit is only read, to take it off, and not written again. */
static void memory_complete(struct updating *u, struct memory *m, bool *limit_known)
{
	char buf[CONTROL_SIZE];

	*limit_known = m->limit;
	if (m->limit || !m->swap || *m->swap <= 0 || !control_read(u, "memory.max", buf) ||
	    starts_with(buf, "max"))
		return;
	m->limit = arena_alloc(&u->arena, sizeof(*m->limit));
	*m->limit = strtoll(buf, NULL, 10);
}

/* linux.resources.memory.checkBeforeUpdate */
static int usage_check(struct updating *u, const struct memory *m, struct error *err)
{
	uint64_t usage;

	if (!m->check_before_update || !*m->check_before_update || !m->limit || *m->limit <= 0 ||
	    cgroup_number(u->target.cgroup, "memory.current", &usage) < 0 ||
	    usage <= (uint64_t)*m->limit)
		return 0;
	error_field(err, "memory.limit");
	return error_say(err, EINVAL, "%lld is below the %llu bytes that are in use (checkBeforeUpdate)",
			 (long long)*m->limit, (unsigned long long)usage);
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* The old value in the form in which it can be written back; NULL where there is none. A file with keys
 * ("8:0 rbps=…") is asked for its line with the key. */
static const char *value_now(struct updating *u, const char *file, const char *value)
{
	bool keyed = (starts_with(file, "io.") || starts_with(file, "rdma.")) && strchr(value, ' ');
	char buf[CONTROL_SIZE], *line = buf;
	size_t key = keyed ? strcspn(value, " ") + 1 : 0;

	if (!control_read(u, file, buf))
		return NULL;
	while (keyed && strncmp(line, value, key) != 0) {
		line += strcspn(line, "\n");
		if (!*line++)
			return NULL;
	}
	/* An empty list of CPUs can't be given back to a cgroup with processes: what it means can. */
	if (starts_with(file, "cpuset.") && *line == '\n' &&
	    !control_read(u, arena_join(&u->arena, file, ".effective", NULL), buf))
		return NULL;
	/* Of "default 100" and "8:0 200" the first. */
	return arena_memdup(&u->arena, line, strcspn(line, "\n"));
}

static int write_one(struct updating *u, const struct limit *l, struct error *err)
{
	const char *old = value_now(u, l->file, l->value), *other = NULL;
	int r;

	if (!old && l->other_file)
		other = value_now(u, l->other_file, l->other_value);
	r = limit_write(u->target.cgroup, l, err);
	if (r < 0) {
		error_field(err, "%s", l->field);
		return r;
	}
	if (old || other)
		u->undo[u->undo_n++] = (struct undo){old ? l->file : l->other_file, old ? old : other};
	return 0;
}

static void undo_all(struct updating *u)
{
	while (u->undo_n-- > 0)
		cgroup_write(u->target.cgroup, u->undo[u->undo_n].file, u->undo[u->undo_n].value, NULL);
}

static const struct limit *limit_find(const struct limits *l, const char *file)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (streq(l->v[i].file, file))
			return &l->v[i];
	return NULL;
}

static int write_all(struct updating *u, const struct limits *limits, bool limit_known,
		     struct error *err)
{
	const struct limit *burst = limit_find(limits, "cpu.max.burst");
	size_t i;
	int r = 0;

	u->undo = arena_alloc(&u->arena, (limits->n + 1) * sizeof(*u->undo));
	u->undo_n = 0;
	/* The kernel compares quota and burst at every write. */
	if (burst && limit_find(limits, "cpu.max"))
		r = write_one(u,
			      &(struct limit){.file = burst->file, .value = "0", .field = burst->field},
			      err);
	for (i = 0; i < limits->n && r == 0; i++)
		if (limit_known || !streq(limits->v[i].file, "memory.max"))
			r = write_one(u, &limits->v[i], err);
	return r;
}

/* A container has the controllers that its creation asked for. */
static int controllers_enable(struct updating *u, const char *controllers, struct error *err)
{
	struct cgroup_root root;
	int r = cgroup_root_open(&root, &u->arena, err);

	if (r < 0)
		return r;
	r = cgroup_enable(&root, u->target.path, u->target.cgroup, controllers, err);
	fd_close(root.fd);
	return r;
}

/* systemd writes what it knows again when it has a reason to: it must know the same. */
static int scope_tell(struct updating *u, const struct limits *limits, struct error *err)
{
	struct strings properties;

	scope_limits(limits, &u->arena, &properties);
	return scope_set(&u->target.scope, &properties, err);
}

/* The limits as the cgroup has them now. */
static void limits_now(struct updating *u, const struct limits *limits, struct limits *ret)
{
	size_t i;

	*ret = (struct limits){.v = arena_alloc(&u->arena, (limits->n + 1) * sizeof(*ret->v))};
	for (i = 0; i < limits->n; i++) {
		const char *value = value_now(u, limits->v[i].file, limits->v[i].value);

		if (value)
			ret->v[ret->n++] = (struct limit){.file = limits->v[i].file, .value = value};
	}
}

/* The same with systemd, which goes first. */
static int scope_write_all(struct updating *u, const struct limits *limits, bool limit_known,
			   struct error *err)
{
	/* Of these systemd has an idea that is coarser than what they are. */
	struct limit coarse[] = {{.file = "cpu.max", .value = ""}, {.file = "pids.max", .value = ""}};
	struct limits before, kept, list = {.n = 2, .v = coarse};
	size_t i;
	int r;

	limits_now(u, limits, &before);
	limits_now(u, &list, &kept);
	r = scope_tell(u, limits, err);
	if (r < 0)
		return r;
	for (i = 0; i < kept.n; i++)
		cgroup_write(u->target.cgroup, kept.v[i].file, kept.v[i].value, NULL);
	r = write_all(u, limits, limit_known, err);
	if (r == 0)
		return 0;
	/* What was there before it was systemd's turn. */
	u->undo_n = 0;
	scope_tell(u, &before, NULL);
	for (i = before.n; i-- > 0;)
		cgroup_write(u->target.cgroup, before.v[i].file, before.v[i].value, NULL);
	return r;
}

static int update(struct updating *u, struct resources *res, struct error *err)
{
	struct limits limits;
	bool limit_known = true;
	int r = 0;

	if (res->cpu)
		cpu_complete(u, res->cpu);
	if (res->memory)
		memory_complete(u, res->memory, &limit_known);
	/* Again, for what was completed. */
	r = rules_apply_resources(res, "", err);
	if (r == 0 && res->memory)
		r = usage_check(u, res->memory, err);
	if (r == 0)
		r = limits_compile(res, &u->arena, &limits, err);
	if (r == 0)
		r = controllers_enable(u, limits.controllers, err);
	if (r < 0)
		return r;
	r = u->target.scope.unit ? scope_write_all(u, &limits, limit_known, err)
				 : write_all(u, &limits, limit_known, err);
	if (r < 0)
		undo_all(u);
	return r;
}

/* ---- The whole -------------------------------------------------------------------------------- */

/* In the document of an update the fields begin below linux.resources. */
static void field_shorten(struct error *err)
{
	size_t n = strlen(RESOURCES_FIELD);

	if (err && starts_with(err->field, RESOURCES_FIELD))
		memmove(err->field, err->field + n, strlen(err->field + n) + 1);
}

int container_update(const struct runtime *rt, const char *id, struct resources *res,
		     struct error *err)
{
	struct updating u = {.target = TARGET(id)};
	int r = target_open(&u.target, rt, &u.arena, err);

	if (r == 0)
		r = update(&u, res, err);
	r = target_close(&u.target, r, err);
	field_shorten(err);
	arena_free(&u.arena);
	return r;
}
