/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: the lines that engines read, with runc's names (its types/events.go is what containerd's
 * statistics are made from). Numbers that were cgroup v1's own are given as runc makes them of
 * version 2: times in nanoseconds, swap as memory and swap together.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/size.h"
#include "cmd/verb.h"
#include "runtime/events.h"

struct events_command {
	const char *interval;
	bool stats;
};

/* ---- JSON ------------------------------------------------------------------------------------ */

static void psi_line(const char *name, const struct stats_psi_line *p, struct text *out)
{
	text_addf(out, "\"%s\":{\"avg10\":%.2f,\"avg60\":%.2f,\"avg300\":%.2f,\"total\":%" PRIu64 "}", name,
		  p->avg10, p->avg60, p->avg300, p->total);
}

static void psi(const struct stats_psi *p, struct text *out)
{
	if (!p->there)
		return;
	text_add(out, ",\"psi\":{");
	psi_line("some", &p->some, out);
	text_add(out, ",");
	psi_line("full", &p->full, out);
	text_add(out, "}");
}

static void cpu(const struct stats_cpu *c, struct text *out)
{
	text_addf(out,
		  "\"cpu\":{\"usage\":{\"total\":%" PRIu64 ",\"kernel\":%" PRIu64 ",\"user\":%" PRIu64 "},"
		  "\"throttling\":{\"periods\":%" PRIu64 ",\"throttledPeriods\":%" PRIu64
		  ",\"throttledTime\":%" PRIu64 "}",
		  c->usage * 1000, c->system * 1000, c->user * 1000, c->periods, c->throttled,
		  c->throttled_time * 1000);
	psi(&c->psi, out);
	text_add(out, "}");
}

static void memory_entry(const char *name, uint64_t usage, uint64_t max, uint64_t limit, uint64_t failed,
			 struct text *out)
{
	text_addf(out, "\"%s\":{\"limit\":%" PRIu64 ",\"usage\":%" PRIu64, name, limit, usage);
	if (max)
		text_addf(out, ",\"max\":%" PRIu64, max);
	text_addf(out, ",\"failcnt\":%" PRIu64 "}", failed);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == CGROUP_UNLIMITED || b == CGROUP_UNLIMITED ? CGROUP_UNLIMITED : a + b;
}

static void memory(const struct stats_memory *m, struct text *out)
{
	size_t i;

	text_add(out, "\"memory\":{");
	for (i = 0; i < m->n; i++)
		if (streq(m->raw[i].key, "file"))
			text_addf(out, "\"cache\":%" PRIu64 ",", m->raw[i].value);
	memory_entry("usage", m->current, m->peak, m->max, m->failed, out);
	text_add(out, ",");
	memory_entry("swap", m->current + m->swap, 0, sum(m->max, m->swap_max), 0, out);
	text_add(out, ",\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0},"
		      "\"raw\":{");
	for (i = 0; i < m->n; i++)
		text_addf(out, "%s\"%s\":%" PRIu64, i ? "," : "", m->raw[i].key, m->raw[i].value);
	text_add(out, "}");
	psi(&m->psi, out);
	text_add(out, "}");
}

static void device(const struct stats_device *d, const char *op, uint64_t value, struct text *out)
{
	if (out->s[out->len - 1] != '[')
		text_add(out, ",");
	text_addf(out, "{\"major\":%u,\"minor\":%u,\"op\":\"%s\",\"value\":%" PRIu64 "}", d->major, d->minor,
		  op, value);
}

static void block_io(const struct stats *s, struct text *out)
{
	size_t i;

	text_add(out, "\"blkio\":{\"ioServiceBytesRecursive\":[");
	for (i = 0; i < s->io.n; i++) {
		device(&s->io.v[i], "Read", s->io.v[i].read_bytes, out);
		device(&s->io.v[i], "Write", s->io.v[i].write_bytes, out);
		device(&s->io.v[i], "Discard", s->io.v[i].discard_bytes, out);
	}
	text_add(out, "],\"ioServicedRecursive\":[");
	for (i = 0; i < s->io.n; i++) {
		device(&s->io.v[i], "Read", s->io.v[i].reads, out);
		device(&s->io.v[i], "Write", s->io.v[i].writes, out);
		device(&s->io.v[i], "Discard", s->io.v[i].discards, out);
	}
	text_add(out, "]");
	psi(&s->io.psi, out);
	text_add(out, "}");
}

static void hugepages(const struct stats *s, struct text *out)
{
	size_t i;

	text_add(out, "\"hugetlb\":{");
	for (i = 0; i < s->hugepages.n; i++) {
		const struct stats_hugepages *h = &s->hugepages.v[i];

		text_addf(out, "%s\"%s\":{\"usage\":%" PRIu64 ",\"failcnt\":%" PRIu64 "}", i ? "," : "",
			  h->size, h->current, h->failed);
	}
	text_add(out, "}");
}

static void interfaces(const struct container_stats *s, struct text *out)
{
	size_t i;

	text_add(out, "\"network_interfaces\":[");
	for (i = 0; i < s->interfaces_n; i++) {
		const struct interface_stats *n = &s->interfaces[i];

		text_add(out, i ? ",{\"Name\":" : "{\"Name\":");
		text_add_json(out, n->name);
		text_addf(out,
			  ",\"RxBytes\":%" PRIu64 ",\"RxPackets\":%" PRIu64 ",\"RxErrors\":%" PRIu64
			  ",\"RxDropped\":%" PRIu64 ",\"TxBytes\":%" PRIu64 ",\"TxPackets\":%" PRIu64
			  ",\"TxErrors\":%" PRIu64 ",\"TxDropped\":%" PRIu64 "}",
			  n->rx_bytes, n->rx_packets, n->rx_errors, n->rx_dropped, n->tx_bytes,
			  n->tx_packets, n->tx_errors, n->tx_dropped);
	}
	text_add(out, "]");
}

static int stats_print(const struct container_stats *s, void *arg, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const struct stats *c = &s->cgroup;

	text_add(&out, "{\"type\":\"stats\",\"id\":");
	text_add_json(&out, arg);
	text_add(&out, ",\"data\":{");
	cpu(&c->cpu, &out);
	text_add(&out, ",");
	memory(&c->memory, &out);
	text_addf(&out, ",\"pids\":{\"current\":%" PRIu64, c->pids.current);
	if (c->pids.there && c->pids.max != CGROUP_UNLIMITED)
		text_addf(&out, ",\"limit\":%" PRIu64, c->pids.max);
	text_add(&out, "},");
	block_io(c, &out);
	text_add(&out, ",");
	hugepages(c, &out);
	text_add(&out, ",\"intel_rdt\":{},");
	interfaces(s, &out);
	text_add(&out, "}}\n");
	return output_text(&out, err);
}

static int oom_print(void *arg, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	text_add(&out, "{\"type\":\"oom\",\"id\":");
	text_add_json(&out, arg);
	text_add(&out, "}\n");
	return output_text(&out, err);
}

/* ---- The verb -------------------------------------------------------------------------------- */

static int events_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const struct events_command *o = c->opt;
	const struct watcher w = {
		.stats = stats_print, .oom = oom_print, .arg = (void *)(uintptr_t)c->args[0]};
	struct container_stats s;
	int interval = 5000, r;

	r = o->interval ? interval_parse(o->interval, &interval, err) : 0;
	if (r < 0)
		return r;
	if (!o->stats)
		return container_watch(c->rt, c->args[0], interval, &w, err);
	r = container_stats(c->rt, c->args[0], &a, &s, err);
	return r < 0 ? r : stats_print(&s, w.arg, err);
}

static const struct option_spec events_table[] = {
	{.name = "interval", .value = "TIME", .kind = OPTION_STRING,
	 .offset = OPTION_FIELD(const char *, struct events_command, interval),
	 .help = "between two lines of statistics: 500ms, 10s (default: 5s)"},
	{.name = "stats", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct events_command, stats),
	 .help = "print what the container uses now, and end"},
	{0},
};

static const struct option_spec *const events_tables[] = {events_table, NULL};

static const char *const events_text[] = {
	"Prints what a container uses, at once and after each interval, and when the kernel kills one of "
	"its processes for its memory limit; each is a line of JSON with the names that runc gives it. "
	"Ends when the container does.",
	NULL,
};

const struct verb verb_events = {
	.name = "events",
	.names = 1,
	.synopsis = "[OPTION...] ID",
	.help = "print what a container uses, and when it runs out of memory",
	.text = events_text,
	.tables = events_tables,
	.options_size = sizeof(struct events_command),
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.run = events_run,
};
