/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits that have a key: a block device, a page size, an RDMA device (config-linux.md, Block IO, Huge
 * page limits, RDMA; admin-guide/cgroup-v2, IO, HugeTLB, RDMA).
 */
#include "cgroups/limits_parts.h"

#define IO_FIELD "linux.resources.blockIO."

#define WEIGHT_MIN    10ULL /* of the specification: 10 to 1000 */
#define WEIGHT_MAX    1000ULL
#define IO_WEIGHT_MAX 10000ULL /* of the kernel: 1 to 10000 */

unsigned long long limits_io_weight(unsigned long long weight)
{
	return 1 + (weight - WEIGHT_MIN) * (IO_WEIGHT_MAX - 1) / (WEIGHT_MAX - WEIGHT_MIN);
}

/* Where the kernel has the scheduler BFQ, its weight has the specification's own scale. key: a device and a
 * blank, or "". */
static void weight_add(struct limits_builder *b, const char *key, unsigned weight, const char *field)
{
	struct limit *l = limit_add(b, "io.bfq.weight", arena_printf(b->a, "%s%u", key, weight), field);

	l->other_file = "io.weight";
	l->other_value = arena_printf(b->a, "%s%llu", key, limits_io_weight(weight));
}

/* A rate of 0 is none, as it was in version 1. */
static void throttle_add(struct limits_builder *b, const struct throttle_devices *list, const char *what,
			 const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct throttle_device *d = &list->v[i];
		const char *rate = d->rate ? arena_printf(b->a, "%llu", (unsigned long long)d->rate)
					   : "max";

		limit_add(b, "io.max",
			  arena_printf(b->a, "%lld:%lld %s=%s", (long long)d->major,
				       (long long)d->minor, what, rate),
			  arena_printf(b->a, IO_FIELD "%s[%zu]", name, i));
	}
}

void limits_block_io(struct limits_builder *b, const struct block_io *io)
{
	size_t before = b->out.n;

	if (io->weight && *io->weight)
		weight_add(b, "", *io->weight, IO_FIELD "weight");
	for (size_t i = 0; i < io->weight_device.n; i++) {
		const struct weight_device *d = &io->weight_device.v[i];

		if (d->weight && *d->weight)
			weight_add(b,
				   arena_printf(b->a, "%lld:%lld ", (long long)d->major,
						(long long)d->minor),
				   *d->weight,
				   arena_printf(b->a, IO_FIELD "weightDevice[%zu].weight", i));
	}
	throttle_add(b, &io->read_bps, "rbps", "throttleReadBpsDevice");
	throttle_add(b, &io->write_bps, "wbps", "throttleWriteBpsDevice");
	throttle_add(b, &io->read_iops, "riops", "throttleReadIOPSDevice");
	throttle_add(b, &io->write_iops, "wiops", "throttleWriteIOPSDevice");
	if (b->out.n > before)
		limits_need(b, "io", 2);
}

void limits_hugepages(struct limits_builder *b, const struct resources *res)
{
	for (size_t i = 0; i < res->hugepage_limits.n; i++) {
		const struct hugepage_limit *h = &res->hugepage_limits.v[i];
		const char *field = arena_printf(b->a, "linux.resources.hugepageLimits[%zu].limit", i);
		const char *value = arena_printf(b->a, "%llu", (unsigned long long)h->limit);

		limit_add(b, arena_printf(b->a, "hugetlb.%s.max", h->page_size), value, field);
		/* What is reserved and not used yet counts too, from Linux 5.7 on. */
		limit_add(b, arena_printf(b->a, "hugetlb.%s.rsvd.max", h->page_size), value, field)
			->optional = true;
		limits_need(b, "hugetlb", 7);
	}
}

void limits_rdma(struct limits_builder *b, const struct resources *res)
{
	for (size_t i = 0; i < res->rdma.n; i++) {
		const struct rdma_limit *r = &res->rdma.v[i];
		const char *value = r->device;

		if (!r->hca_handles && !r->hca_objects)
			continue;
		if (r->hca_handles)
			value = arena_printf(b->a, "%s hca_handle=%u", value, *r->hca_handles);
		if (r->hca_objects)
			value = arena_printf(b->a, "%s hca_object=%u", value, *r->hca_objects);
		limit_add(b, "rdma.max", value,
			  arena_printf(b->a, "linux.resources.rdma[\"%s\"]", r->device));
		limits_need(b, "rdma", 4);
	}
}
