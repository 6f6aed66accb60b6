/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that take from the image store: rmi, prune. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/rootless.h"
#include "cmd/size.h"
#include "cmd/verb.h"
#include "image/collect.h"
#include "image/image.h"
#include "image/naming.h"
#include "image/reference.h"

/* ---- rmi, prune ------------------------------------------------------------------------------ */

struct rmi_options {
	bool force;
};

static int used_by(void *arg, const char *id, const char *stack)
{
	const char **want = arg;

	if (!streq(stack, want[0]))
		return 0;
	want[1] = strdup(id);
	return 1;
}

/* The entries of the index that have this image. */
static size_t names_count(const struct images *all, const struct image *i)
{
	size_t k, n = 0;

	for (k = 0; k < all->n; k++)
		n += digest_equal(&all->v[k].config_digest, &i->config_digest);
	return n;
}

static int use_check(const struct store *s, const struct image *image, struct error *err)
{
	const char *want[2] = {image->config_digest.hex, NULL};
	int r = collect_containers(s, used_by, want, err);

	if (r > 0) {
		error_hint(err, "remove it first, or use --force: its root file system stays until "
				"it is removed");
		r = error_say(err, EBUSY, "the container %.64s is made from it", want[1]);
	}
	free((void *)(uintptr_t)want[1]);
	return r;
}

static int rmi_one(const struct call *c, const struct store *s, const char *text,
		   const struct platform *here, struct arena *a, struct text *out,
		   struct error *err)
{
	const struct rmi_options *o = c->opt;
	struct reference ref;
	struct images all;
	struct image image;
	bool by_name;
	size_t n;
	int r = image_find(s, text, here, a, &image, err);

	if (r == 0)
		r = image_list(s, here, a, &all, NULL, err);
	if (r < 0)
		return r;
	n = names_count(&all, &image);
	by_name = image.name && reference_parse(text, a, &ref, NULL) == 0 &&
		  streq(reference_text(&ref, a), image.name);
	if (!by_name && n > 1 && !o->force) {
		error_hint(err, "name one of them, or remove them all by --force");
		return error_say(err, EBUSY, "the image has %zu names", n);
	}
	if (!o->force && (n == 1 || !by_name))
		r = use_check(s, &image, err);
	if (r < 0)
		return r;
	r = by_name ? naming_remove(s, image.name, a, err)
		    : naming_remove_target(s, image.target->digest, a, err);
	if (r > 0 && image.name)
		text_addf(out, "Untagged: %s\n", image.name);
	if (r > 0 && (n == 1 || !by_name))
		text_addf(out, "Deleted: sha256:%s\n", image.config_digest.hex);
	return r < 0 ? r : 0;
}

/* Frees what nothing names any more; not when somebody is at work, who may be about to name it: the
 * next removal or "hoy prune" does it then. */
static int store_collect(const char *path, bool wait, struct collected *ret, struct error *err)
{
	_cleanup_(store_close) struct store s = STORE_INIT;
	int r = store_open(path, true, wait ? STORE_EXCLUSIVE : STORE_EXCLUSIVE_NOW, &s, err);

	return r < 0 ? r : collect(&s, ret, err);
}

static int rmi_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct error later = ERROR_INIT;
	struct collected freed;
	struct store s = STORE_INIT;
	struct platform here;
	size_t i;
	int r = platform_parse(NULL, &a, &here, err), e;

	if (r == 0)
		r = store_open(c->rt->data, true, STORE_SHARED, &s, err);
	for (i = 0; r == 0 && i < c->args_n; i++)
		r = rmi_one(c, &s, c->args[i], &here, &a, &out, err);
	store_close(&s);
	if (r < 0 && i > 0)
		error_step(err, "remove the image %s", c->args[i - 1]);
	if (out.len) {
		e = store_collect(c->rt->data, false, &freed, &later);
		if (e < 0 && e != -EWOULDBLOCK && r == 0) {
			*err = later;
			r = e;
		}
		e = output_text(&out, r < 0 ? NULL : err);
		r = r < 0 ? r : e;
	}
	return r;
}

static const struct option_spec rmi_options[] = {
	{.name = "force",
	 .letter = 'f',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct rmi_options, force),
	 .help = "also an image with several names, or one that a container is made from"},
	{0},
};

static const struct option_spec *const rmi_tables[] = {rmi_options, NULL};

static const char *const rmi_text[] = {
	"Takes an image's name away, and the image with its last name. What no other image shares "
	"is removed from "
	"the disk; while another command brings images, that is left to the next removal or \"hoy "
	"prune\".",
	NULL,
};

const struct verb verb_rmi = {
	.name = "rmi",
	.synopsis = "[OPTION...] IMAGE...",
	.help = "remove images",
	.text = rmi_text,
	.tables = rmi_tables,
	.options_size = sizeof(struct rmi_options),
	.min = 1,
	.max = VERB_ARGS_ANY,
	.needs = "an image",
	.rootless = rootless_always,
	.run = rmi_run,
};

struct prune_options {
	bool all;
};

static int prune_names(const struct call *c, struct text *out, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(store_close) struct store s = STORE_INIT;
	const struct prune_options *o = c->opt;
	struct platform here;
	struct images all = {0};
	size_t i;
	int r = platform_parse(NULL, &a, &here, err);

	if (r == 0)
		r = store_open(c->rt->data, true, STORE_SHARED, &s, err);
	if (r == 0)
		r = image_list(&s, &here, &a, &all, NULL, err);
	for (i = 0; r >= 0 && i < all.n; i++) {
		if ((all.v[i].name && !o->all) || use_check(&s, &all.v[i], NULL) < 0)
			continue;
		r = naming_remove_target(&s, all.v[i].target->digest, &a, err);
		if (r > 0)
			text_addf(out, "Deleted: sha256:%s\n", all.v[i].config_digest.hex);
	}
	return r < 0 ? r : 0;
}

static int prune_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct collected freed;
	int r = prune_names(c, &out, err);

	if (r == 0)
		r = store_collect(c->rt->data, true, &freed, err);
	if (r < 0)
		return r;
	text_addf(&out, "Freed: %s (%u layers, %u blobs)\n", size_text(freed.bytes, &a),
		  freed.layers, freed.blobs);
	return output_text(&out, err);
}

static const struct option_spec prune_options[] = {
	{.name = "all",
	 .letter = 'a',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct prune_options, all),
	 .help = "also images with names, if no container is made from them"},
	{0},
};

static const struct option_spec *const prune_tables[] = {prune_options, NULL};

static const char *const prune_text[] = {
	"Removes images without a name, what no image uses, and what commands that were killed "
	"have left. Waits "
	"until no other command works on the image store.",
	NULL,
};

const struct verb verb_prune = {
	.name = "prune",
	.synopsis = "[OPTION...]",
	.help = "remove images that are not used",
	.text = prune_text,
	.tables = prune_tables,
	.options_size = sizeof(struct prune_options),
	.rootless = rootless_always,
	.run = prune_run,
};
