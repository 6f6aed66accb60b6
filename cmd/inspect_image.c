/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/inspect_image.h"

#include <errno.h>

#include "base/fd.h"
#include "image/image.h"
#include "image/stack.h"
#include "image/usage.h"

#define MEMBER "\n        "

static void string(const char *name, const char *value, struct text *out)
{
	text_addf(out, MEMBER "\"%s\": ", name);
	text_add_json(out, value ? value : "");
	text_add(out, ",");
}

/* All names of the image, and what it takes of the disk. */
static int names_write(const struct store *s, const struct image *image,
		       const struct platform *want, struct arena *a, struct text *out,
		       struct error *err)
{
	struct images all;
	struct usages use;
	size_t i, first = 0, n = 0;
	int r = image_list(s, want, a, &all, NULL, err);

	if (r == 0)
		r = usage_of(s, &all, a, &use, err);
	if (r < 0)
		return r;
	text_add(out, MEMBER "\"names\": [");
	for (i = 0; i < all.n; i++) {
		if (!digest_equal(&all.v[i].config_digest, &image->config_digest))
			continue;
		first = i;
		if (!all.v[i].name)
			continue;
		text_add(out, n++ ? ", " : "");
		text_add_json(out, all.v[i].name);
	}
	text_add(out, "],");
	if (all.n)
		text_addf(out, MEMBER "\"size\": %llu," MEMBER "\"own\": %llu,",
			  (unsigned long long)use.v[first].size,
			  (unsigned long long)use.v[first].own);
	return 0;
}

static int layers_write(const struct store *s, const struct image *image, struct arena *a,
			struct text *out, struct error *err)
{
	struct stack stack = {0};
	size_t i;
	int r = stack_read(s, &image->config_digest, a, &stack, err);

	if (r < 0 && r != -ENOENT)
		return r;
	text_add(out, MEMBER "\"layers\": [");
	for (i = 0; i < image->manifest.layers.n; i++) {
		const struct image_descriptor *d = &image->manifest.layers.v[i];

		text_addf(out, "%s\n            {\"digest\": \"%s\", \"mediaType\": ", i ? "," : "",
			  d->digest);
		text_add_json(out, d->media_type);
		text_addf(out, ", \"size\": %llu}", (unsigned long long)d->size);
	}
	text_add(out, "]," MEMBER "\"directories\": [");
	for (i = 0; i < stack.layers.n; i++) {
		text_add(out, i ? ",\n            " : "\n            ");
		text_add_json(out,
			      arena_join(a, s->path, "/layers/", stack.layers.v[i], "/root", NULL));
	}
	text_add(out, "],");
	return 0;
}

static int image_write(const struct store *s, const struct image *image,
		       const struct platform *want, struct arena *a, struct text *out,
		       struct error *err)
{
	char text[DIGEST_TEXT_MAX];
	int r;

	text_add(out, "    {");
	string("id", digest_text(&image->config_digest, text), out);
	string("digest", digest_text(&image->target_digest, text), out);
	string("manifest", digest_text(&image->manifest_digest, text), out);
	r = names_write(s, image, want, a, out, err);
	if (r == 0)
		r = layers_write(s, image, a, out, err);
	/* The configuration as the specification has it, which says the rest. */
	text_add(out, MEMBER "\"config\": ");
	image_config_write(&image->config, out);
	text_add(out, "\n    }");
	return r;
}

int inspect_image(const struct runtime *rt, const char *name, struct arena *a, struct text *out,
		  struct error *err)
{
	_cleanup_(store_close) struct store s = STORE_INIT;
	struct platform here;
	struct image image;
	int r = platform_parse(NULL, a, &here, err);

	if (r < 0)
		return r;
	r = store_open(rt->data, false, STORE_SHARED, &s, err);
	if (r == -ENOENT)
		return error_say(err, ENOENT, "there is no image \"%s\" here", name);
	if (r == 0)
		r = image_find(&s, name, &here, a, &image, err);
	return r < 0 ? r : image_write(&s, &image, &here, a, out, err);
}
