/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources as control files. The order is that of the controllers (cpu, cpuset, memory, pids, io,
 * hugetlb, rdma), and within one that which the kernel accepts; `unified` is last, so that it
 * overrides.
 */
#include "cgroups/limits.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cgroups/limits_parts.h"

#define CPU_FIELD      "linux.resources.cpu."
#define MEMORY_FIELD   "linux.resources.memory."
#define PERIOD_DEFAULT 100000ULL /* microseconds */
#define SHARES_MIN     2ULL
#define SHARES_MAX     262144ULL
#define WEIGHT_MAX     10000ULL
#define KEY_LENGTH_MAX 255

struct limit *limit_add(struct limits_builder *b, const char *file, const char *value,
			const char *field)
{
	if (b->out.n == b->room) {
		size_t room = b->room ? 2 * b->room : 8;
		struct limit *v = arena_alloc(b->a, room * sizeof(*v));

		if (b->out.n)
			memcpy(v, b->out.v, b->out.n * sizeof(*v));
		b->out.v = v;
		b->room = room;
	}
	b->out.v[b->out.n] = (struct limit){.file = file, .value = value, .field = field};
	return &b->out.v[b->out.n++];
}

static bool controller_listed(const char *list, const char *name, size_t len)
{
	while (list && *list) {
		size_t n = strcspn(list, " ");

		if (n == len && !memcmp(list, name, len))
			return true;
		list += n;
		list += strspn(list, " ");
	}
	return false;
}

void limits_need(struct limits_builder *b, const char *name, size_t len)
{
	if (controller_listed(b->controllers.s, name, len))
		return;
	if (b->controllers.len)
		text_add(&b->controllers, " ");
	text_add_bytes(&b->controllers, name, len);
}

/* A number as the kernel wants it; -1 is "max". */
static const char *number(struct limits_builder *b, long long v)
{
	return v == -1 ? "max" : arena_printf(b->a, "%lld", v);
}

static bool is_set(const int64_t *v)
{
	return v && *v != 0;
}

/* ---- cpu ----------------------------------------------------------------------------------- */

#define LN_2	   0.69314718055994530942
#define LOG2_OF_10 3.32192809488736234787

/* The logarithm and the power without libm, which the dynamic linker would have to load at each
 * start for this alone. Both series are exact to some 1e-15. */
static double log2_of(unsigned long long v)
{
	int k = 63 - __builtin_clzll(v);
	double m = (double)v / (double)(1ULL << k); /* [1, 2) */
	double t = (m - 1) / (m + 1), term = t, sum = 0;

	for (int i = 1; i <= 41; i += 2, term *= t * t)
		sum += term / i;
	return k + 2 * sum / LN_2;
}

/* 0 <= x < 18 */
static double pow10_of(double x)
{
	double y = x * LOG2_OF_10;
	int n = (int)y;
	double f = (y - n) * LN_2, term = 1, sum = 1;

	for (int i = 1; i <= 24; i++) {
		term *= f / i;
		sum += term;
	}
	return sum * (double)(1ULL << n);
}

unsigned long long limits_weight_from_shares(unsigned long long shares)
{
	double l, weight;
	unsigned long long whole;

	if (shares == 0)
		return 0;
	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return WEIGHT_MAX;
	l = log2_of(shares);
	weight = pow10_of((l * l + 125 * l - 126) / 612);
	/* Rounded up. 1024 shares are exactly 100 and must not become 101 by an error in the last
	 * digit; no other number of shares comes this close to a whole weight. */
	whole = (unsigned long long)weight;
	return weight - (double)whole > 1e-9 ? whole + 1 : whole;
}

static void cpu_max(struct limits_builder *b, const struct cpu *c)
{
	unsigned long long period = c->period && *c->period ? *c->period : PERIOD_DEFAULT;
	const char *field = c->quota ? CPU_FIELD "quota" : CPU_FIELD "period";
	const char *quota;

	if (!is_set(c->quota) && !(c->period && *c->period))
		return;
	quota = is_set(c->quota) ? number(b, *c->quota) : "max";
	limit_add(b, "cpu.max", arena_printf(b->a, "%s %llu", quota, period), field);
}

static int cpu_idle(struct limits_builder *b, const struct cpu *c, bool idle, struct error *err)
{
	if (!c->idle)
		return 0;
	if (*c->idle != 0 && *c->idle != 1)
		return error_at(err, CPU_FIELD "idle", "%lld is neither 0 nor 1",
				(long long)*c->idle);
	if (*c->idle == idle)
		limit_add(b, "cpu.idle", idle ? "1" : "0", CPU_FIELD "idle");
	return 0;
}

static int cpu_compile(struct limits_builder *b, const struct cpu *c, struct error *err)
{
	size_t before = b->out.n;
	int r;

	/* The kernel takes no weight while cpu.idle is 1: leave that state before, enter it after.
	 */
	r = cpu_idle(b, c, false, err);
	if (r < 0)
		return r;
	if (c->shares && *c->shares)
		limit_add(b, "cpu.weight",
			  arena_printf(b->a, "%llu", limits_weight_from_shares(*c->shares)),
			  CPU_FIELD "shares");
	cpu_max(b, c);
	if (c->burst)
		limit_add(b, "cpu.max.burst",
			  arena_printf(b->a, "%llu", (unsigned long long)*c->burst),
			  CPU_FIELD "burst");
	r = cpu_idle(b, c, true, err);
	if (r < 0)
		return r;
	if (b->out.n > before)
		limits_need(b, "cpu", 3);

	before = b->out.n;
	if (c->cpus && *c->cpus)
		limit_add(b, "cpuset.cpus", c->cpus, CPU_FIELD "cpus");
	if (c->mems && *c->mems)
		limit_add(b, "cpuset.mems", c->mems, CPU_FIELD "mems");
	if (b->out.n > before)
		limits_need(b, "cpuset", 6);
	return 0;
}

/* ---- memory and pids ----------------------------------------------------------------------- */

static int bytes_check(const int64_t *v, const char *field, struct error *err)
{
	if (v && *v < -1)
		return error_at(err, field, "%lld is neither a size nor -1 (unlimited)",
				(long long)*v);
	return 0;
}

/* The document's swap is memory and swap together; the kernel's is swap alone. */
static int swap_compile(struct limits_builder *b, const struct memory *m, struct error *err)
{
	const char *field = MEMORY_FIELD "swap";

	if (!is_set(m->swap)) {
		/* Unlimited memory without a word about swap means both, as it does in cgroup v1.
		 */
		if (m->limit && *m->limit == -1)
			limit_add(b, "memory.swap.max", "max", MEMORY_FIELD "limit");
		return 0;
	}
	if (*m->swap == -1) {
		limit_add(b, "memory.swap.max", "max", field);
		return 0;
	}
	if (!is_set(m->limit) || *m->limit == -1)
		return error_at(err, field,
				"a limit on memory and swap together needs " MEMORY_FIELD "limit");
	if (*m->swap < *m->limit)
		return error_at(err, field,
				"%lld is below the memory limit of %lld, which it includes",
				(long long)*m->swap, (long long)*m->limit);
	limit_add(b, "memory.swap.max",
		  arena_printf(b->a, "%lld", (long long)(*m->swap - *m->limit)), field);
	return 0;
}

static int memory_compile(struct limits_builder *b, const struct memory *m, struct error *err)
{
	size_t before = b->out.n;
	int r;

	r = bytes_check(m->limit, MEMORY_FIELD "limit", err);
	if (r == 0)
		r = bytes_check(m->swap, MEMORY_FIELD "swap", err);
	if (r == 0)
		r = bytes_check(m->reservation, MEMORY_FIELD "reservation", err);
	if (r < 0)
		return r;
	if (is_set(m->limit))
		limit_add(b, "memory.max", number(b, *m->limit), MEMORY_FIELD "limit");
	r = swap_compile(b, m, err);
	if (r < 0)
		return r;
	if (is_set(m->reservation))
		limit_add(b, "memory.low", number(b, *m->reservation), MEMORY_FIELD "reservation");
	if (b->out.n > before)
		limits_need(b, "memory", 6);
	return 0;
}

static int pids_compile(struct limits_builder *b, int64_t limit, struct error *err)
{
	const char *field = "linux.resources.pids.limit";

	if (limit < -1)
		return error_at(err, field, "%lld is neither a number nor -1 (unlimited)",
				(long long)limit);
	limit_add(b, "pids.max", number(b, limit), field);
	limits_need(b, "pids", 4);
	return 0;
}

/* ---- unified ------------------------------------------------------------------------------- */

/* Files that belong to the life of a cgroup, not to its limits: with them a document could move
 * processes, kill or stop them, or make a cgroup that no process can enter. */
static const char *const kept_keys[] = {
	"cgroup.freeze",	  "cgroup.kill",    "cgroup.procs",
	"cgroup.subtree_control", "cgroup.threads", "cgroup.type",
};

/* The key becomes a file name and its first part a word of cgroup.subtree_control. */
static const char *key_fault(const char *key)
{
	size_t name = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
	const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	if (strchr(key, '/') || strstr(key, ".."))
		return "the key must be the name of a control file, not a path";
	if (name == 0 || key[name] != '.' || key[strspn(key, letters)] || !key[name + 1] ||
	    strlen(key) > KEY_LENGTH_MAX)
		return "the key must be a control file, such as memory.high";
	for (size_t i = 0; i < sizeof(kept_keys) / sizeof(*kept_keys); i++)
		if (streq(key, kept_keys[i]))
			return "this file belongs to the runtime";
	return NULL;
}

static int unified_compile(struct limits_builder *b, const struct string_map *u, struct error *err)
{
	for (size_t i = 0; i < u->n; i++) {
		const char *key = u->v[i].key;
		const char *field = arena_printf(b->a, "linux.resources.unified[\"%s\"]", key);
		const char *fault = key_fault(key);
		size_t len = strcspn(key, ".");

		if (fault)
			return error_at(err, field, "%s", fault);
		limit_add(b, key, u->v[i].value, field);
		/* These are in every cgroup, whatever controllers it has. */
		if (!starts_with(key, "cgroup.") && !streq(key, "irq.pressure"))
			limits_need(b, key, len);
	}
	return 0;
}

int limits_compile(const struct resources *res, struct arena *a, struct limits *ret,
		   struct error *err)
{
	struct limits_builder b = {.a = a};
	int r = 0;

	if (res && res->cpu)
		r = cpu_compile(&b, res->cpu, err);
	if (r == 0 && res && res->memory)
		r = memory_compile(&b, res->memory, err);
	if (r == 0 && res && res->pids_limit)
		r = pids_compile(&b, *res->pids_limit, err);
	if (r == 0 && res && res->block_io)
		limits_block_io(&b, res->block_io);
	if (r == 0 && res) {
		limits_hugepages(&b, res);
		limits_rdma(&b, res);
	}
	if (r == 0 && res)
		r = unified_compile(&b, &res->unified, err);
	if (r == 0) {
		b.out.controllers = b.controllers.s ? arena_strdup(a, b.controllers.s) : "";
		*ret = b.out;
	}
	text_free(&b.controllers);
	return r;
}
