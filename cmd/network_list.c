/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/network_list.h"

#include <errno.h>

#include "base/fd.h"
#include "base/list.h"
#include "cmd/columns.h"
#include "cmd/output.h"
#include "netns/members.h"

enum { LS_TABLE, LS_JSON, LS_COLUMNS = 5 };

struct ls_options {
	unsigned format;
	bool quiet;
};

struct row {
	const char *cell[LS_COLUMNS];
};

/* ---- What is known --------------------------------------------------------------------------- */

/* 0; -ENOENT with words; or another -errno with err. */
static int network_look(const char *data, const char *name, struct arena *a, struct net *ret,
			struct error *err)
{
	int r = network_name_check(name, err);

	if (r == 0)
		r = network_load(data, name, a, ret, err);
	if (r == -ENOENT)
		return error_say(err, ENOENT, "there is no network \"%s\"", name);
	if (r == 0)
		members_read(data, ret, a);
	return r;
}

/* ---- ls -------------------------------------------------------------------------------------- */

struct listed {
	size_t n;
	struct net *v;
};

static int ls_read(const char *data, struct arena *a, struct listed *ret, struct error *err)
{
	struct strings names;
	struct net n;
	size_t i;
	int r = network_list(data, a, &names, err);

	for (i = 0; r == 0 && i < names.n; i++) {
		struct error why = ERROR_INIT;

		r = network_look(data, names.v[i], a, &n, &why);
		if (r == 0)
			LIST_ADD(a, ret, n);
		else if (r == -ENOENT) /* removed meanwhile */
			r = 0;
		else
			*err = why;
	}
	return r;
}

static const char *subnets(const struct net *n, struct arena *a)
{
	const char *text = "";
	size_t i;

	for (i = 0; i < n->subnets.n; i++)
		text = arena_join(a, text, i ? "," : "", n->subnets.v[i].subnet, NULL);
	return text;
}

static void ls_table(const struct listed *l, struct arena *a, struct text *out)
{
	struct row *rows = arena_alloc(a, (l->n + 1) * sizeof(*rows));
	size_t i;

	rows[0] = (struct row){{"NETWORK", "DRIVER", "INTERFACE", "CONTAINERS", "SUBNETS"}};
	for (i = 0; i < l->n; i++) {
		const struct net *n = &l->v[i];

		rows[i + 1] = (struct row){{n->name, n->driver, n->interface,
					    arena_printf(a, "%zu", n->containers.n), subnets(n, a)}};
	}
	columns_write(rows[0].cell, l->n + 1, LS_COLUMNS, 0, out);
}

/* A list of all that is known of each. */
static void networks_write(const struct listed *l, struct text *out)
{
	size_t i;

	text_add(out, "[");
	for (i = 0; i < l->n; i++) {
		text_add(out, i ? ",\n" : "\n");
		table_write(&network_table, &l->v[i], true, out);
	}
	text_add(out, l->n ? "\n]\n" : "]\n");
}

static int ls_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const struct ls_options *o = c->opt;
	struct listed l = {0};
	size_t i;
	int r = *c->rt->data ? ls_read(c->rt->data, &a, &l, err) : 0;

	if (r < 0)
		return r;
	for (i = 0; o->quiet && i < l.n; i++)
		text_addf(&out, "%s\n", l.v[i].name);
	if (o->format == LS_TABLE && !o->quiet)
		ls_table(&l, &a, &out);
	if (o->format == LS_JSON && !o->quiet)
		networks_write(&l, &out);
	return output_text(&out, err);
}

static const char *const ls_formats[] = {"table", "json", NULL};

static const struct option_spec ls_options[] = {
	{.name = "quiet", .letter = 'q', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct ls_options, quiet), .help = "print names alone"},
	{.name = "format", .value = "FORMAT", .kind = OPTION_CHOICE, .choices = ls_formats,
	 .offset = OPTION_FIELD(unsigned, struct ls_options, format),
	 .help = "table (the default) or json"},
	{0},
};

static const struct option_spec *const ls_tables[] = {ls_options, NULL};

const struct verb verb_network_ls = {
	.name = "network ls",
	.synopsis = "[OPTION...]",
	.help = "list networks",
	.tables = ls_tables,
	.options_size = sizeof(struct ls_options),
	.stateless = true,
	.run = ls_run,
};

/* ---- inspect --------------------------------------------------------------------------------- */

static int inspect_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct listed l = {0};
	struct net n;
	size_t i;

	for (i = 0; i < c->args_n; i++) {
		int r = network_look(c->rt->data, c->args[i], &a, &n, err);

		if (r < 0)
			return r;
		LIST_ADD(&a, &l, n);
	}
	networks_write(&l, &out);
	return output_text(&out, err);
}

static const struct option_spec *const no_tables[] = {NULL};

const struct verb verb_network_inspect = {
	.name = "network inspect",
	.synopsis = "NETWORK...",
	.help = "print what hoy knows of networks, and who is in them",
	.tables = no_tables,
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a network",
	.stateless = true,
	.run = inspect_run,
};
