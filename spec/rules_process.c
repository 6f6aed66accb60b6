/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of `process`, in config.json and in the file of `exec --process`. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "spec/names.h"
#include "spec/rules.h"

static int check_args(const struct process *p, const char *prefix, struct error *err)
{
	if (!p->args.n) {
		error_field(err, "%sargs", prefix);
		return error_say(err, EINVAL, "must have at least one entry");
	}
	if (!*p->args.v[0]) {
		error_field(err, "%sargs[0]", prefix);
		return error_say(err, EINVAL, "must not be empty");
	}
	return 0;
}

/* The entries are "name=value" (IEEE Std 1003.1 environ); runc refuses the others as well. */
static int check_env(const struct process *p, const char *prefix, struct error *err)
{
	for (size_t i = 0; i < p->env.n; i++) {
		const char *equals = strchr(p->env.v[i], '=');

		if (equals && equals != p->env.v[i])
			continue;
		error_field(err, "%senv[%zu]", prefix, i);
		return error_say(err, EINVAL, "must be NAME=VALUE, got \"%.64s\"", p->env.v[i]);
	}
	return 0;
}

static int check_rlimits(const struct process *p, const char *prefix, struct error *err)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct process_rlimit *limit = &p->rlimits.v[i];
		uint64_t bit = 1ULL << rlimit_by_name(limit->type);

		if (seen & bit) {
			error_field(err, "%srlimits[%zu].type", prefix, i);
			return error_say(err, EINVAL, "\"%s\" is listed twice", limit->type);
		}
		if (limit->soft > limit->hard) {
			error_field(err, "%srlimits[%zu].soft", prefix, i);
			return error_say(err, EINVAL, "must not be above hard (%llu), got %llu",
					 (unsigned long long)limit->hard,
					 (unsigned long long)limit->soft);
		}
		seen |= bit;
	}
	return 0;
}

struct filter {
	const char *prefix, *set; /* "process.", "bounding" */
	struct arena *arena;
	struct warnings *warn;
};

/* One warning for all names that are left out for the same reason. */
static void warn_left_out(const struct filter *f, const struct text *names, const char *why)
{
	if (names->len)
		warn_add(f->warn, "%scapabilities.%s: left out, %s: %s", f->prefix, f->set, why,
			 names->s);
}

static void add_name(struct text *names, const char *name)
{
	if (names->len)
		text_add(names, ", ");
	text_add(names, name);
}

/* Keeps what is known and within the bits of `within`. Returns the bits of what is left. */
static uint64_t filter_set(const struct filter *f, struct strings *set, uint64_t within,
			   const char *why)
{
	struct text unknown = TEXT_INIT, outside = TEXT_INIT;
	const char **kept = arena_alloc(f->arena, (set->n + 1) * sizeof(*kept));
	uint64_t bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		int number = capability_by_name(set->v[i]);

		if (number < 0) {
			add_name(&unknown, set->v[i]);
		} else if (!(within & 1ULL << number)) {
			add_name(&outside, set->v[i]);
		} else {
			bits |= 1ULL << number;
			kept[n++] = set->v[i];
		}
	}
	warn_left_out(f, &unknown, "no such capability is known");
	warn_left_out(f, &outside, why);
	text_free(&unknown);
	text_free(&outside);
	*set = (struct strings){n, kept};
	return bits;
}

/*
 * What the kernel would refuse (capset(2), PR_CAP_AMBIENT_RAISE) is taken out here: config.md wants
 * a warning and not an error for capabilities that can't be granted, and every config.json that
 * runc 1.1 writes asks for ambient capabilities that are not inheritable.
 */
static void apply_capabilities(struct capabilities *c, const char *prefix, struct arena *a,
			       struct warnings *warn)
{
	struct filter f = {.prefix = prefix, .arena = a, .warn = warn};
	uint64_t bounding, permitted, inheritable;

	f.set = "bounding";
	bounding = filter_set(&f, &c->bounding, UINT64_MAX, "");
	f.set = "permitted";
	permitted = filter_set(&f, &c->permitted, UINT64_MAX, "");
	f.set = "inheritable";
	inheritable = filter_set(&f, &c->inheritable, bounding, "not in bounding");
	f.set = "effective";
	filter_set(&f, &c->effective, permitted, "not in permitted");
	f.set = "ambient";
	filter_set(&f, &c->ambient, permitted & inheritable, "not in permitted and inheritable");
}

static int check_scheduler(const struct process *p, const char *prefix, struct error *err)
{
	const struct scheduler *s = p->scheduler;

	if (!s || !streq(s->policy, "SCHED_ISO"))
		return 0;
	error_field(err, "%sscheduler.policy", prefix);
	return error_say(err, EINVAL, "Linux has reserved SCHED_ISO but never had it");
}

static int check_cpus(const char *list, const char *prefix, const char *name, struct error *err)
{
	unsigned char mask[CPU_LIST_BYTES];

	if (!list || cpu_list_parse(list, mask) == 0)
		return 0;
	error_field(err, "%sexecCPUAffinity.%s", prefix, name);
	return error_say(err, EINVAL, "must be a list of CPUs like \"0-3,7\", got \"%.200s\"", list);
}

static int check_affinity(const struct process *p, const char *prefix, struct error *err)
{
	const struct cpu_affinity *cpus = p->exec_cpu_affinity;
	int r;

	if (!cpus)
		return 0;
	r = check_cpus(cpus->initial, prefix, "initial", err);
	return r < 0 ? r : check_cpus(cpus->final, prefix, "final", err);
}

int rules_apply_process(struct process *p, const char *prefix, struct arena *a,
			struct warnings *warn, struct error *err)
{
	int r = check_args(p, prefix, err);

	if (r < 0)
		return r;
	r = check_env(p, prefix, err);
	if (r < 0)
		return r;
	r = check_rlimits(p, prefix, err);
	if (r == 0)
		r = check_scheduler(p, prefix, err);
	if (r == 0)
		r = check_affinity(p, prefix, err);
	if (r < 0)
		return r;
	if (p->capabilities)
		apply_capabilities(p->capabilities, prefix, a, warn);
	return 0;
}
