/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of `linux.resources`. What has no meaning in cgroup v2 is refused unless its value says
 * what is the case anyway: engines write those.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "spec/rules.h"

#define V1_ONLY "is for cgroup v1 only, and hoy speaks cgroup v2"

#define QUOTA_MIN  1000 /* microseconds; the kernel takes no less */
#define PERIOD_MIN 1000
#define PERIOD_MAX 1000000
#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

static int apply_device_rules(struct resources *res, const char *prefix, struct error *err)
{
	for (size_t i = 0; i < res->devices.n; i++) {
		struct device_rule *d = &res->devices.v[i];

		if (d->access && d->access[strspn(d->access, "rwm")]) {
			error_field(err, "%sdevices[%zu].access", prefix, i);
			return error_say(err, EINVAL, "must be made of r, w and m, got \"%.64s\"",
					 d->access);
		}
		if (d->major && *d->major < 0)
			d->major = NULL;
		if (d->minor && *d->minor < 0)
			d->minor = NULL;
		if (d->type && streq(d->type, "a"))
			d->type = NULL;
	}
	return 0;
}

/* The first property that asks cgroup v1 for something, or NULL. */
static const char *cgroup_v1_property(const struct resources *res)
{
	const struct memory *m = res->memory;
	const struct cpu *c = res->cpu;
	const struct network *n = res->network;

	if (m && m->kernel && *m->kernel > 0)
		return "memory.kernel";
	if (m && m->kernel_tcp && *m->kernel_tcp > 0)
		return "memory.kernelTCP";
	if (m && m->swappiness)
		return "memory.swappiness";
	if (m && m->disable_oom_killer && *m->disable_oom_killer)
		return "memory.disableOOMKiller";
	if (m && m->use_hierarchy && !*m->use_hierarchy)
		return "memory.useHierarchy";
	if (c && c->realtime_runtime && *c->realtime_runtime)
		return "cpu.realtimeRuntime";
	if (c && c->realtime_period && *c->realtime_period)
		return "cpu.realtimePeriod";
	if (n && n->class_id && *n->class_id)
		return "network.classID";
	if (n && n->priorities.n)
		return "network.priorities";
	if (res->block_io && res->block_io->leaf_weight && *res->block_io->leaf_weight)
		return "blockIO.leafWeight";
	return NULL;
}

static int check_cpu_list(const char *list, const char *prefix, const char *name, struct error *err)
{
	if (!list || !list[strspn(list, "0123456789,-")])
		return 0;
	error_field(err, "%scpu.%s", prefix, name);
	return error_say(err, EINVAL,
			 "must be a list of numbers and ranges like \"0-3,7\", got \"%.64s\"",
			 list);
}

/* Sets what is 0 to NULL: runc takes it for unset, and so do the engines that send it. */
static void forget_zeros(struct cpu *c)
{
	if (c->quota && !*c->quota)
		c->quota = NULL;
	if (c->period && !*c->period)
		c->period = NULL;
	if (c->burst && !*c->burst)
		c->burst = NULL;
}

static int apply_cpu(struct cpu *c, const char *prefix, struct error *err)
{
	int r;

	forget_zeros(c);
	if (c->quota && *c->quota != -1 && *c->quota < QUOTA_MIN) {
		error_field(err, "%scpu.quota", prefix);
		return error_say(err, EINVAL, "must be -1 or at least %d microseconds, got %lld",
				 QUOTA_MIN, (long long)*c->quota);
	}
	if (c->period && (*c->period < PERIOD_MIN || *c->period > PERIOD_MAX)) {
		error_field(err, "%scpu.period", prefix);
		return error_say(err, EINVAL, "must be from %d to %d microseconds, got %llu",
				 PERIOD_MIN, PERIOD_MAX, (unsigned long long)*c->period);
	}
	if (c->burst && c->quota && *c->quota > 0 && *c->burst > (uint64_t)*c->quota) {
		error_field(err, "%scpu.burst", prefix);
		return error_say(err, EINVAL, "must not be above quota (%lld), got %llu",
				 (long long)*c->quota, (unsigned long long)*c->burst);
	}
	r = check_cpu_list(c->cpus, prefix, "cpus", err);
	if (r < 0)
		return r;
	return check_cpu_list(c->mems, prefix, "mems", err);
}

static int check_weight(const uint16_t *weight, const char *prefix, const char *name, size_t i,
			struct error *err)
{
	if (!weight || !*weight || (*weight >= WEIGHT_MIN && *weight <= WEIGHT_MAX))
		return 0;
	if (name)
		error_field(err, "%sblockIO.%s[%zu].weight", prefix, name, i);
	else
		error_field(err, "%sblockIO.weight", prefix);
	return error_say(err, EINVAL, "must be from %d to %d, got %u", WEIGHT_MIN, WEIGHT_MAX, *weight);
}

static int check_block_io(const struct block_io *io, const char *prefix, struct error *err)
{
	int r = check_weight(io->weight, prefix, NULL, 0, err);

	for (size_t i = 0; i < io->weight_device.n && r == 0; i++) {
		const struct weight_device *d = &io->weight_device.v[i];

		r = check_weight(d->weight, prefix, "weightDevice", i, err);
		if (r < 0 || !d->leaf_weight || !*d->leaf_weight)
			continue;
		error_field(err, "%sblockIO.weightDevice[%zu].leafWeight", prefix, i);
		return error_say(err, EINVAL, V1_ONLY);
	}
	return r;
}

/* Both become parts of what is written to a control file, the first of its name too. */
static int check_keys(const struct resources *res, const char *prefix, struct error *err)
{
	size_t i;

	for (i = 0; i < res->hugepage_limits.n; i++) {
		const char *size = res->hugepage_limits.v[i].page_size;
		size_t digits = strspn(size, "0123456789");

		if (digits && size[0] != '0' && size[digits] && strchr("KMG", size[digits]) &&
		    streq(size + digits + 1, "B"))
			continue;
		error_field(err, "%shugepageLimits[%zu].pageSize", prefix, i);
		return error_say(err, EINVAL, "must be a size like \"2MB\" or \"1GB\", got \"%.64s\"",
				 size);
	}
	for (i = 0; i < res->rdma.n; i++) {
		const char *device = res->rdma.v[i].device;

		if (device[0] && !device[strcspn(device, " \t\n=")])
			continue;
		error_field(err, "%srdma[\"%.64s\"]", prefix, device);
		return error_say(err, EINVAL, "must be the name of an RDMA device");
	}
	return 0;
}

/* A key is the name of a file in the container's cgroup and nowhere else. */
static int check_unified(const struct string_map *map, const char *prefix, struct error *err)
{
	for (size_t i = 0; i < map->n; i++) {
		const char *key = map->v[i].key;

		if (!strchr(key, '/') && *key != '.' && strchr(key, '.'))
			continue;
		error_field(err, "%sunified[\"%s\"]", prefix, key);
		return error_say(err, EINVAL,
				 "must be the name of a cgroup file like \"memory.high\"");
	}
	return 0;
}

int rules_apply_resources(struct resources *res, const char *prefix, struct error *err)
{
	const char *v1 = cgroup_v1_property(res);
	int r;

	if (v1) {
		error_field(err, "%s%s", prefix, v1);
		return error_say(err, EINVAL, V1_ONLY);
	}
	r = apply_device_rules(res, prefix, err);
	if (r < 0)
		return r;
	if (res->cpu) {
		r = apply_cpu(res->cpu, prefix, err);
		if (r < 0)
			return r;
	}
	r = res->block_io ? check_block_io(res->block_io, prefix, err) : 0;
	if (r == 0)
		r = check_keys(res, prefix, err);
	return r < 0 ? r : check_unified(&res->unified, prefix, err);
}
