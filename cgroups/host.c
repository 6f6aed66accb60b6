/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroups/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define FILE_MAX (1U << 20)

/* "cpu  user nice system idle iowait irq softirq steal guest guest_nice"; guests are in user and nice. */
static void cpu_read(struct host *h)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	unsigned long long v[8];
	unsigned i;

	if (file_read_at(AT_FDCWD, "/proc/stat", FILE_MAX, &t) < 0 ||
	    sscanf(t.s, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3], &v[4],
		   &v[5], &v[6], &v[7]) != 8)
		return;
	for (i = 0; i < 8; i++)
		h->total += v[i];
	h->busy = h->total - v[3] - v[4];
}

/* "MemTotal:       12345 kB" */
static uint64_t meminfo(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

static void memory_read(struct host *h)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	if (file_read_at(AT_FDCWD, "/proc/meminfo", FILE_MAX, &t) < 0)
		return;
	h->memory = meminfo(t.s, "MemTotal:");
	h->available = meminfo(t.s, "MemAvailable:");
	h->swap = meminfo(t.s, "SwapTotal:");
	h->swap_free = meminfo(t.s, "SwapFree:");
}

void host_read(struct host *ret)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	*ret = (struct host){.cpus = cpus > 0 ? (unsigned)cpus : 1};
	cpu_read(ret);
	memory_read(ret);
	stats_psi_read(AT_FDCWD, "/proc/pressure/cpu", &ret->cpu);
	stats_psi_read(AT_FDCWD, "/proc/pressure/memory", &ret->mem);
	stats_psi_read(AT_FDCWD, "/proc/pressure/io", &ret->io);
}
