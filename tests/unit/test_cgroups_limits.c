/* SPDX-License-Identifier: Apache-2.0 */
/* Resources as control files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/limits.h"

#define I64(x) (&(int64_t){x})
#define U64(x) (&(uint64_t){x})

static void pair_add(const struct limit *l, struct text *out)
{
	text_addf(out, "%s=%s@%s", l->file, l->value, l->field);
	if (l->other_file)
		text_addf(out, "|%s=%s", l->other_file, l->other_value);
	text_add(out, l->optional ? "?\n" : "\n");
}

/* The pairs as text, one "file=value@field" per line, with what else there is behind, then the
 * controllers; or the error. */
static void resources_give(const struct resources *res, const char *want)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text got = TEXT_INIT;
	struct error e = ERROR_INIT;
	struct limits l = {.n = 77};
	int r = limits_compile(res, &a, &l, &e);

	if (r < 0) {
		assert_int_equal(r, -EINVAL);
		assert_int_equal(l.n, 77);
		assert_true(strlen(e.why) > 0);
		assert_int_equal(limits_compile(res, &a, &l, NULL), -EINVAL);
		text_addf(&got, "error %s", e.field);
	} else {
		for (size_t i = 0; i < l.n; i++)
			pair_add(&l.v[i], &got);
		text_addf(&got, "[%s]", l.controllers);
	}
	assert_string_equal(got.s, want);
}

static void memory_gives(struct memory m, const char *want)
{
	resources_give(&(struct resources){.memory = &m}, want);
}

static void cpu_gives(struct cpu c, const char *want)
{
	resources_give(&(struct resources){.cpu = &c}, want);
}

#define MEM "linux.resources.memory."
#define CPU "linux.resources.cpu."

static void nothing(void **state)
{
	(void)state;
	resources_give(NULL, "[]");
	resources_give(&(struct resources){0}, "[]");
	memory_gives((struct memory){0}, "[]");
	cpu_gives((struct cpu){0}, "[]");
}

static void memory(void **state)
{
	(void)state;
	memory_gives((struct memory){.limit = I64(67108864)},
		     "memory.max=67108864@" MEM "limit\n[memory]");
	memory_gives((struct memory){.limit = I64(0), .reservation = I64(0), .swap = I64(0)}, "[]");
	memory_gives((struct memory){.limit = I64(-1)},
		     "memory.max=max@" MEM "limit\nmemory.swap.max=max@" MEM "limit\n[memory]");
	memory_gives((struct memory){.limit = I64(100), .swap = I64(300)},
		     "memory.max=100@" MEM "limit\nmemory.swap.max=200@" MEM "swap\n[memory]");
	memory_gives((struct memory){.limit = I64(100), .swap = I64(100)},
		     "memory.max=100@" MEM "limit\nmemory.swap.max=0@" MEM "swap\n[memory]");
	memory_gives((struct memory){.limit = I64(100), .swap = I64(-1)},
		     "memory.max=100@" MEM "limit\nmemory.swap.max=max@" MEM "swap\n[memory]");
	memory_gives((struct memory){.swap = I64(-1)}, "memory.swap.max=max@" MEM "swap\n[memory]");
	memory_gives((struct memory){.reservation = I64(50)},
		     "memory.low=50@" MEM "reservation\n[memory]");
	memory_gives((struct memory){.reservation = I64(-1)},
		     "memory.low=max@" MEM "reservation\n[memory]");
	memory_gives((struct memory){.check_before_update = &(bool){true}}, "[]");
}

static void memory_contradictions(void **state)
{
	(void)state;
	memory_gives((struct memory){.limit = I64(100), .swap = I64(99)}, "error " MEM "swap");
	memory_gives((struct memory){.swap = I64(99)}, "error " MEM "swap");
	memory_gives((struct memory){.limit = I64(0), .swap = I64(99)}, "error " MEM "swap");
	memory_gives((struct memory){.limit = I64(-1), .swap = I64(99)}, "error " MEM "swap");
	memory_gives((struct memory){.limit = I64(-2)}, "error " MEM "limit");
	memory_gives((struct memory){.swap = I64(INT64_MIN)}, "error " MEM "swap");
	memory_gives((struct memory){.reservation = I64(-2)}, "error " MEM "reservation");
	memory_gives((struct memory){.limit = I64(1), .swap = I64(INT64_MAX)},
		     "memory.max=1@" MEM "limit\nmemory.swap.max=9223372036854775806@" MEM
		     "swap\n[memory]");
}

static void cpu(void **state)
{
	(void)state;
	cpu_gives((struct cpu){.shares = U64(1024)}, "cpu.weight=100@" CPU "shares\n[cpu]");
	cpu_gives((struct cpu){.shares = U64(0)}, "[]");
	cpu_gives((struct cpu){.quota = I64(20000)}, "cpu.max=20000 100000@" CPU "quota\n[cpu]");
	cpu_gives((struct cpu){.quota = I64(20000), .period = U64(50000)},
		  "cpu.max=20000 50000@" CPU "quota\n[cpu]");
	cpu_gives((struct cpu){.quota = I64(-1)}, "cpu.max=max 100000@" CPU "quota\n[cpu]");
	cpu_gives((struct cpu){.period = U64(50000)}, "cpu.max=max 50000@" CPU "period\n[cpu]");
	cpu_gives((struct cpu){.quota = I64(0), .period = U64(50000)},
		  "cpu.max=max 50000@" CPU "quota\n[cpu]");
	cpu_gives((struct cpu){.quota = I64(0), .period = U64(0)}, "[]");
	cpu_gives((struct cpu){.quota = I64(20000), .burst = U64(20000)},
		  "cpu.max=20000 100000@" CPU "quota\ncpu.max.burst=20000@" CPU "burst\n[cpu]");
	cpu_gives((struct cpu){.shares = U64(2), .idle = I64(1)},
		  "cpu.weight=1@" CPU "shares\ncpu.idle=1@" CPU "idle\n[cpu]");
	cpu_gives((struct cpu){.shares = U64(2), .idle = I64(0)},
		  "cpu.idle=0@" CPU "idle\ncpu.weight=1@" CPU "shares\n[cpu]");
	cpu_gives((struct cpu){.cpus = "0-1", .mems = "0"},
		  "cpuset.cpus=0-1@" CPU "cpus\ncpuset.mems=0@" CPU "mems\n[cpuset]");
	cpu_gives((struct cpu){.cpus = "", .mems = ""}, "[]");
}

static void cpu_contradictions(void **state)
{
	(void)state;
	cpu_gives((struct cpu){.idle = I64(2)}, "error " CPU "idle");
	cpu_gives((struct cpu){.idle = I64(-1)}, "error " CPU "idle");
}

static void pids(void **state)
{
	(void)state;
	resources_give(&(struct resources){.pids_limit = I64(0)},
		       "pids.max=0@linux.resources.pids.limit\n[pids]");
	resources_give(&(struct resources){.pids_limit = I64(-1)},
		       "pids.max=max@linux.resources.pids.limit\n[pids]");
	resources_give(&(struct resources){.pids_limit = I64(32771)},
		       "pids.max=32771@linux.resources.pids.limit\n[pids]");
	resources_give(&(struct resources){.pids_limit = I64(-2)},
		       "error linux.resources.pids.limit");
}

#define IO "linux.resources.blockIO."

static void block_io(void **state)
{
	uint16_t weight = 500, least = 10, most = 1000;
	struct weight_device w[] = {{8, 0, &least, NULL}, {8, 16, NULL, NULL}, {259, 1, &most, NULL}};
	struct throttle_device t[] = {{8, 0, 1048576}, {8, 16, 0}};
	struct block_io io = {
		.weight = &weight,
		.weight_device = {.n = 3, .v = w},
		.read_bps = {.n = 2, .v = t},
		.write_bps = {.n = 1, .v = t},
		.read_iops = {.n = 1, .v = t},
		.write_iops = {.n = 1, .v = t},
	};

	(void)state;
	resources_give(&(struct resources){.block_io = &io},
		       "io.bfq.weight=500@" IO "weight|io.weight=4950\n"
		       "io.bfq.weight=8:0 10@" IO "weightDevice[0].weight|io.weight=8:0 1\n"
		       "io.bfq.weight=259:1 1000@" IO "weightDevice[2].weight|io.weight=259:1 10000\n"
		       "io.max=8:0 rbps=1048576@" IO "throttleReadBpsDevice[0]\n"
		       "io.max=8:16 rbps=max@" IO "throttleReadBpsDevice[1]\n"
		       "io.max=8:0 wbps=1048576@" IO "throttleWriteBpsDevice[0]\n"
		       "io.max=8:0 riops=1048576@" IO "throttleReadIOPSDevice[0]\n"
		       "io.max=8:0 wiops=1048576@" IO "throttleWriteIOPSDevice[0]\n"
		       "[io]");
	resources_give(&(struct resources){.block_io = &(struct block_io){0}}, "[]");
	assert_int_equal(limits_io_weight(10), 1);
	assert_int_equal(limits_io_weight(1000), 10000);
}

static void hugepages_and_rdma(void **state)
{
	uint32_t handles = 3, objects = 0;
	struct hugepage_limit h[] = {{"2MB", 4194304}, {"1GB", 0}};
	struct rdma_limit d[] = {
		{"mlx4_0", &handles, &objects}, {"ocrdma1", NULL, &objects}, {"x", NULL, NULL}};
	struct resources r = {.hugepage_limits = {.n = 2, .v = h}, .rdma = {.n = 3, .v = d}};

	(void)state;
	resources_give(&r, "hugetlb.2MB.max=4194304@linux.resources.hugepageLimits[0].limit\n"
			   "hugetlb.2MB.rsvd.max=4194304@linux.resources.hugepageLimits[0].limit?\n"
			   "hugetlb.1GB.max=0@linux.resources.hugepageLimits[1].limit\n"
			   "hugetlb.1GB.rsvd.max=0@linux.resources.hugepageLimits[1].limit?\n"
			   "rdma.max=mlx4_0 hca_handle=3 hca_object=0@linux.resources.rdma[\"mlx4_0\"]\n"
			   "rdma.max=ocrdma1 hca_object=0@linux.resources.rdma[\"ocrdma1\"]\n"
			   "[hugetlb rdma]");
}

static void order_and_controllers(void **state)
{
	struct cpu c = {.shares = U64(1024), .cpus = "1"};
	struct memory m = {.limit = I64(4096)};
	struct string_pair u[] = {
		{"pids.max", "9"},	   {"hugetlb.2MB.max", "0"}, {"memory.max", "8192"},
		{"cgroup.max.depth", "3"}, {"foo.bar", "x y"},	     {"irq.pressure", "1"},
	};
	struct resources r = {
		.cpu = &c, .memory = &m, .pids_limit = I64(5), .unified = {.n = 6, .v = u}};

	(void)state;
	resources_give(&r, "cpu.weight=100@" CPU "shares\n"
			   "cpuset.cpus=1@" CPU "cpus\n"
			   "memory.max=4096@" MEM "limit\n"
			   "pids.max=5@linux.resources.pids.limit\n"
			   "pids.max=9@linux.resources.unified[\"pids.max\"]\n"
			   "hugetlb.2MB.max=0@linux.resources.unified[\"hugetlb.2MB.max\"]\n"
			   "memory.max=8192@linux.resources.unified[\"memory.max\"]\n"
			   "cgroup.max.depth=3@linux.resources.unified[\"cgroup.max.depth\"]\n"
			   "foo.bar=x y@linux.resources.unified[\"foo.bar\"]\n"
			   "irq.pressure=1@linux.resources.unified[\"irq.pressure\"]\n"
			   "[cpu cpuset memory pids hugetlb foo]");
}

static void unified_keys(void **state)
{
	static const char *const bad[] = {
		"",
		"memory",
		".max",
		"memory.",
		"../memory.max",
		"a/b.c",
		"memory..max",
		"mem ory.max",
		"cpu +io.max",
		"Memory.max",
		"memory.m\n",
		"-cpu.max",
		"cgroup.procs",
		"cgroup.threads",
		"cgroup.kill",
		"cgroup.type",
		"cgroup.freeze",
		"cgroup.subtree_control",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_(text_free) struct text want = TEXT_INIT;
		struct string_pair p = {bad[i], "1"};

		text_addf(&want, "error linux.resources.unified[\"%s\"]", bad[i]);
		resources_give(&(struct resources){.unified = {.n = 1, .v = &p}}, want.s);
	}
}

/* Values that the two other runtimes give. */
static void weights(void **state)
{
	static const unsigned long long cases[][2] = {
		{0, 0},	     {1, 1},	      {2, 1},	       {3, 2},		{4, 2},
		{256, 35},   {512, 59},	      {1023, 100},     {1024, 100},	{1025, 101},
		{2048, 174}, {262143, 10000}, {262144, 10000}, {262145, 10000}, {~0ULL, 10000},
	};
	unsigned long long last = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(limits_weight_from_shares(cases[i][0]), cases[i][1]);
	for (unsigned long long s = 2; s <= 262144; s++) {
		unsigned long long w = limits_weight_from_shares(s);

		assert_true(w >= last && w <= 10000);
		last = w;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(memory),
		cmocka_unit_test(memory_contradictions),
		cmocka_unit_test(cpu),
		cmocka_unit_test(cpu_contradictions),
		cmocka_unit_test(pids),
		cmocka_unit_test(block_io),
		cmocka_unit_test(hugepages_and_rdma),
		cmocka_unit_test(order_and_controllers),
		cmocka_unit_test(unified_keys),
		cmocka_unit_test(weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
