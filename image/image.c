/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "image/reference.h"

#define ID_DIGITS_MIN 3 /* fewer say nothing */

bool image_type_is_index(const char *t)
{
	return t && (streq(t, "application/vnd.oci.image.index.v1+json") ||
		     streq(t, "application/vnd.docker.distribution.manifest.list.v2+json"));
}

bool image_type_is_manifest(const char *t)
{
	return t && (streq(t, "application/vnd.oci.image.manifest.v1+json") ||
		     streq(t, "application/vnd.docker.distribution.manifest.v2+json"));
}

const char *image_name_of(const struct image_descriptor *d)
{
	size_t i;

	for (i = 0; i < d->annotations.n; i++)
		if (streq(d->annotations.v[i].key, STORE_NAME))
			return d->annotations.v[i].value;
	return NULL;
}

const struct image_descriptor *image_entry(const struct image_index *index, const char *name)
{
	size_t i;

	for (i = 0; i < index->manifests.n; i++) {
		const char *have = image_name_of(&index->manifests.v[i]);

		if (have && streq(have, name))
			return &index->manifests.v[i];
	}
	return NULL;
}

/* ---- From a descriptor to the image ---------------------------------------------------------- */

static int document(const struct store *s, const struct digest *d, struct text *out,
		    const char *what, struct error *err)
{
	char text[DIGEST_TEXT_MAX];
	int r = store_document(s, d, out, err);

	if (r == -ENOENT) {
		error_hint(err, "\"hoy fsck\" looks for damage; pulling or loading the image again "
				"repairs it");
		error_say(err, ENOENT, "%s %s is not in the image store", what,
			  digest_text(d, text));
	}
	return r;
}

/* *ret: the manifest's digest, which is the target's own or that of an index's choice. */
static int manifest_choose(const struct store *s, const struct image_descriptor *target,
			   const struct platform *want, struct arena *a, struct digest *ret,
			   struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const struct image_descriptor *d;
	struct image_index index;
	char text[DIGEST_TEXT_MAX];
	int r;

	if (!image_type_is_index(target->media_type))
		return 0;
	r = document(s, ret, &t, "the index", err);
	if (r == 0)
		r = image_index_parse(t.s, t.len, digest_text(ret, text), a, &index, err);
	if (r < 0)
		return r;
	d = platform_choose(&index, want);
	if (!d)
		return error_say(err, ENOENT, "the image has nothing for %s",
				 platform_text(want, a));
	return digest_parse(d->digest, ret, err);
}

int image_open(const struct store *s, const struct image_descriptor *target,
	       const struct platform *want, struct arena *a, struct image *ret, struct error *err)
{
	_cleanup_(text_free) struct text manifest = TEXT_INIT, config = TEXT_INIT;
	struct image i = {.name = image_name_of(target), .target = target};
	char text[DIGEST_TEXT_MAX];
	int r = digest_parse(target->digest, &i.target_digest, err);

	i.manifest_digest = i.target_digest;
	if (r == 0)
		r = manifest_choose(s, target, want, a, &i.manifest_digest, err);
	if (r == 0)
		r = document(s, &i.manifest_digest, &manifest, "the manifest", err);
	if (r == 0)
		r = image_manifest_parse(manifest.s, manifest.len,
					 digest_text(&i.manifest_digest, text), a, &i.manifest,
					 err);
	if (r == 0)
		r = digest_parse(i.manifest.config.digest, &i.config_digest, err);
	if (r == 0)
		r = document(s, &i.config_digest, &config, "the configuration", err);
	if (r == 0)
		r = image_config_parse(config.s, config.len, digest_text(&i.config_digest, text), a,
				       &i.config, err);
	if (r == 0)
		*ret = i;
	return r;
}

/* ---- Looking for one ------------------------------------------------------------------------- */

int image_list(const struct store *s, const struct platform *want, struct arena *a,
	       struct images *ret, struct warnings *warn, struct error *err)
{
	struct image_index index;
	struct images images = {0};
	int r = store_index(s, a, &index, err);
	size_t k;

	if (r < 0)
		return r;
	images.v = arena_alloc(a, (index.manifests.n + 1) * sizeof(*images.v));
	for (k = 0; k < index.manifests.n; k++) {
		struct error why = ERROR_INIT;
		char text[2048];

		if (image_open(s, &index.manifests.v[k], want, a, &images.v[images.n], &why) == 0)
			images.n++;
		else
			warn_add(warn, "%s: %s",
				 image_name_of(&index.manifests.v[k])
					 ? image_name_of(&index.manifests.v[k])
					 : index.manifests.v[k].digest,
				 error_text(&why, text, sizeof(text)));
	}
	*ret = images;
	return 0;
}

static bool is_id(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return !text[n] && n >= ID_DIGITS_MIN && n <= DIGEST_HEX_MAX;
}

static int find_id(const struct store *s, const char *text, const struct platform *want,
		   struct arena *a, struct image *ret, struct error *err)
{
	const char *digits = starts_with(text, "sha256:") ? text + strlen("sha256:") : text;
	const struct image *found = NULL;
	struct images all;
	size_t i;
	int r = image_list(s, want, a, &all, NULL, err);

	if (r < 0)
		return r;
	for (i = 0; i < all.n; i++) {
		if (!starts_with(all.v[i].config_digest.hex, digits))
			continue;
		if (found && !digest_equal(&found->config_digest, &all.v[i].config_digest))
			return error_say(err, EINVAL,
					 "the ID \"%s\" is that of more than one image", text);
		found = found ? found : &all.v[i];
	}
	if (!found)
		return -ENOENT;
	*ret = *found;
	return 0;
}

static int find_name(const struct store *s, const char *name, const struct platform *want,
		     struct arena *a, struct image *ret, struct error *err)
{
	struct image_index *index = arena_alloc(a, sizeof(*index));
	const struct image_descriptor *d;
	int r = store_index(s, a, index, err);

	if (r < 0)
		return r;
	d = image_entry(index, name);
	if (!d)
		return -ENOENT;
	return image_open(s, d, want, a, ret, err) < 0 ? -EIO : 0;
}

int image_find(const struct store *s, const char *text, const struct platform *want,
	       struct arena *a, struct image *ret, struct error *err)
{
	bool id = is_id(text) || (starts_with(text, "sha256:") && is_id(text + strlen("sha256:")));
	struct reference ref;
	int r = -ENOENT;

	if (!starts_with(text, "sha256:")) {
		r = reference_parse(text, a, &ref, id ? NULL : err);
		if (r < 0 && !id)
			return r;
		r = r < 0 ? -ENOENT : find_name(s, reference_text(&ref, a), want, a, ret, err);
	}
	if (r == -ENOENT && id)
		r = find_id(s, text, want, a, ret, err);
	if (r != -ENOENT)
		return r;
	error_hint(err, "\"hoy images\" lists those that are here");
	return error_say(err, ENOENT, "there is no image \"%s\" here", text);
}
