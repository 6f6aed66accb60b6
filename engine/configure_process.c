/* SPDX-License-Identifier: Apache-2.0 */
/* What the process executes, where, as whom, and its limits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/configure_parts.h"
#include "engine/user.h"
#include "engine/values.h"
#include "spec/json.h"
#include "spec/names.h"

/* ---- Arguments ------------------------------------------------------------------------------- */

/* --entrypoint: one word, or a JSON list of words. */
static int entrypoint_parse(const char *text, struct arena *a, struct strings *ret,
			    struct error *err)
{
	const struct json *list, *word;

	if (text[0] != '[') {
		if (*text)
			LIST_ADD(a, ret, text);
		return 0;
	}
	if (json_parse(text, strlen(text), a, &list, NULL) < 0 || list->type != JSON_LIST)
		return value_wrong("--entrypoint", "a word or a JSON list of words", text, err);
	for (word = list->first; word; word = word->next) {
		if (word->type != JSON_STRING)
			return value_wrong("--entrypoint", "a word or a JSON list of words", text,
					   err);
		LIST_ADD(a, ret, word->text);
	}
	return 0;
}

static void words_add(struct strings *to, const struct strings *from, struct arena *a)
{
	size_t i;

	for (i = 0; from && i < from->n; i++)
		LIST_ADD(a, to, from->v[i]);
}

/* The entry point, and behind it the command; an entry point of one's own makes the image's command
 * meaningless, which is its arguments. */
static int process_args(const struct configure *in, struct process *p, struct error *err)
{
	const struct image_execution *x = &in->source->image->config;
	const struct run_options *o = in->opt;
	size_t i;
	int r = 0;

	if (o->entrypoint)
		r = entrypoint_parse(o->entrypoint, in->arena, &p->args, err);
	else
		words_add(&p->args, x->entrypoint, in->arena);
	for (i = 0; i < o->command_n; i++)
		LIST_ADD(in->arena, &p->args, o->command[i]);
	if (!o->command_n && !o->entrypoint)
		words_add(&p->args, x->cmd, in->arena);
	if (in->early)
		return r;
	if (r == 0 && !p->args.n)
		return error_say(err, EINVAL,
				 o->rootfs ? "what the container is to run is missing"
					   : "what the container is to run is missing: the "
					     "image doesn't say it");
	if (r == 0 && !*p->args.v[0])
		return error_say(err, EINVAL, "the name of the program to run is empty");
	return r;
}

/* ---- User and directory ---------------------------------------------------------------------- */

static int process_user(const struct configure *in, struct process *p, struct error *err)
{
	const char *own = in->opt->user, *images = in->source->image->config.user;
	int r;

	if (in->early)
		return 0;
	r = user_resolve(in->source->root, own ? own : images, &in->opt->groups, in->arena,
			 &p->user, err);
	/* Who has mapped no other group than his own can't set groups (user_namespaces(7)). */
	if (r == 0 && in->machine->gids == 1 && p->user.additional_gids.n == 1)
		p->user.additional_gids.n = 0;
	if (r < 0)
		error_field(err, "%s",
			    own	     ? "--user"
			    : images ? "the image's User"
				     : "--group-add");
	return r;
}

static int process_cwd(const struct configure *in, struct process *p, struct error *err)
{
	const char *own = in->opt->workdir, *images = in->source->image->config.working_dir;

	p->cwd = "/";
	if (own) {
		if (own[0] != '/')
			return value_wrong("--workdir", "an absolute path", own, err);
		p->cwd = own;
	} else if (images && *images) {
		/* Old images have relative ones; docker takes them from the root. */
		p->cwd = images[0] == '/' ? images : arena_join(in->arena, "/", images, NULL);
	}
	return 0;
}

/* ---- Limits ---------------------------------------------------------------------------------- */

/* A limit of --ulimit; -1 and "unlimited" are none. */
static int limit_parse(const char *option, const char *text, uint64_t *ret, struct error *err)
{
	unsigned long long v = UINT64_MAX;

	if (!streq(text, "-1") && !streq(text, "unlimited") &&
	    parse_u64(text, 0, UINT64_MAX, &v) < 0)
		return value_wrong(option, "NAME=SOFT[:HARD] with numbers or -1 (unlimited)", text,
				   err);
	*ret = v;
	return 0;
}

/* "nofile" is RLIMIT_NOFILE. NULL: there is none of that name. */
static const char *rlimit_name(const char *name, struct arena *a)
{
	char *full = arena_join(a, "RLIMIT_", name, NULL), *s;

	for (s = full + strlen("RLIMIT_"); *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
	return rlimit_by_name(full) < 0 ? NULL : full;
}

static int ulimit_parse(const char *text, struct arena *a, struct process_rlimit *ret,
			struct error *err)
{
	struct string_pair pair;
	const char *colon;
	int r = value_pair("--ulimit", text, a, &pair, err);

	if (r < 0)
		return r;
	ret->type = rlimit_name(pair.key, a);
	if (!ret->type)
		return error_say(
			err, EINVAL,
			"--ulimit: there is no limit \"%.64s\" (nofile, nproc, core, stack "
			"and so on are known)",
			pair.key);
	colon = strchr(pair.value, ':');
	r = limit_parse("--ulimit",
			colon ? arena_memdup(a, pair.value, (size_t)(colon - pair.value))
			      : pair.value,
			&ret->soft, err);
	ret->hard = ret->soft;
	if (r == 0 && colon)
		r = limit_parse("--ulimit", colon + 1, &ret->hard, err);
	if (r == 0 && ret->soft > ret->hard)
		return error_say(err, EINVAL,
				 "--ulimit: %s: the soft limit must not be above the hard one",
				 pair.key);
	return r;
}

static int process_limits(const struct configure *in, struct process *p, struct error *err)
{
	const struct run_options *o = in->opt;
	struct process_rlimit limit;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < o->ulimits.n; i++) {
		r = ulimit_parse(o->ulimits.v[i], in->arena, &limit, err);
		if (r < 0)
			break;
		for (k = 0; k < p->rlimits.n && !streq(p->rlimits.v[k].type, limit.type); k++)
			;
		if (k < p->rlimits.n)
			p->rlimits.v[k] = limit;
		else
			LIST_ADD(in->arena, &p->rlimits, limit);
	}
	if (r == 0)
		r = value_i64("--oom-score-adj", o->oom_score_adj, -1000, 1000, in->arena,
			      &p->oom_score_adj, err);
	return r;
}

int configure_process(const struct configure *in, struct config *c, struct error *err)
{
	struct process *p = c->process;
	int r = process_args(in, p, err);

	p->terminal = in->opt->tty;
	if (r == 0)
		r = configure_env(in, &p->env, err);
	if (r == 0)
		r = process_cwd(in, p, err);
	if (r == 0)
		r = process_user(in, p, err);
	if (r == 0)
		r = process_limits(in, p, err);
	return r;
}
