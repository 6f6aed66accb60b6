/* SPDX-License-Identifier: Apache-2.0 */
/* linux.cgroupsPath, limits and annotations in systemd's words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/scope.h"

static void good_names(void **state)
{
	static const struct {
		const char *in, *slice, *unit;
		bool user;
	} cases[] = {
		{NULL, "system.slice", "hoy-web.scope", false},
		{"", "system.slice", "hoy-web.scope", false},
		{NULL, "user.slice", "hoy-web.scope", true},
		{"machine.slice:libpod:1a2b", "machine.slice", "libpod-1a2b.scope", false},
		{":docker:x", "system.slice", "docker-x.scope", false},
		{":docker:x", "user.slice", "docker-x.scope", true},
		{"-.slice:a:b", "-.slice", "a-b.scope", false},
		{"kubepods-burstable-pod12_3.slice:cri-containerd:f0", "kubepods-burstable-pod12_3.slice",
		 "cri-containerd-f0.scope", false},
		{"a.slice::web", "a.slice", "web.scope", false},
		{"a.slice:p:one+two", "a.slice", "p-one\\x2btwo.scope", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		struct scope s;

		assert_int_equal(scope_resolve(cases[i].in, "web", cases[i].user, &a, &s, &e), 0);
		assert_string_equal(s.slice, cases[i].slice);
		assert_string_equal(s.unit, cases[i].unit);
		assert_int_equal(s.user, cases[i].user);
	}
}

static void bad_names(void **state)
{
	char longest[400];
	const char *const cases[] = {
		"/a/b",		 "a",		  "a:b",	   "a.slice:b",	      "a.slice:b:c:d",
		"a:b:c",	 ".slice:b:c",	  "../x.slice:b:c", "a/b.slice:b:c",  "a.slice:b:",
		"a.slice:../b:c", "a.slice:b:c/d", "a.slice:b:c d", "a.slice:b\n:c", "a slice.slice:b:c",
		longest,
	};

	(void)state;
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "a.slice:b:", 10);
	longest[sizeof(longest) - 1] = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		struct scope s;

		assert_int_equal(scope_resolve(cases[i], "web", false, &a, &s, &e), -EINVAL);
		assert_string_equal(e.field, "linux.cgroupsPath");
		assert_true(strlen(e.why) > 0);
		assert_true(strlen(e.hint) > 0);
		assert_int_equal(scope_resolve(cases[i], "web", false, &a, &s, NULL), -EINVAL);
	}
}

/* What one file with one value becomes: the properties, a line each. */
static void gives(const char *file, const char *value, const char *want)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text got = TEXT_INIT;
	struct limit l = {.file = file, .value = value};
	struct strings list;

	text_add(&got, "");
	scope_limits(&(struct limits){.n = 1, .v = &l}, &a, &list);
	for (size_t i = 0; i < list.n; i++)
		text_addf(&got, "%s%s", i ? "|" : "", list.v[i]);
	assert_string_equal(got.s, want);
}

#define MAX "uint64 18446744073709551615"

static void limits_in_words(void **state)
{
	(void)state;
	gives("cpu.weight", "59", "CPUWeight=uint64 59");
	gives("cpu.idle", "1", "252:CPUWeight=uint64 0");
	gives("cpu.idle", "0", "");
	gives("cpu.max", "20000 100000", "CPUQuotaPerSecUSec=uint64 200000|CPUQuotaPeriodUSec=uint64 100000");
	/* Rounded up to whole percents. */
	gives("cpu.max", "12345 50000", "CPUQuotaPerSecUSec=uint64 250000|CPUQuotaPeriodUSec=uint64 50000");
	gives("cpu.max", "150000", "CPUQuotaPerSecUSec=uint64 1500000|CPUQuotaPeriodUSec=uint64 100000");
	gives("cpu.max", "max 50000", "CPUQuotaPerSecUSec=" MAX "|CPUQuotaPeriodUSec=uint64 50000");
	gives("cpu.max", "20000 0", "");
	gives("cpu.max", "9223372036854775807 100000", "");
	gives("cpu.max.burst", "10000", "");
	gives("memory.max", "67108864", "MemoryMax=uint64 67108864");
	gives("memory.max", "max", "MemoryMax=" MAX);
	gives("memory.high", "48M", "MemoryHigh=uint64 50331648");
	gives("memory.high", "1g", "MemoryHigh=uint64 1073741824");
	gives("memory.high", "48X", "");
	gives("memory.high", "48MM", "");
	gives("memory.high", "-1", "");
	gives("memory.high", "99999999E", "");
	gives("memory.low", "1", "MemoryLow=uint64 1");
	gives("memory.min", "1", "MemoryMin=uint64 1");
	gives("memory.swap.max", "0", "MemorySwapMax=uint64 0");
	gives("memory.oom.group", "1", "");
	gives("pids.max", "50", "TasksMax=uint64 50");
	gives("pids.max", "max", "TasksMax=" MAX);
	/* The placeholder and the first process. */
	gives("pids.max", "1", "TasksMax=uint64 2");
	gives("pids.max", "0", "TasksMax=uint64 2");
	gives("cpuset.cpus", "0-3,7", "AllowedCPUs=[byte 0x8f]");
	gives("cpuset.cpus", "9", "AllowedCPUs=[byte 0x00, 0x02]");
	gives("cpuset.mems", "0", "AllowedMemoryNodes=[byte 0x01]");
	gives("cpuset.cpus", "3-1", "");
	gives("cpuset.cpus", "0-", "");
	gives("cpuset.cpus", "all", "");
	gives("cpuset.cpus", "0-9999", "");
	gives("hugetlb.2MB.max", "1", "");
	gives("rdma.max", "mlx5_0 hca_handle=1", "");
}

static void limits_of_devices(void **state)
{
	(void)state;
	gives("io.weight", "4950", "IOWeight=uint64 4950");
	gives("io.weight", "default 100", "IOWeight=uint64 100");
	gives("io.weight", "8:0 200", "IODeviceWeight=[('/dev/block/8:0', uint64 200)]");
	gives("io.max", "8:0 rbps=1000 wbps=max riops=7 wiops=9",
	      "IOReadBandwidthMax=[('/dev/block/8:0', uint64 1000)]|"
	      "IOWriteBandwidthMax=[('/dev/block/8:0', " MAX ")]|"
	      "IOReadIOPSMax=[('/dev/block/8:0', uint64 7)]|IOWriteIOPSMax=[('/dev/block/8:0', uint64 9)]");
}

/* One property for all devices, and the weight that systemd knows. */
static void lists_are_joined(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct limit l[] = {
		{.file = "io.max", .value = "8:0 rbps=1"},
		{.file = "io.max", .value = "8:16 rbps=2"},
		{.file = "io.bfq.weight", .value = "500", .other_file = "io.weight", .other_value = "4950"},
	};
	struct strings list;

	(void)state;
	scope_limits(&(struct limits){.n = 3, .v = l}, &a, &list);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0], "IOWeight=uint64 4950");
	assert_string_equal(list.v[1], "IOReadBandwidthMax=[('/dev/block/8:0', uint64 1), "
				       "('/dev/block/8:16', uint64 2)]");
}

static int annotated(const char *key, const char *value, struct arena *a, struct strings *ret,
		     struct error *e)
{
	struct string_pair pair = {key, value};

	return scope_properties(&(struct limits){0}, &(struct string_map){.n = 1, .v = &pair}, "web", a, ret,
				e);
}

static void annotations(void **state)
{
	static const struct {
		const char *key, *value;
	} bad[] = {
		{"org.systemd.property.", "1"},
		{"org.systemd.property.ab", "1"},
		{"org.systemd.property.Timeout=1\nPIDs", "1"},
		{"org.systemd.property.A-b-c", "1"},
		{"org.systemd.property.PIDs", "[uint32 1]"},
		{"org.systemd.property.Slice", "'other.slice'"},
		{"org.systemd.property.Delegate", "false"},
		{"org.systemd.property.TimeoutStopUSec", ""},
		{"org.systemd.property.Description", "'a'\nPIDs=[uint32 1]"},
	};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct strings list;

	(void)state;
	assert_int_equal(annotated("com.example.x", "whatever", &a, &list, NULL), 0);
	assert_string_equal(list.v[0], "Description='hoy container web'");
	assert_string_equal(list.v[list.n - 1], "TasksMax=" MAX);
	assert_int_equal(annotated("org.systemd.property.RuntimeMaxSec", "5", &a, &list, NULL), 0);
	assert_string_equal(list.v[list.n - 1], "RuntimeMaxSec=5");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error e = ERROR_INIT;

		assert_int_equal(annotated(bad[i].key, bad[i].value, &a, &list, &e), -EINVAL);
		assert_true(starts_with(e.field, "annotations[\"org.systemd.property."));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_names),	     cmocka_unit_test(bad_names),
		cmocka_unit_test(limits_in_words),   cmocka_unit_test(limits_of_devices),
		cmocka_unit_test(lists_are_joined),  cmocka_unit_test(annotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
