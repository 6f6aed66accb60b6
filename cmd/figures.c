/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/figures.h"

#include <inttypes.h>

#include "base/number.h"
#include "base/text.h"

/* ---- Looking ---------------------------------------------------------------------------------- */

static int look_named(const struct call *c, bool first, struct look *l, struct error *err)
{
	size_t i;

	l->v = arena_alloc(&l->arena, (c->args_n + 1) * sizeof(*l->v));
	for (i = 0; i < c->args_n; i++) {
		struct seen *one = &l->v[l->n];
		int r = container_stats(c->rt, c->args[i], &l->arena, &one->s, first ? err : NULL);

		if (r < 0 && first)
			return r;
		one->id = c->args[i];
		one->status = "running";
		one->at = now_ms();
		l->n += r == 0;
	}
	return 0;
}

static int look_all(const struct call *c, struct look *l, struct error *err)
{
	struct container_entries list;
	size_t i;
	int r = container_list(c->rt, &l->arena, &list, err);

	if (r < 0)
		return r;
	l->v = arena_alloc(&l->arena, (list.n + 1) * sizeof(*l->v));
	for (i = 0; i < list.n; i++) {
		struct seen *one = &l->v[l->n];

		if (!list.v[i].pid || container_stats(c->rt, list.v[i].id, &l->arena, &one->s, NULL) < 0)
			continue;
		one->id = list.v[i].id;
		one->status = list.v[i].status;
		one->at = now_ms();
		l->n++;
	}
	return 0;
}

int look_take(const struct call *c, bool first, struct look *ret, struct error *err)
{
	*ret = (struct look){.arena = ARENA_INIT};
	return c->args_n ? look_named(c, first, ret, err) : look_all(c, ret, err);
}

void look_free(struct look *l)
{
	arena_free(&l->arena);
	*l = (struct look){.arena = ARENA_INIT};
}

const struct seen *look_find(const struct look *l, const char *id)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (streq(l->v[i].id, id))
			return &l->v[i];
	return NULL;
}

/* ---- Figures ---------------------------------------------------------------------------------- */

static double share(uint64_t now, uint64_t then, double of)
{
	return of > 0 && now > then ? 100 * (double)(now - then) / of : 0;
}

double figures_cpus(const struct stats *s)
{
	if (!s->cpu.period || s->cpu.quota == CGROUP_UNLIMITED)
		return 0;
	return (double)s->cpu.quota / (double)s->cpu.period;
}

struct figures figures_of(const struct seen *one, const struct seen *then)
{
	const struct stats *s = &one->s.cgroup;
	struct figures f = {.id = one->id, .status = one->status, .cpus = figures_cpus(s), .s = s};
	size_t i;

	if (then) {
		const struct stats *t = &then->s.cgroup;

		f.cpu = share(s->cpu.usage, t->cpu.usage, 1000.0 * (double)(one->at - then->at));
		f.throttled = share(s->cpu.throttled, t->cpu.throttled,
				    (double)(s->cpu.periods - t->cpu.periods));
	}
	for (i = 0; i < s->memory.n; i++) {
		const struct stats_pair *p = &s->memory.raw[i];

		f.anon = streq(p->key, "anon") ? p->value : f.anon;
		f.file = streq(p->key, "file") ? p->value : f.file;
		f.kernel = streq(p->key, "kernel") ? p->value : f.kernel;
	}
	for (i = 0; i < one->s.interfaces_n; i++) {
		f.received += one->s.interfaces[i].rx_bytes;
		f.sent += one->s.interfaces[i].tx_bytes;
	}
	for (i = 0; i < s->io.n; i++) {
		f.read += s->io.v[i].read_bytes;
		f.written += s->io.v[i].write_bytes;
	}
	return f;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

void figures_number(const char *name, bool there, uint64_t v, struct text *out)
{
	if (there && v != CGROUP_UNLIMITED)
		text_addf(out, ",\"%s\":%" PRIu64, name, v);
	else
		text_addf(out, ",\"%s\":null", name);
}

void figures_pressure(const struct stats_psi *cpu, const struct stats_psi *memory, const struct stats_psi *io,
		      struct text *out)
{
	if (cpu->there)
		text_addf(out, ",\"pressure\":{\"cpu\":%.2f,\"memory\":%.2f,\"io\":%.2f}", cpu->some.avg10,
			  memory->some.avg10, io->some.avg10);
}

static void cpu_json(const struct figures *f, struct text *out)
{
	text_addf(out, ",\"cpuPercent\":%.2f,\"throttledPercent\":%.2f", f->cpu, f->throttled);
	if (f->cpus > 0)
		text_addf(out, ",\"cpus\":%.2f", f->cpus);
	else
		text_add(out, ",\"cpus\":null");
	figures_number("weight", f->s->cpu.period, f->s->cpu.weight, out);
}

void figures_json(const struct figures *f, struct text *out)
{
	const struct stats *s = f->s;

	text_add(out, "{\"id\":");
	text_add_json(out, f->id);
	text_addf(out, ",\"status\":\"%s\"", f->status);
	cpu_json(f, out);
	figures_number("memory", s->memory.there, s->memory.current, out);
	figures_number("memoryLimit", s->memory.there, s->memory.max, out);
	figures_number("memoryReserved", s->memory.there, s->memory.reserved, out);
	figures_number("reclaimed", s->memory.there, s->memory.reclaimed, out);
	figures_number("anon", s->memory.there, f->anon, out);
	figures_number("file", s->memory.there, f->file, out);
	figures_number("kernel", s->memory.there, f->kernel, out);
	figures_number("swap", s->memory.there, s->memory.swap, out);
	figures_number("pids", s->pids.there, s->pids.current, out);
	figures_number("pidsLimit", s->pids.there, s->pids.max, out);
	figures_pressure(&s->cpu.psi, &s->memory.psi, &s->io.psi, out);
	text_addf(out,
		  ",\"received\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"read\":%" PRIu64
		  ",\"written\":%" PRIu64 "}",
		  f->received, f->sent, f->read, f->written);
}
