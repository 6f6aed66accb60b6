/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that look at the image store and change its index: images, tag. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/columns.h"
#include "cmd/output.h"
#include "cmd/size.h"
#include "cmd/verb.h"
#include "image/image.h"
#include "image/naming.h"
#include "image/reference.h"
#include "image/usage.h"

/* ---- images ---------------------------------------------------------------------------------- */

enum { IMAGES_TABLE, IMAGES_JSON };
enum { IMAGES_COLUMNS = 6 };

static const char *const images_formats[] = {"table", "json", NULL};

struct images_options {
	unsigned format;
	bool quiet, no_trunc, digests;
};

struct row {
	const char *cell[IMAGES_COLUMNS];
};

static const char *id_text(const struct image *i, bool whole, struct arena *a)
{
	char text[DIGEST_TEXT_MAX];

	return whole ? arena_strdup(a, digest_text(&i->config_digest, text))
		     : arena_memdup(a, i->config_digest.hex, IMAGE_ID_DIGITS);
}

/* The repository as people write it, and the tag; "<none>" for what isn't there. */
static void name_split(const struct image *i, struct arena *a, const char **repository,
		       const char **tag)
{
	struct reference ref;
	const char *text;
	char *at;

	*repository = *tag = "<none>";
	if (!i->name || reference_parse(i->name, a, &ref, NULL) < 0)
		return;
	if (ref.tag)
		*tag = ref.tag;
	ref.has_digest = false;
	ref.tag = ref.tag ? ref.tag : "x";
	text = reference_short(&ref, a);
	at = strrchr(text, ':');
	*repository = at ? arena_memdup(a, text, (size_t)(at - text)) : text;
}

/* "2026-03-01 12:00", of an RFC 3339 text. */
static const char *created_text(const char *created, struct arena *a)
{
	if (!created || strlen(created) < sizeof("2026-03-01T12:00") - 1)
		return "";
	return arena_join(a, arena_memdup(a, created, 10), " ", arena_memdup(a, created + 11, 5),
			  NULL);
}

static void images_table(const struct images *all, const struct usages *use,
			 const struct images_options *o, struct arena *a, struct text *out)
{
	struct row *rows = arena_alloc(a, (all->n + 1) * sizeof(*rows));
	size_t i;

	rows[0] = (struct row){{"REPOSITORY", o->digests ? "DIGEST" : "TAG", "IMAGE ID", "CREATED",
				"SIZE", "OWN"}};
	for (i = 0; i < all->n; i++) {
		const struct image *im = &all->v[i];
		const char *repository, *tag;
		char text[DIGEST_TEXT_MAX];

		name_split(im, a, &repository, &tag);
		rows[i + 1] = (struct row){
			{repository,
			 o->digests ? arena_strdup(a, digest_text(&im->target_digest, text)) : tag,
			 id_text(im, o->no_trunc, a), created_text(im->config.created, a),
			 size_text(use->v[i].size, a), size_text(use->v[i].own, a)}};
	}
	columns_write(rows[0].cell, all->n + 1, IMAGES_COLUMNS, 0, out);
}

static void images_json(const struct images *all, const struct usages *use, struct arena *a,
			struct text *out)
{
	char text[DIGEST_TEXT_MAX];
	size_t i;

	text_add(out, "[");
	for (i = 0; i < all->n; i++) {
		const struct image *im = &all->v[i];

		text_add(out, i ? ",{\"name\":" : "{\"name\":");
		if (im->name)
			text_add_json(out, im->name);
		else
			text_add(out, "null");
		text_addf(out,
			  ",\"id\":\"%s\",\"digest\":\"%s\",\"created\":", id_text(im, true, a),
			  digest_text(&im->target_digest, text));
		text_add_json(out, im->config.created ? im->config.created : "");
		text_addf(out, ",\"size\":%llu,\"shared\":%llu,\"own\":%llu}",
			  (unsigned long long)use->v[i].size,
			  (unsigned long long)(use->v[i].size - use->v[i].own),
			  (unsigned long long)use->v[i].own);
	}
	text_add(out, "]\n");
}

/* Opens the store to look at it. 1: there is none. */
static int store_look(const struct call *c, struct store *s, struct error *err)
{
	int r = store_open(c->rt->data, false, STORE_SHARED, s, err);

	return r == -ENOENT ? 1 : r;
}

static int images_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(text_free) struct text out = TEXT_INIT;
	_cleanup_(store_close) struct store s = STORE_INIT;
	const struct images_options *o = c->opt;
	struct images all = {0};
	struct usages use = {0};
	struct platform here;
	size_t i;
	int r = platform_parse(NULL, &a, &here, err), none;

	none = r < 0 ? r : store_look(c, &s, err);
	if (none < 0)
		return none;
	if (!none)
		r = image_list(&s, &here, &a, &all, c->rt->warn, err);
	if (r == 0 && !none)
		r = usage_of(&s, &all, &a, &use, err);
	if (r < 0)
		return r;
	if (o->quiet)
		for (i = 0; i < all.n; i++)
			text_addf(&out, "%s\n", id_text(&all.v[i], o->no_trunc, &a));
	else if (o->format == IMAGES_JSON)
		images_json(&all, &use, &a, &out);
	else
		images_table(&all, &use, o, &a, &out);
	return output_text(&out, err);
}

static const struct option_spec images_options[] = {
	{.name = "format",
	 .letter = 'f',
	 .value = "FORMAT",
	 .kind = OPTION_CHOICE,
	 .choices = images_formats,
	 .offset = OPTION_FIELD(unsigned, struct images_options, format),
	 .help = "table (the default) or json"},
	{.name = "quiet",
	 .letter = 'q',
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct images_options, quiet),
	 .help = "print IDs alone"},
	{.name = "no-trunc",
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct images_options, no_trunc),
	 .help = "print whole IDs"},
	{.name = "digests",
	 .kind = OPTION_FLAG,
	 .offset = OPTION_FIELD(bool, struct images_options, digests),
	 .help = "print the digest instead of the tag"},
	{0},
};

static const struct option_spec *const images_tables[] = {images_options, NULL};

static const char *const images_text[] = {
	"Lists the images that are here. SIZE is what an image takes on disk, unpacked and as it "
	"was fetched; OWN "
	"is the part of it that no other image shares, which is what removing it would free.",
	NULL,
};

const struct verb verb_images = {
	.name = "images",
	.synopsis = "[OPTION...]",
	.help = "list images",
	.text = images_text,
	.tables = images_tables,
	.options_size = sizeof(struct images_options),
	.run = images_run,
};

/* ---- tag ------------------------------------------------------------------------------------- */

static int tag_run(const struct call *c, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_(store_close) struct store s = STORE_INIT;
	struct platform here;
	struct reference ref;
	struct image image;
	size_t i;
	int r = platform_parse(NULL, &a, &here, err);

	if (r == 0)
		r = store_open(c->rt->data, true, STORE_SHARED, &s, err);
	if (r == 0)
		r = image_find(&s, c->args[0], &here, &a, &image, err);
	for (i = 1; r == 0 && i < c->args_n; i++) {
		r = reference_parse(c->args[i], &a, &ref, err);
		if (r == 0 && ref.has_digest)
			r = error_say(err, EINVAL, "\"%s\" has a digest: a name must not",
				      c->args[i]);
		if (r == 0)
			r = naming_add(&s, reference_text(&ref, &a), image.target, &a, err);
	}
	return r;
}

static const struct option_spec *const no_tables[] = {NULL};

const struct verb verb_tag = {
	.name = "tag",
	.synopsis = "IMAGE NAME...",
	.help = "give an image more names",
	.tables = no_tables,
	.min = 2,
	.max = VERB_ARGS_ANY,
	.needs = "an image and a name for it",
	.run = tag_run,
};
