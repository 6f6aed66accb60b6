/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/containers.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "cmd/columns.h"
#include "cmd/output.h"
#include "engine/listing.h"
#include "engine/when.h"

enum { COLUMNS = 7, COLUMN_MIN = 0, ID_SHORT = 12, COMMAND_SHORT = 30 };

struct row {
	const char *cell[COLUMNS];
};

/* The first n characters, of which the last is "…" where more were there. */
static const char *cut(const char *s, size_t n, struct arena *a)
{
	size_t i, count = 0, end = 0;

	for (i = 0; s[i]; i++) {
		if ((s[i] & 0xc0) == 0x80)
			continue;
		if (count == n - 1)
			end = i;
		if (count++ == n)
			return arena_join(a, arena_memdup(a, s, end), "…", NULL);
	}
	return s;
}

/* Who has no name of hoy's has an ID that says it all. */
static const char *short_id(const struct listing_entry *e, bool whole, struct arena *a)
{
	if (whole || !e->ours || strlen(e->id) <= ID_SHORT)
		return e->id;
	return arena_memdup(a, e->id, ID_SHORT);
}

static void rows_write(const struct listing *l, bool whole, struct arena *a, struct text *out)
{
	struct row *rows = arena_alloc(a, (l->n + 1) * sizeof(*rows));
	int64_t now = time(NULL);
	size_t i;

	rows[0] = (struct row){{"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS",
				"PORTS", "NAMES"}};
	for (i = 0; i < l->n; i++) {
		const struct listing_entry *e = &l->v[i];
		const char *created = "";

		if (e->created)
			created = arena_join(a, when_span(now - e->created, a), " ago", NULL);
		rows[i + 1] = (struct row){{short_id(e, whole, a), e->image,
					    whole ? e->command : cut(e->command, COMMAND_SHORT, a),
					    created, e->status, publish_text(&e->ports, a),
					    e->name}};
	}
	columns_write(rows[0].cell, l->n + 1, COLUMNS, COLUMN_MIN, out);
}

static void member(const char *key, const char *value, struct text *out)
{
	text_addf(out, "\"%s\":", key);
	text_add_json(out, value);
	text_add(out, ",");
}

static void json_write(const struct listing *l, struct text *out)
{
	size_t i, k;

	text_add(out, "[");
	for (i = 0; i < l->n; i++) {
		const struct listing_entry *e = &l->v[i];
		const struct timespec created = {e->created, 0};
		char stamp[WHEN_STAMP_SIZE] = "";

		if (e->created)
			when_stamp(&created, stamp);
		text_add(out, i ? ",{" : "{");
		member("id", e->id, out);
		member("name", e->name, out);
		member("image", e->image, out);
		member("command", e->command, out);
		member("created", stamp, out);
		member("state", e->state, out);
		member("status", e->status, out);
		text_addf(out, "\"pid\":%d,", e->pid);
		if (e->ended)
			text_addf(out, "\"exitCode\":%u,\"restartCount\":%u,", e->outcome.status,
				  e->outcome.restarts);
		text_add(out, "\"ports\":[");
		for (k = 0; k < e->ports.n; k++) {
			text_add(out, k ? "," : "");
			table_write(&net_port_table, &e->ports.v[k], false, out);
		}
		text_add(out, "],\"labels\":{");
		for (k = 0; k < e->annotations.n; k++) {
			text_add(out, k ? "," : "");
			text_add_json(out, e->annotations.v[k].key);
			text_add(out, ":");
			text_add_json(out, e->annotations.v[k].value);
		}
		text_add(out, "}}");
	}
	text_add(out, "]\n");
}

static bool is_meant(const struct listing_entry *e, const struct option_list *filters)
{
	size_t i;

	for (i = 0; i < filters->n; i++)
		if (!listing_matches(e, filters->v[i]))
			return false;
	return true;
}

int containers_print(const struct runtime *rt, const struct containers_query *q, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct listing list, meant = {0};
	bool all = q->all;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < q->filters.n; i++) {
		r = listing_filter_check(q->filters.v[i], err);
		/* Who asks for those that have ended wants to see them. */
		all |= starts_with(q->filters.v[i], "status=");
	}
	if (r == 0)
		r = engine_listing(rt, all, &a, &list, err);
	if (r < 0)
		return r;
	for (i = 0; i < list.n; i++)
		if (is_meant(&list.v[i], &q->filters))
			LIST_ADD(&a, &meant, list.v[i]);
	if (q->quiet)
		for (i = 0; i < meant.n; i++)
			text_addf(&out, "%s\n", short_id(&meant.v[i], q->whole, &a));
	else if (q->json)
		json_write(&meant, &out);
	else
		rows_write(&meant, q->whole, &a, &out);
	return output_text(&out, err);
}
