/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroups/stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/cgroup.h"

#define FILE_MAX 65536

/* The whole of a file, in the arena; NULL without it. */
static char *slurp(int cgroup, const char *file, struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	if (file_read_at(cgroup, file, FILE_MAX, &t) < 0)
		return NULL;
	return arena_memdup(a, t.s ? t.s : "", t.len);
}

/* Lines "key number". Cuts the text up. */
static size_t pairs_read(char *text, struct arena *a, struct stats_pair **ret)
{
	size_t room = 0, n = 0;
	char *line, *save = NULL;

	for (line = text; *line; line++)
		room += *line == '\n';
	*ret = arena_alloc(a, (room + 1) * sizeof(**ret));
	for (line = strtok_r(text, "\n", &save); line && n <= room; line = strtok_r(NULL, "\n", &save)) {
		char *blank = strchr(line, ' ');

		if (!blank)
			continue;
		*blank = 0;
		(*ret)[n++] = (struct stats_pair){line, strtoull(blank + 1, NULL, 10)};
	}
	return n;
}

static uint64_t pair_find(const struct stats_pair *v, size_t n, const char *key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (streq(v[i].key, key))
			return v[i].value;
	return 0;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static bool psi_line(const char *text, const char *name, struct stats_psi_line *ret)
{
	unsigned long long total;
	const char *line = strstr(text, name);

	if (!line || sscanf(line + strlen(name), " avg10=%lf avg60=%lf avg300=%lf total=%llu",
			    &ret->avg10, &ret->avg60, &ret->avg300, &total) != 4)
		return false;
	ret->total = total;
	return true;
}

void stats_psi_read(int cgroup, const char *file, struct stats_psi *ret)
{
	char buf[512];

	if (cgroup_read(cgroup, file, buf, sizeof(buf)) < 0)
		return;
	ret->there = psi_line(buf, "some", &ret->some);
	psi_line(buf, "full", &ret->full);
}

/* What it may use: cpu.max is "quota period", or "max period". */
static void cpu_limits_read(int cgroup, struct stats_cpu *c)
{
	char buf[64], *blank;
	uint64_t idle = 0;

	if (cgroup_read(cgroup, "cpu.max", buf, sizeof(buf)) >= 0) {
		blank = strchr(buf, ' ');
		c->quota = starts_with(buf, "max") ? CGROUP_UNLIMITED : strtoull(buf, NULL, 10);
		c->period = blank ? strtoull(blank + 1, NULL, 10) : 0;
	}
	if (cgroup_number(cgroup, "cpu.idle", &idle) < 0 || !idle)
		cgroup_number(cgroup, "cpu.weight", &c->weight);
}

static void cpu_read(int cgroup, struct arena *a, struct stats_cpu *c)
{
	char *text = slurp(cgroup, "cpu.stat", a);
	struct stats_pair *v;
	size_t n;

	if (!text)
		return;
	n = pairs_read(text, a, &v);
	c->there = true;
	c->usage = pair_find(v, n, "usage_usec");
	c->user = pair_find(v, n, "user_usec");
	c->system = pair_find(v, n, "system_usec");
	c->periods = pair_find(v, n, "nr_periods");
	c->throttled = pair_find(v, n, "nr_throttled");
	c->throttled_time = pair_find(v, n, "throttled_usec");
	cpu_limits_read(cgroup, c);
	stats_psi_read(cgroup, "cpu.pressure", &c->psi);
}

static void memory_read(int cgroup, struct arena *a, struct stats_memory *m)
{
	char *text = slurp(cgroup, "memory.stat", a), *events = slurp(cgroup, "memory.events", a);
	uint64_t least = 0;
	struct stats_pair *v;
	size_t n;

	m->there = cgroup_number(cgroup, "memory.current", &m->current) == 0;
	if (!m->there)
		return;
	m->max = m->swap_max = CGROUP_UNLIMITED;
	cgroup_number(cgroup, "memory.max", &m->max);
	cgroup_number(cgroup, "memory.peak", &m->peak);
	cgroup_number(cgroup, "memory.swap.current", &m->swap);
	cgroup_number(cgroup, "memory.swap.max", &m->swap_max);
	cgroup_number(cgroup, "memory.low", &m->reserved);
	if (cgroup_number(cgroup, "memory.min", &least) == 0 && least > m->reserved)
		m->reserved = least;
	if (text)
		m->n = pairs_read(text, a, &m->raw);
	m->reclaimed = pair_find(m->raw, m->n, "pgsteal") * (uint64_t)sysconf(_SC_PAGESIZE);
	n = events ? pairs_read(events, a, &v) : 0;
	m->failed = n ? pair_find(v, n, "max") : 0;
	m->oom_kills = n ? pair_find(v, n, "oom_kill") : 0;
	stats_psi_read(cgroup, "memory.pressure", &m->psi);
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6"; a device without any has no line, or one with its
 * number alone. */
static void io_read(int cgroup, struct arena *a, struct stats *s)
{
	char *text = slurp(cgroup, "io.stat", a), *line, *save = NULL;
	size_t room = 1;

	stats_psi_read(cgroup, "io.pressure", &s->io.psi);
	for (line = text; line && *line; line++)
		room += *line == '\n';
	if (!text)
		return;
	s->io.v = arena_alloc(a, room * sizeof(*s->io.v));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct stats_device d = {0};
		unsigned long long n[6];

		if (sscanf(line, "%u:%u rbytes=%llu wbytes=%llu rios=%llu wios=%llu dbytes=%llu dios=%llu",
			   &d.major, &d.minor, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]) != 8)
			continue;
		d.read_bytes = n[0];
		d.write_bytes = n[1];
		d.reads = n[2];
		d.writes = n[3];
		d.discard_bytes = n[4];
		d.discards = n[5];
		s->io.v[s->io.n++] = d;
	}
}

static void hugepages_add(int cgroup, const char *size, struct arena *a, struct stats *s)
{
	struct stats_hugepages h = {.size = arena_strdup(a, size), .max = CGROUP_UNLIMITED};
	struct stats_hugepages *v = arena_alloc(a, (s->hugepages.n + 1) * sizeof(*v));
	char *events = slurp(cgroup, arena_printf(a, "hugetlb.%s.events", size), a);
	struct stats_pair *pairs;
	size_t n = events ? pairs_read(events, a, &pairs) : 0;

	cgroup_number(cgroup, arena_printf(a, "hugetlb.%s.current", size), &h.current);
	cgroup_number(cgroup, arena_printf(a, "hugetlb.%s.max", size), &h.max);
	if (n)
		h.failed = pair_find(pairs, n, "max");
	if (s->hugepages.n)
		memcpy(v, s->hugepages.v, s->hugepages.n * sizeof(*v));
	v[s->hugepages.n++] = h;
	s->hugepages.v = v;
}

/* Which sizes there are, the files tell. */
static void hugepages_read(int cgroup, struct arena *a, struct stats *s)
{
	int fd = openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	char size[32];
	int end;

	if (!dir) {
		fd_close(fd);
		return;
	}
	while ((e = readdir(dir))) {
		end = 0;
		if (sscanf(e->d_name, "hugetlb.%31[0-9KMGB].current%n", size, &end) == 1 && end &&
		    !e->d_name[end])
			hugepages_add(cgroup, size, a, s);
	}
	closedir(dir);
}

void stats_read(int cgroup_fd, struct arena *a, struct stats *ret)
{
	*ret = (struct stats){0};
	cpu_read(cgroup_fd, a, &ret->cpu);
	memory_read(cgroup_fd, a, &ret->memory);
	ret->pids.there = cgroup_number(cgroup_fd, "pids.current", &ret->pids.current) == 0 &&
			  cgroup_number(cgroup_fd, "pids.max", &ret->pids.max) == 0;
	io_read(cgroup_fd, a, ret);
	hugepages_read(cgroup_fd, a, ret);
}
