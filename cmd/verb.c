/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verb.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/manual.h"
#include "cmd/output.h"

enum { HELP_TEXT, HELP_MAN, HELP_BASH };

struct help_options {
	unsigned format; /* HELP_TEXT, … */
};

static const char *const help_formats[] = {"text", "man", "bash", NULL};

static const struct option_spec help_table[] = {
	{.name = "format", .letter = 'f', .value = "FORMAT", .kind = OPTION_CHOICE,
	 .choices = help_formats, .offset = OPTION_FIELD(unsigned, struct help_options, format),
	 .help = "text (the default); man: the manual page; bash: a completion script"},
	{0},
};

static const struct option_spec *const help_tables[] = {help_table, NULL};

static int help_manual(unsigned format, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	if (format == HELP_MAN)
		manual_man(&out);
	else
		manual_bash(&out);
	return output_text(&out, err);
}

static int help_run(const struct call *c, struct error *err)
{
	const struct help_options *opt = c->opt;
	const struct verb *v;
	size_t taken;

	if (opt->format != HELP_TEXT)
		return help_manual(opt->format, err);
	if (c->args_n == 0)
		return verb_help_all(err);
	v = verb_find(c->args, c->args_n, &taken, err);
	if (!v)
		return -EINVAL;
	if (taken < c->args_n)
		return error_say(err, EINVAL, "unexpected argument \"%s\"", c->args[taken]);
	return verb_help(v, err);
}

static const struct verb verb_of_help = {
	.name = "help",
	.synopsis = "[OPTION...] [COMMAND]",
	.help = "explain hoy or one of its commands",
	.tables = help_tables,
	.options_size = sizeof(struct help_options),
	.max = 2,
	.stateless = true,
	.run = help_run,
};

/* In the order of the help. A heading stands before the first of its verbs. */
static const struct {
	const char *heading;
	const struct verb *first;
} groups[] = {
	{"Containers of images and directories", &verb_run},
	{"Containers of bundles, as the OCI runtimes have it", &verb_create},
	{"Every container", &verb_start},
	{"Images", &verb_images},
	{"Others", &verb_plan},
};

const struct verb *const verbs[] = {
	&verb_run, &verb_attach, &verb_logs, &verb_port, &verb_rename, &verb_diff,
	&verb_volume, &verb_network,
	&verb_create, &verb_spec, &verb_state, &verb_list, &verb_delete,
	&verb_start, &verb_stop, &verb_restart, &verb_wait, &verb_rm, &verb_ps, &verb_inspect,
	&verb_exec, &verb_cp, &verb_kill,
	&verb_pause, &verb_resume, &verb_update, &verb_events, &verb_reclaim, &verb_stats, &verb_top,
	&verb_images, &verb_pull, &verb_load, &verb_tag, &verb_rmi, &verb_prune,
	&verb_push, &verb_import, &verb_save, &verb_commit, &verb_unpack, &verb_fsck,
	&verb_plan, &verb_features, &verb_version, &verb_of_help,
	&verb_monitor, NULL,
};

static const struct verb *named(const struct verb *const *v, const char *name, size_t skip)
{
	for (; *v; v++)
		if (streq((*v)->name + skip, name))
			return *v;
	return NULL;
}

const struct verb *verb_find(const char *const *words, size_t n, size_t *taken, struct error *err)
{
	const struct verb *v = named(verbs, words[0], 0), *in = NULL;

	*taken = 1;
	if (v && v->group && n > 1 && words[1][0] != '-') {
		in = v;
		v = named(in->group, words[1], strlen(in->name) + 1);
		*taken = 2;
	}
	if (v)
		return v;
	options_hint(in ? in->name : NULL, err);
	error_say(err, EINVAL, "unknown command \"%s%s%s\"", words[0], in ? " " : "",
		  in ? words[1] : "");
	return NULL;
}

void verbs_each(void (*use)(const struct verb *v, struct text *out), struct text *out)
{
	const struct verb *const *v, *const *of;

	for (v = verbs; *v; v++) {
		if ((*v)->internal)
			continue;
		if (!(*v)->group)
			use(*v, out);
		for (of = (*v)->group; of && *of; of++)
			use(*of, out);
	}
}

bool verb_of_images(const struct verb *v)
{
	const struct verb *const *at;
	bool images = false;

	for (at = verbs; *at; at++) {
		images = (images || *at == &verb_images) && *at != &verb_plan;
		if (*at == v)
			return images;
	}
	return false;
}

int verb_check_args(const struct verb *v, const char *const *args, size_t n, struct error *err)
{
	if (n >= v->min && n <= v->max)
		return 0;
	options_hint(v->name, err);
	if (n < v->min)
		return error_say(err, EINVAL, "\"hoy %s\" needs %s", v->name, v->needs);
	error_step(err, "%s", v->name);
	return error_say(err, EINVAL, "unexpected argument \"%s\"", args[v->max]);
}

static int group_help(const struct verb *v, struct text *out, struct error *err)
{
	const struct verb *const *of;

	text_add(out, "Commands:\n");
	for (of = v->group; *of; of++)
		text_addf(out, "  %-10s%s\n", (*of)->name + strlen(v->name) + 1, (*of)->help);
	text_addf(out, "\n\"hoy %s COMMAND --help\" explains a command.\n", v->name);
	return output_text(out, err);
}

int verb_help(const struct verb *v, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const char *const *paragraph;

	text_addf(&out, "Usage: hoy %s %s\n\n", v->name, v->synopsis);
	for (paragraph = v->text; paragraph && *paragraph; paragraph++) {
		options_wrap(*paragraph, 0, 0, &out);
		text_add(&out, "\n");
	}
	if (!v->text)
		text_addf(&out, "hoy %s: %s.\n\n", v->name, v->help);
	if (v->group)
		return group_help(v, &out, err);
	text_add(&out, "Options:\n");
	options_help(v->tables, &out);
	return output_text(&out, err);
}

static void heading_add(const struct verb *v, struct text *out)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].first == v)
			text_addf(out, "\n%s:\n", groups[i].heading);
}

int verb_help_all(struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	const struct verb *const *v;

	text_add(&out, "Usage: hoy [OPTION...] COMMAND [ARGUMENT...]\n\n"
		       "hoy runs containers: of images and directories for people, of bundles as the "
		       "OCI\nruntime specification describes them. \"run\" does both.\n");
	for (v = verbs; *v; v++) {
		heading_add(*v, &out);
		if (!(*v)->internal)
			text_addf(&out, "  %-10s%s\n", (*v)->name, (*v)->help);
	}
	text_add(&out, "\nOptions:\n");
	options_help(global_tables, &out);
	text_add(&out, "\n\"hoy COMMAND --help\" explains a command.\n");
	return output_text(&out, err);
}
