/* SPDX-License-Identifier: Apache-2.0 */
#include "image/compose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/list.h"
#include "image/blob.h"
#include "image/install.h"
#include "image/naming.h"
#include "image/reference.h"

#define TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_CONFIG   "application/vnd.oci.image.config.v1+json"

int compose_name(const char *text, struct arena *a, const char **ret, struct error *err)
{
	struct reference ref;
	int r;

	*ret = NULL;
	if (!text)
		return 0;
	r = reference_parse(text, a, &ref, err);
	if (r == 0 && ref.has_digest)
		r = error_say(err, EINVAL, "\"%s\" has a digest: a name must not", text);
	if (r == 0)
		*ret = reference_text(&ref, a);
	return r;
}

const char *compose_time(time_t otherwise, struct arena *a)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	unsigned long long seconds;
	char text[sizeof("2026-03-01T12:00:00Z") + 16];
	struct tm tm;

	if (epoch && parse_u64(epoch, 0, UINT32_MAX, &seconds) == 0)
		otherwise = (time_t)seconds;
	if (!gmtime_r(&otherwise, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NULL;
	return arena_strdup(a, text);
}

void compose_layer(struct compose *c, const struct layer *l, const struct image_history *h)
{
	struct arena *a = c->context->arena;
	char text[DIGEST_TEXT_MAX];
	struct image_descriptor d = {
		.media_type = l->type,
		.digest = arena_strdup(a, digest_text(&l->blob, text)),
		.size = l->size,
	};

	LIST_ADD(a, &c->layers, d);
	LIST_ADD(a, &c->config.rootfs.diff_ids, arena_strdup(a, digest_text(&l->diff, text)));
	LIST_ADD(a, &c->config.history, *h);
	c->config.created = h->created;
}

static int document_put(struct compose *c, const struct text *t, const char *type,
			struct image_descriptor *ret, struct error *err)
{
	char text[DIGEST_TEXT_MAX];
	struct digest d;
	int r = blob_put(c->store, t->s, t->len, &d, err);

	if (r < 0)
		return r;
	*ret = (struct image_descriptor){
		.media_type = type,
		.digest = arena_strdup(c->context->arena, digest_text(&d, text)),
		.size = t->len,
	};
	return 0;
}

int compose_commit(struct compose *c, const char *name, struct error *err)
{
	_cleanup_(text_free) struct text config = TEXT_INIT, manifest = TEXT_INIT;
	const struct source store_alone = {.parallel = 2};
	struct image_manifest m = {
		.schema_version = 2, .media_type = TYPE_MANIFEST, .layers = c->layers};
	struct arena *a = c->context->arena;
	struct image_descriptor target;
	struct image image;
	int r;

	image_config_write(&c->config, &config);
	r = document_put(c, &config, TYPE_CONFIG, &m.config, err);
	if (r < 0)
		return r;
	image_manifest_write(&m, &manifest);
	r = document_put(c, &manifest, TYPE_MANIFEST, &target, err);
	/* The descriptor is a manifest's: no platform is chosen. */
	if (r == 0)
		r = install_image(c->store, &store_alone, &target, NULL, a, &image,
				  c->context->warn, err);
	if (r == 0)
		r = naming_add(c->store, name, &target, a, err);
	if (r < 0)
		return r;
	printf("sha256:%s\n", image.config_digest.hex);
	return 0;
}
