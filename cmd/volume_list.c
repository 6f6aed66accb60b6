/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/volume_list.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/columns.h"
#include "cmd/output.h"
#include "engine/values.h"
#include "engine/volume_use.h"

/* docker and podman have such things, hoy has one. */
#define DRIVER "local"

/* ---- --filter -------------------------------------------------------------------------------- */

static bool is_bool(const char *s)
{
	return streq(s, "true") || streq(s, "false") || streq(s, "1") || streq(s, "0");
}

int volume_filters_check(const struct option_list *filters, const char *const *known,
			 struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *const *k, *words = "";
	size_t i;

	for (k = known; *k; k++)
		words = arena_join(&a, words, k == known ? "" : " or ", *k, NULL);
	words = arena_join(&a, words, " with a value", NULL);
	for (i = 0; i < filters->n; i++) {
		for (k = known; *k && !starts_with(filters->v[i], *k); k++)
			;
		if (!*k)
			return value_wrong("--filter", words, filters->v[i], err);
		if (streq(*k, "dangling=") && !is_bool(filters->v[i] + strlen(*k)))
			return value_wrong("--filter", "dangling=true or dangling=false",
					   filters->v[i], err);
	}
	return 0;
}

static bool has_label(const struct volume_record *record, const char *label)
{
	const char *equals = strchr(label, '=');
	size_t n = equals ? (size_t)(equals - label) : strlen(label), i;

	for (i = 0; i < record->labels.n; i++)
		if (strlen(record->labels.v[i].key) == n &&
		    memcmp(record->labels.v[i].key, label, n) == 0)
			return !equals || streq(record->labels.v[i].value, equals + 1);
	return false;
}

int volume_filters_match(const char *data, const char *name, const struct volume_record *record,
			 const struct option_list *filters, struct arena *a, struct error *err)
{
	struct strings users;
	bool wanted = true;
	size_t i;

	for (i = 0; wanted && i < filters->n; i++) {
		const char *value = strchr(filters->v[i], '=') + 1;

		if (starts_with(filters->v[i], "name=")) {
			wanted = strstr(name, value) != NULL;
		} else if (starts_with(filters->v[i], "label=")) {
			wanted = has_label(record, value);
		} else {
			int r = volume_users(data, name, a, &users, err);

			if (r < 0)
				return r;
			wanted = (users.n == 0) == (value[0] == 't' || value[0] == '1');
		}
	}
	return wanted;
}

/* ---- JSON, with docker's and podman's keys --------------------------------------------------- */

static void string(const char *key, const char *value, struct text *out)
{
	text_addf(out, "        \"%s\": ", key);
	text_add_json(out, value);
	text_add(out, ",\n");
}

static void map(const char *key, const struct string_map *map, struct text *out)
{
	size_t i;

	text_addf(out, "        \"%s\": {", key);
	for (i = 0; i < map->n; i++) {
		text_add(out, i ? ", " : "");
		text_add_json(out, map->v[i].key);
		text_add(out, ": ");
		text_add_json(out, map->v[i].value);
	}
	text_add(out, "},\n");
}

static void volume_write(const char *data, const char *name, const struct volume_record *record,
			 struct arena *a, struct text *out)
{
	text_add(out, "    {\n");
	string("Name", name, out);
	string("Driver", DRIVER, out);
	string("Mountpoint", volumes_path(data, name, a), out);
	string("CreatedAt", record->created, out);
	map("Labels", &record->labels, out);
	string("Scope", "local", out);
	map("Options", &record->options, out);
	text_addf(out, "        \"Anonymous\": %s\n    }", record->anonymous ? "true" : "false");
}

/* ---- ls -------------------------------------------------------------------------------------- */

enum { LS_TABLE, LS_JSON, LS_COLUMNS = 2 };

struct ls_options {
	unsigned format;
	bool quiet;
	struct option_list filters;
};

struct row {
	const char *cell[LS_COLUMNS];
};

struct listed {
	size_t n;
	struct listed_volume {
		const char *name;
		struct volume_record record;
	} * v;
};

static int ls_read(const char *data, const struct option_list *filters, struct arena *a,
		   struct listed *ret, struct error *err)
{
	struct strings names;
	struct listed_volume v;
	size_t i;
	int r = volumes_list(data, a, &names, err);

	for (i = 0; r >= 0 && i < names.n; i++) {
		v.name = names.v[i];
		r = volumes_read(data, v.name, a, &v.record, err);
		if (r == -ENOENT) { /* removed meanwhile */
			r = 0;
			continue;
		}
		if (r == 0)
			r = volume_filters_match(data, v.name, &v.record, filters, a, err);
		if (r > 0)
			LIST_ADD(a, ret, v);
	}
	return r < 0 ? r : 0;
}

static void ls_table(const struct listed *l, struct arena *a, struct text *out)
{
	struct row *rows = arena_alloc(a, (l->n + 1) * sizeof(*rows));
	size_t i;

	rows[0] = (struct row){{"DRIVER", "VOLUME NAME"}};
	for (i = 0; i < l->n; i++)
		rows[i + 1] = (struct row){{DRIVER, l->v[i].name}};
	columns_write(rows[0].cell, l->n + 1, LS_COLUMNS, 0, out);
}

static int ls_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const struct ls_options *o = c->opt;
	struct listed l = {0};
	size_t i;
	int r = ls_read(c->rt->data, &o->filters, &a, &l, err);

	if (r < 0)
		return r;
	if (o->format == LS_TABLE && !o->quiet)
		ls_table(&l, &a, &out);
	for (i = 0; o->quiet && i < l.n; i++)
		text_addf(&out, "%s\n", l.v[i].name);
	if (o->format == LS_JSON && !o->quiet) {
		text_add(&out, "[");
		for (i = 0; i < l.n; i++) {
			text_add(&out, i ? ",\n" : "\n");
			volume_write(c->rt->data, l.v[i].name, &l.v[i].record, &a, &out);
		}
		text_add(&out, l.n ? "\n]\n" : "]\n");
	}
	return output_text(&out, err);
}

static const char *const ls_known[] = {"name=", "label=", "dangling=", NULL};

static int ls_check(const struct call *c, struct error *err)
{
	const struct ls_options *o = c->opt;

	return volume_filters_check(&o->filters, ls_known, err);
}

static const char *const ls_formats[] = {"table", "json", NULL};

static const struct option_spec ls_options[] = {
	{.name = "quiet", .letter = 'q', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct ls_options, quiet), .help = "print names alone"},
	{.name = "filter", .letter = 'f', .value = "KEY=VALUE", .kind = OPTION_LIST,
	 .offset = OPTION_FIELD(struct option_list, struct ls_options, filters),
	 .help = "only with this name (or a part of it) or label; dangling=true: that no container uses; "
		 "may be repeated: all must hold"},
	{.name = "format", .value = "FORMAT", .kind = OPTION_CHOICE, .choices = ls_formats,
	 .offset = OPTION_FIELD(unsigned, struct ls_options, format),
	 .help = "table (the default) or json"},
	{0},
};

static const struct option_spec *const ls_tables[] = {ls_options, NULL};

const struct verb verb_volume_ls = {
	.name = "volume ls",
	.synopsis = "[OPTION...]",
	.help = "list volumes",
	.tables = ls_tables,
	.options_size = sizeof(struct ls_options),
	.stateless = true,
	.check = ls_check,
	.run = ls_run,
};

/* ---- inspect --------------------------------------------------------------------------------- */

static int inspect_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct volume_record record;
	size_t i;

	text_add(&out, "[\n");
	for (i = 0; i < c->args_n; i++) {
		int r = volume_name_check(c->args[i], err);

		if (r == 0)
			r = volumes_read(c->rt->data, c->args[i], &a, &record, err);
		if (r == -ENOENT)
			error_say(err, ENOENT, "there is no volume \"%s\"", c->args[i]);
		if (r < 0)
			return r;
		text_add(&out, i ? ",\n" : "");
		volume_write(c->rt->data, c->args[i], &record, &a, &out);
	}
	text_add(&out, "\n]\n");
	return output_text(&out, err);
}

static const struct option_spec *const no_tables[] = {NULL};

const struct verb verb_volume_inspect = {
	.name = "volume inspect",
	.synopsis = "NAME...",
	.help = "print what hoy knows of volumes",
	.tables = no_tables,
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a volume",
	.stateless = true,
	.run = inspect_run,
};
