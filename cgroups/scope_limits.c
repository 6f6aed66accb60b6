/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits in systemd's words (systemd.resource-control(5)): from the list of (file, value), so that every
 * way to a limit is covered, linux.resources.unified too. What systemd has no word for (burst, huge
 * pages, RDMA) and what it would not understand is left out: it is in the cgroup all the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cgroups/scope.h"

#define USEC		1000000ULL
#define QUOTA_STEP	10000ULL /* microseconds in a second: systemd counts whole percents */
#define CPUS_MAX	8192
#define INFINITY_TEXT	"18446744073709551615"
#define TASKS_MIN	2 /* the placeholder, and the container's first process */

/* Those with a device: one property for all devices. */
static const struct {
	const char *key; /* in io.max; NULL: a weight */
	const char *name;
} device_properties[] = {
	{NULL, "IODeviceWeight"},
	{"rbps=", "IOReadBandwidthMax"},
	{"wbps=", "IOWriteBandwidthMax"},
	{"riops=", "IOReadIOPSMax"},
	{"wiops=", "IOWriteIOPSMax"},
};
#define DEVICE_PROPERTIES (sizeof(device_properties) / sizeof(*device_properties))

struct building {
	struct arena *a;
	struct strings out;
	struct text devices[DEVICE_PROPERTIES];
};

static void add(struct building *b, const char *line)
{
	b->out.v[b->out.n++] = line;
}

/* "max", or a number with the suffixes that the kernel takes. */
static bool number_read(const char *s, uint64_t *ret)
{
	static const char suffixes[] = "KMGTPE";
	unsigned shift = 0;
	const char *suffix;
	char *end;

	*ret = UINT64_MAX;
	if (streq(s, "max"))
		return true;
	if (*s < '0' || *s > '9')
		return false;
	*ret = strtoull(s, &end, 10);
	suffix = *end ? strchr(suffixes, *end & ~0x20) : NULL;
	if (suffix) {
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		end++;
	}
	if (*end || *ret > UINT64_MAX >> shift)
		return false;
	*ret <<= shift;
	return true;
}

static void add_number(struct building *b, const char *name, uint64_t v)
{
	add(b, arena_printf(b->a, "%s=uint64 %llu", name, (unsigned long long)v));
}

static void add_value(struct building *b, const char *name, const char *value)
{
	uint64_t v;

	if (number_read(value, &v))
		add_number(b, name, v);
}

/* "QUOTA PERIOD" */
static void add_cpu_max(struct building *b, const char *value)
{
	const char *blank = strchr(value, ' ');
	uint64_t quota, period = 100000;
	char *text = arena_strdup(b->a, value);

	text[strcspn(text, " ")] = 0;
	if (!number_read(text, &quota) || (blank && !number_read(blank + 1, &period)) || period == 0)
		return;
	if (quota != UINT64_MAX) {
		if (quota > UINT64_MAX / USEC)
			return;
		quota = quota * USEC / period;
		/* Upwards: what the container may use it gets; the file is exact. */
		quota = (quota + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
	}
	add_number(b, "CPUQuotaPerSecUSec", quota);
	add_number(b, "CPUQuotaPeriodUSec", period);
}

/* "0-3,7" as an array of bytes, the first CPU in the lowest bit of the first. */
static void add_set(struct building *b, const char *name, const char *list)
{
	uint8_t bits[CPUS_MAX / 8] = {0};
	struct text t = TEXT_INIT;
	size_t used = 0, i;

	while (*list) {
		char *end, *last = NULL;
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (end > list && *end == '-') {
			last = end + 1;
			to = strtoul(last, &end, 10);
		}
		if (end == list || end == last || from > to || to >= CPUS_MAX || (*end && *end != ','))
			return;
		for (; from <= to; from++)
			bits[from / 8] |= (uint8_t)(1U << from % 8);
		if (to / 8 + 1 > used)
			used = to / 8 + 1;
		list = end + (*end == ',');
	}
	for (i = 0; i < used; i++)
		text_addf(&t, "%s0x%02x", i ? ", " : "", bits[i]);
	if (used)
		add(b, arena_printf(b->a, "%s=[byte %s]", name, t.s));
	text_free(&t);
}

static void device_add(struct building *b, size_t property, const char *device, size_t device_n,
		       const char *value)
{
	struct text *t = &b->devices[property];
	uint64_t v;

	if (number_read(value, &v))
		text_addf(t, "%s('/dev/block/%.*s', uint64 %llu)", t->len ? ", " : "", (int)device_n,
			  device, (unsigned long long)v);
}

/* "100", "default 100", "8:0 100" */
static void add_io_weight(struct building *b, const char *value)
{
	size_t word = strcspn(value, " ");

	if (!value[word])
		add_value(b, "IOWeight", value);
	else if (starts_with(value, "default "))
		add_value(b, "IOWeight", value + word + 1);
	else
		device_add(b, 0, value, word, value + word + 1);
}

/* "8:0 rbps=1000 wiops=max" */
static void add_io_max(struct building *b, const char *value)
{
	size_t device = strcspn(value, " "), i;
	const char *word = value + device;

	while (*(word += strspn(word, " "))) {
		char *one = arena_strdup(b->a, word);

		one[strcspn(one, " ")] = 0;
		for (i = 1; i < DEVICE_PROPERTIES; i++)
			if (starts_with(one, device_properties[i].key))
				device_add(b, i, value, device,
					   one + strlen(device_properties[i].key));
		word += strlen(one);
	}
}

static void add_tasks(struct building *b, const char *value)
{
	uint64_t v;

	if (number_read(value, &v))
		add_number(b, "TasksMax", v < TASKS_MIN ? TASKS_MIN : v);
}

static void add_limit(struct building *b, const struct limit *l)
{
	static const struct {
		const char *file, *name;
	} numbers[] = {
		{"cpu.weight", "CPUWeight"},	  {"memory.max", "MemoryMax"},
		{"memory.high", "MemoryHigh"},	  {"memory.low", "MemoryLow"},
		{"memory.min", "MemoryMin"},	  {"memory.swap.max", "MemorySwapMax"},
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (streq(l->file, numbers[i].file))
			add_value(b, numbers[i].name, l->value);
	if (streq(l->file, "cpu.max"))
		add_cpu_max(b, l->value);
	else if (streq(l->file, "cpu.idle") && streq(l->value, "1"))
		add(b, "252:CPUWeight=uint64 0"); /* "idle" */
	else if (streq(l->file, "pids.max"))
		add_tasks(b, l->value);
	else if (streq(l->file, "cpuset.cpus"))
		add_set(b, "AllowedCPUs", l->value);
	else if (streq(l->file, "cpuset.mems"))
		add_set(b, "AllowedMemoryNodes", l->value);
	else if (streq(l->file, "io.weight"))
		add_io_weight(b, l->value);
	else if (streq(l->file, "io.bfq.weight") && l->other_value)
		add_io_weight(b, l->other_value);
	else if (streq(l->file, "io.max"))
		add_io_max(b, l->value);
}

void scope_limits(const struct limits *limits, struct arena *a, struct strings *ret)
{
	struct building b = {.a = a};
	size_t i;

	/* None becomes more than two. */
	b.out.v = arena_alloc(a, (2 * limits->n + DEVICE_PROPERTIES + 1) * sizeof(*b.out.v));
	for (i = 0; i < limits->n; i++)
		add_limit(&b, &limits->v[i]);
	for (i = 0; i < DEVICE_PROPERTIES; i++) {
		if (b.devices[i].len)
			add(&b, arena_join(a, device_properties[i].name, "=[", b.devices[i].s, "]", NULL));
		text_free(&b.devices[i]);
	}
	*ret = b.out;
}
