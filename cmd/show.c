/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that look at containers: state, list. */
#include <stdio.h>

#include "base/fd.h"
#include "cmd/columns.h"
#include "cmd/output.h"
#include "cmd/verb.h"
#include "engine/run.h"
#include "spec/state.h"

/* ---- state ----------------------------------------------------------------------------------- */

static int state_run(const struct call *c, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	int r = container_state(c->rt, c->args[0], &out, err);

	return r < 0 ? r : output_text(&out, err);
}

static const struct option_spec *const no_tables[] = {NULL};

static const char *const state_text[] = {
	"Prints the state of a container as JSON, as the specification has it, with the root file "
	"system, the time of creation and the owner beside it.",
	NULL,
};

const struct verb verb_state = {
	.name = "state",
	.names = 1,
	.synopsis = "ID",
	.help = "print the state of a container",
	.text = state_text,
	.tables = no_tables,
	.min = 1,
	.max = 1,
	.needs = "a container ID",
	.run = state_run,
};

/* ---- list ------------------------------------------------------------------------------------ */

enum list_format {
	LIST_TABLE,
	LIST_JSON,
};

static const char *const list_formats[] = {"table", "json", NULL};

struct list_command {
	unsigned format; /* enum list_format */
	bool quiet;
};

enum { LIST_COLUMNS = 6, LIST_COLUMN_MIN = 12 };

struct list_row {
	const char *cell[LIST_COLUMNS];
};

static void table_write(const struct container_entries *list, struct arena *a, struct text *out)
{
	struct list_row *rows = arena_alloc(a, (list->n + 1) * sizeof(*rows));
	size_t i;

	rows[0] = (struct list_row){{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
	for (i = 0; i < list->n; i++) {
		const struct container_entry *e = &list->v[i];

		rows[i + 1] = (struct list_row){{e->id, arena_printf(a, "%d", e->pid), e->status,
						 e->bundle, e->created, e->owner}};
	}
	/* Scripts cut the columns where runc ends them. */
	columns_write(rows[0].cell, list->n + 1, LIST_COLUMNS, LIST_COLUMN_MIN, out);
}

static void json_write(const struct container_entries *list, struct text *out)
{
	size_t i;

	text_add(out, "[");
	for (i = 0; i < list->n; i++) {
		const struct container_entry *e = &list->v[i];
		struct state s = {
			.oci_version = e->oci_version,
			.id = e->id,
			.status = e->status,
			.pid = e->pid,
			.bundle = e->bundle,
			.annotations = e->annotations,
			.rootfs = e->rootfs,
			.created = e->created,
			.owner = e->owner,
		};

		if (i)
			text_add(out, ",");
		state_write_public_compact(&s, out);
	}
	text_add(out, "]\n");
}

static int list_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const struct list_command *l = c->opt;
	struct container_entries list;
	size_t i;
	int r = engine_list(c->rt, &a, &list, err);

	if (r < 0)
		return r;
	if (l->quiet) {
		for (i = 0; i < list.n; i++)
			text_addf(&out, "%s\n", list.v[i].id);
	} else if (l->format == LIST_JSON) {
		json_write(&list, &out);
	} else {
		table_write(&list, &a, &out);
	}
	return output_text(&out, err);
}

static const struct option_spec list_options[] = {
	{.name = "format", .letter = 'f', .value = "FORMAT", .kind = OPTION_CHOICE,
	 .choices = list_formats, .offset = OPTION_FIELD(unsigned, struct list_command, format),
	 .help = "table (the default) or json"},
	{.name = "quiet", .letter = 'q', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct list_command, quiet),
	 .help = "print nothing but the IDs"},
	{0},
};

static const struct option_spec *const list_tables[] = {list_options, NULL};

static const char *const list_text[] = {
	"Lists the containers of this state directory, ordered by their IDs. What can't be read is "
	"left out with a warning.",
	NULL,
};

const struct verb verb_list = {
	.name = "list",
	.synopsis = "[OPTION...]",
	.help = "list the containers",
	.text = list_text,
	.tables = list_tables,
	.options_size = sizeof(struct list_command),
	.run = list_run,
};
