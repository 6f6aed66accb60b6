/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmd/size.h"
#include "cmd/verb.h"
#include "spec/rules.h"

#define DOCUMENT_MAX (1u << 20)

/* What the options say, as text; NULL: nothing. */
struct update_command {
	const char *file;
	const char *blkio_weight;
	const char *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_idle;
	const char *cpu_rt_period, *cpu_rt_runtime;
	const char *cpus, *mems;
	const char *memory, *reservation, *swap;
	const char *pids;
};

/* ---- Values ---------------------------------------------------------------------------------- */

/* A value that could not be read; the first one counts. */
struct reading {
	struct arena *a;
	struct error *err;
	int r;
};

static void wrong(struct reading *in, const char *option, const char *needs, const char *text)
{
	if (in->r == 0)
		in->r = error_say(in->err, EINVAL, "%s: must be %s, got \"%s\"", option, needs, text);
}

static uint64_t *read_u64(struct reading *in, const char *option, const char *text)
{
	unsigned long long n;
	uint64_t *v;

	if (!text)
		return NULL;
	if (parse_u64(text, 0, UINT64_MAX, &n) < 0) {
		wrong(in, option, "a number", text);
		return NULL;
	}
	v = arena_alloc(in->a, sizeof(*v));
	*v = n;
	return v;
}

static int64_t *read_i64(struct reading *in, const char *option, const char *text, const char *needs,
			 long long min, long long max)
{
	long long n;
	int64_t *v;

	if (!text)
		return NULL;
	if (parse_i64(text, min, max, &n) < 0) {
		wrong(in, option, needs, text);
		return NULL;
	}
	v = arena_alloc(in->a, sizeof(*v));
	*v = n;
	return v;
}

static int64_t *read_size(struct reading *in, const char *option, const char *text)
{
	int64_t *v;

	if (!text)
		return NULL;
	v = arena_alloc(in->a, sizeof(*v));
	if (size_parse(text, v) == 0)
		return v;
	wrong(in, option, "a size in bytes, with b, k, m or g behind it, or -1 (unlimited)", text);
	return NULL;
}

/* ---- The options as resources ---------------------------------------------------------------- */

static void options_cpu(struct reading *in, const struct update_command *o, struct cpu *c)
{
	*c = (struct cpu){
		.shares = read_u64(in, "--cpu-share", o->cpu_share),
		.period = read_u64(in, "--cpu-period", o->cpu_period),
		.burst = read_u64(in, "--cpu-burst", o->cpu_burst),
		.quota = read_i64(in, "--cpu-quota", o->cpu_quota, "a number", INT64_MIN, INT64_MAX),
		.realtime_period = read_u64(in, "--cpu-rt-period", o->cpu_rt_period),
		.realtime_runtime = read_i64(in, "--cpu-rt-runtime", o->cpu_rt_runtime, "a number",
					     INT64_MIN, INT64_MAX),
		.cpus = o->cpus,
		.mems = o->mems,
		.idle = read_i64(in, "--cpu-idle", o->cpu_idle, "0 or 1", 0, 1),
	};
}

static void options_memory(struct reading *in, const struct update_command *o, struct memory *m)
{
	*m = (struct memory){
		.limit = read_size(in, "--memory", o->memory),
		.reservation = read_size(in, "--memory-reservation", o->reservation),
		.swap = read_size(in, "--memory-swap", o->swap),
	};
}

static int options_read(const struct update_command *o, struct arena *a, struct resources **ret,
			struct error *err)
{
	struct reading in = {.a = a, .err = err};
	struct resources *res = arena_alloc(a, sizeof(*res));
	int64_t *weight;

	*res = (struct resources){
		.cpu = arena_alloc(a, sizeof(*res->cpu)),
		.memory = arena_alloc(a, sizeof(*res->memory)),
		.pids_limit = read_i64(&in, "--pids-limit", o->pids, "a number or -1 (unlimited)", -1,
				       INT64_MAX),
	};
	options_cpu(&in, o, res->cpu);
	options_memory(&in, o, res->memory);
	weight = read_i64(&in, "--blkio-weight", o->blkio_weight, "from 10 to 1000", 10, 1000);
	if (weight) {
		res->block_io = arena_alloc(a, sizeof(*res->block_io));
		res->block_io->weight = arena_alloc(a, sizeof(*res->block_io->weight));
		*res->block_io->weight = (uint16_t)*weight;
	}
	*ret = res;
	return in.r < 0 ? in.r : rules_apply_resources(res, "", err);
}

static int document_read(const char *file, struct arena *a, struct resources **ret, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	bool input = streq(file, "-");
	int r = input ? fd_read_all(STDIN_FILENO, DOCUMENT_MAX, &t)
		      : file_read_at(AT_FDCWD, file, DOCUMENT_MAX, &t);

	if (r < 0)
		return error_set(err, -r, "--resources: read %s", input ? "standard input" : file);
	return resources_parse(t.s ? t.s : "", t.len, input ? "standard input" : file, a, ret, err);
}

/* ---- The verb -------------------------------------------------------------------------------- */

#define UPDATE_FIELD(member) OPTION_FIELD(const char *, struct update_command, member)
#define VALUE(option, what, member_, text) \
	{.name = option, .value = what, .kind = OPTION_STRING, .offset = UPDATE_FIELD(member_), \
	 .help = text}

static const struct option_spec update_table[] = {
	{.name = "resources", .letter = 'r', .value = "FILE", .kind = OPTION_PATH,
	 .offset = UPDATE_FIELD(file),
	 .help = "take everything from FILE, the object linux.resources of a config.json; -: from "
		 "standard input"},
	VALUE("cpu-share", "SHARES", cpu_share, "weight of the container's CPU time, from 2 to 262144"),
	VALUE("cpu-quota", "USEC", cpu_quota, "CPU time in each period; -1: unlimited"),
	VALUE("cpu-period", "USEC", cpu_period, "length of a period, from 1000 to 1000000"),
	VALUE("cpu-burst", "USEC", cpu_burst, "what may be saved up for periods to come"),
	VALUE("cpu-idle", "0|1", cpu_idle, "1: only the time that nobody else wants"),
	VALUE("cpu-rt-period", "USEC", cpu_rt_period, "cgroup v1 only: anything but 0 is an error"),
	VALUE("cpu-rt-runtime", "USEC", cpu_rt_runtime, "cgroup v1 only: anything but 0 is an error"),
	VALUE("cpuset-cpus", "LIST", cpus, "CPUs to run on: 0-3,7"),
	VALUE("cpuset-mems", "LIST", mems, "nodes to have memory from: 0,1"),
	VALUE("memory", "SIZE", memory, "limit of memory, in bytes or with k, m, g; -1: unlimited"),
	VALUE("memory-reservation", "SIZE", reservation, "memory that is not reclaimed below this"),
	VALUE("memory-swap", "SIZE", swap, "limit of memory and swap together; -1: unlimited swap"),
	VALUE("pids-limit", "N", pids, "limit of processes; -1: unlimited"),
	VALUE("blkio-weight", "WEIGHT", blkio_weight, "weight of block I/O, from 10 to 1000"),
	{.name = "l3-cache-schema", .value = "SCHEMA", .kind = OPTION_REFUSED,
	 .refused = "schemata of resctrl are"},
	{.name = "mem-bw-schema", .value = "SCHEMA", .kind = OPTION_REFUSED,
	 .refused = "schemata of resctrl are"},
	{0},
};

/* The first option that says something beside --resources, or NULL. */
static const char *other_option(const struct update_command *o)
{
	const struct option_spec *spec;

	for (spec = update_table; spec->name; spec++)
		if (spec->kind == OPTION_STRING &&
		    *(const char *const *)(const void *)((const char *)o + spec->offset))
			return spec->name;
	return NULL;
}

static int update_check(const struct call *c, struct error *err)
{
	const struct update_command *o = c->opt;
	const char *other = o->file ? other_option(o) : NULL;

	if (!other)
		return 0;
	return error_say(err, EINVAL, "--resources says everything: --%s can't be given too", other);
}

static int update_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const struct update_command *o = c->opt;
	struct resources *res;
	int r = o->file ? document_read(o->file, &a, &res, err) : options_read(o, &a, &res, err);

	return r < 0 ? r : container_update(c->rt, c->args[0], res, err);
}

static const struct option_spec *const update_tables[] = {update_table, NULL};

static const char *const update_text[] = {
	"Changes the limits of a container that is created, running or paused. What is not mentioned "
	"stays as it is, as do the devices. Either everything that is asked for takes effect, or the "
	"command fails and nothing has changed.",
	NULL,
};

const struct verb verb_update = {
	.name = "update",
	.names = 1,
	.synopsis = "[OPTION...] ID",
	.help = "change the limits of a container",
	.text = update_text,
	.tables = update_tables,
	.options_size = sizeof(struct update_command),
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.check = update_check,
	.run = update_run,
};
