/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that make and remove volumes, and the group of all that know them. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/rootless.h"
#include "cmd/several.h"
#include "cmd/volume_list.h"
#include "engine/containers.h"
#include "engine/values.h"
#include "engine/volume_use.h"

/* ---- create ---------------------------------------------------------------------------------- */

struct create_volume {
	struct option_list labels;
	bool ignore;
};

static int labels_read(const struct option_list *list, struct arena *a, struct string_map *ret,
		       struct error *err)
{
	struct string_pair pair;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++) {
		const char *text = list->v[i];

		/* docker: a label without "=" is there, and empty. */
		if (*text && !strchr(text, '='))
			text = arena_join(a, text, "=", NULL);
		r = text_is_utf8(text) ? value_pair("--label", text, a, &pair, err)
				       : value_wrong("--label", "UTF-8", text, err);
		if (r == 0)
			map_set(ret, pair, a);
	}
	return r;
}

static int create_check(const struct call *c, struct error *err)
{
	return c->args_n ? volume_name_check(c->args[0], err) : 0;
}

static int create_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const struct create_volume *o = c->opt;
	struct volume_record record = {.anonymous = !c->args_n};
	const char *name = c->args_n ? c->args[0] : NULL;
	char id[CONTAINERS_ID_SIZE];
	int r = labels_read(&o->labels, &a, &record.labels, err);

	if (r < 0)
		return r;
	if (!*c->rt->data)
		return error_say(err, ENOENT, "--data-root is needed: neither $XDG_DATA_HOME nor $HOME is "
					      "set to an absolute path");
	volumes_sweep(c->rt->data);
	if (!name) {
		r = containers_new_id(id, err);
		if (r < 0)
			return r;
		name = id;
	}
	r = volumes_create(c->rt->data, name, &record, err);
	if (r == -EEXIST && !o->ignore) {
		error_hint(err, "--ignore takes the one that is there");
		return error_say(err, EEXIST, "there is a volume \"%s\" already", name);
	}
	if (r < 0 && r != -EEXIST)
		return r;
	text_addf(&out, "%s\n", name);
	return output_text(&out, err);
}

static const struct option_spec create_options[] = {
	{.name = "label", .letter = 'l', .value = "KEY=VALUE", .kind = OPTION_LIST,
	 .offset = OPTION_FIELD(struct option_list, struct create_volume, labels),
	 .help = "something to know it by; may be repeated"},
	{.name = "ignore", .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct create_volume, ignore),
	 .help = "no error where there is one of that name already"},
	{0},
};

static const struct option_spec *const create_tables[] = {create_options, NULL};

static const char *const create_text[] = {
	"Makes a volume and prints its name; without NAME it gets one of 64 digits and counts as anonymous. "
	"The first container that mounts it fills it with what its image has at that place. \"hoy run -v "
	"NAME:DIR\" makes one by itself.",
	NULL,
};

static const struct verb verb_create_volume = {
	.name = "volume create",
	.synopsis = "[OPTION...] [NAME]",
	.help = "make a volume",
	.text = create_text,
	.tables = create_tables,
	.options_size = sizeof(struct create_volume),
	.max = 1,
	.stateless = true,
	.check = create_check,
	.rootless = rootless_always,
	.run = create_run,
};

/* ---- rm -------------------------------------------------------------------------------------- */

struct rm_volume {
	bool force;
};

static int print_name(const char *name, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	text_addf(&out, "%s\n", name);
	return output_text(&out, err);
}

static int rm_one(const struct call *c, const char *name, struct error *err)
{
	const struct rm_volume *o = c->opt;
	int r = volume_name_check(name, err);

	if (r == 0)
		r = volume_remove_unused(c->rt->data, name, err);
	if (r == -ENOENT)
		return o->force ? 0 : error_say(err, ENOENT, "there is no volume \"%s\"", name);
	return r < 0 ? r : print_name(name, err);
}

static int rm_run(const struct call *c, struct error *err)
{
	volumes_sweep(c->rt->data);
	return several(c, rm_one, err);
}

static const struct option_spec rm_options[] = {
	{.name = "force", .letter = 'f', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct rm_volume, force),
	 .help = "no error where there is none; one that is used stays all the same"},
	{0},
};

static const struct option_spec *const rm_tables[] = {rm_options, NULL};

static const char *const rm_text[] = {
	"Removes volumes with all that is in them, and prints their names. One that a container uses, "
	"whether it runs or not, is not removed.",
	NULL,
};

static const struct verb verb_rm_volume = {
	.name = "volume rm",
	.synopsis = "[OPTION...] NAME...",
	.help = "remove volumes",
	.text = rm_text,
	.tables = rm_tables,
	.options_size = sizeof(struct rm_volume),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "a volume",
	.stateless = true,
	.rootless = rootless_always,
	.run = rm_run,
};

/* ---- prune ----------------------------------------------------------------------------------- */

struct prune_volumes {
	bool all, force;
	struct option_list filters;
};

static int prune_one(const struct call *c, const char *name, struct arena *a, struct error *err)
{
	const struct prune_volumes *o = c->opt;
	struct volume_record record;
	int r = volumes_read(c->rt->data, name, a, &record, err);

	if (r == 0 && !o->all && !record.anonymous)
		return 0;
	if (r == 0)
		r = volume_filters_match(c->rt->data, name, &record, &o->filters, a, err);
	if (r > 0) {
		r = volume_remove_unused(c->rt->data, name, err);
		if (r == 0)
			return print_name(name, err);
	}
	if (r == -EBUSY || r == -ENOENT) {
		*err = (struct error)ERROR_INIT;
		return 0;
	}
	return r;
}

static int prune_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct strings names;
	size_t i;
	int r = volumes_list(c->rt->data, &a, &names, err);

	for (i = 0; r == 0 && i < names.n; i++)
		r = prune_one(c, names.v[i], &a, err);
	volumes_sweep(c->rt->data);
	return r;
}

static const char *const prune_known[] = {"label=", NULL};

static int prune_check(const struct call *c, struct error *err)
{
	const struct prune_volumes *o = c->opt;

	return volume_filters_check(&o->filters, prune_known, err);
}

static const struct option_spec prune_options[] = {
	{.name = "all", .letter = 'a', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct prune_volumes, all),
	 .help = "also those with a name of their own"},
	{.name = "force", .letter = 'f', .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct prune_volumes, force),
	 .help = "accepted for compatibility: hoy never asks"},
	{.name = "filter", .value = "KEY=VALUE", .kind = OPTION_LIST,
	 .offset = OPTION_FIELD(struct option_list, struct prune_volumes, filters),
	 .help = "only with this label; may be repeated: all must hold"},
	{0},
};

static const struct option_spec *const prune_tables[] = {prune_options, NULL};

static const char *const prune_text[] = {
	"Removes the anonymous volumes that no container uses, and prints their names.",
	NULL,
};

static const struct verb verb_prune_volumes = {
	.name = "volume prune",
	.synopsis = "[OPTION...]",
	.help = "remove volumes that are not used",
	.text = prune_text,
	.tables = prune_tables,
	.options_size = sizeof(struct prune_volumes),
	.stateless = true,
	.check = prune_check,
	.rootless = rootless_always,
	.run = prune_run,
};

/* ---- The group ------------------------------------------------------------------------------- */

static const struct verb *const volume_verbs[] = {
	&verb_create_volume, &verb_volume_ls, &verb_volume_inspect, &verb_rm_volume,
	&verb_prune_volumes, NULL,
};

static const struct option_spec *const no_tables[] = {NULL};

static const char *const volume_text[] = {
	"Volumes are directories that outlive the containers which mount them: hoy run -v NAME:DIR.",
	NULL,
};

const struct verb verb_volume = {
	.name = "volume",
	.synopsis = "COMMAND [ARGUMENT...]",
	.help = "make, list and remove volumes",
	.text = volume_text,
	.tables = no_tables,
	.group = volume_verbs,
	.stateless = true,
};
