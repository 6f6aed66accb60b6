/* SPDX-License-Identifier: Apache-2.0 */
#include "image/manifest_type.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/fd.h"
#include "base/text.h"
#include "spec/json.h"

static const struct {
	const char *type;
	bool index;
} known[] = {
	{TYPE_OCI_INDEX, true},
	{TYPE_OCI_MANIFEST, false},
	{TYPE_DOCKER_LIST, true},
	{TYPE_DOCKER_MANIFEST, false},
};
#define KNOWN (sizeof(known) / sizeof(*known))

#define SCHEMA_1 "application/vnd.docker.distribution.manifest.v1"

/* What servers say that know nothing better. */
static const char *const vague[] = {"application/json", "text/plain", "application/octet-stream",
				    ""};

struct shape {
	const char *media_type; /* NULL: it has none */
	bool index, manifest;	/* has the properties of one */
};

static void shape_of(const struct json *object, struct shape *ret)
{
	for (const struct json *j = object->first; j; j = j->next) {
		if (streq(j->key, "mediaType") && j->type == JSON_STRING && j->text[0])
			ret->media_type = j->text;
		/* null is absent, as everywhere. */
		else if (streq(j->key, "manifests"))
			ret->index |= j->type != JSON_NULL;
		else if (streq(j->key, "config") || streq(j->key, "layers") ||
			 streq(j->key, "fsLayers"))
			ret->manifest |= j->type != JSON_NULL;
	}
}

/* The number in the table of the first n bytes, or KNOWN. */
static size_t find(const char *type, size_t n)
{
	size_t i = 0;

	while (i < KNOWN &&
	       (strlen(known[i].type) != n || strncasecmp(known[i].type, type, n) != 0))
		i++;
	return i;
}

static bool is_vague(const char *type, size_t n)
{
	for (size_t i = 0; i < sizeof(vague) / sizeof(*vague); i++)
		if (strlen(vague[i]) == n && strncasecmp(vague[i], type, n) == 0)
			return true;
	return false;
}

static int unknown(const char *type, int n, struct error *err)
{
	if (starts_with(type, SCHEMA_1)) {
		error_hint(err, "an image of that age has to be pushed again by a newer program");
		return error_say(err, EINVAL,
				 "the manifest is of Docker's schema 1, which is not supported");
	}
	return error_say(err, EINVAL, "\"%.*s\" is no type of a manifest", n > 100 ? 100 : n, type);
}

static int choose(const struct shape *shape, const char *header, const char **ret,
		  struct error *err)
{
	size_t n = strcspn(header, "; \t"), of_header = find(header, n), of_body = KNOWN, i;

	if (shape->media_type)
		of_body = find(shape->media_type, strlen(shape->media_type));
	if (of_header == KNOWN && !is_vague(header, n))
		return unknown(header, (int)n, err);
	if (shape->media_type && of_body == KNOWN)
		return unknown(shape->media_type, (int)strlen(shape->media_type), err);
	if (of_header != KNOWN && of_body != KNOWN && of_header != of_body)
		return error_say(err, EPROTO,
				 "the registry says that it is %s, the manifest that it is %s",
				 known[of_header].type, known[of_body].type);
	i = of_body != KNOWN ? of_body : of_header;
	if (i == KNOWN && shape->index == shape->manifest)
		return error_say(err, EINVAL, "it is neither a manifest nor an index");
	if (i == KNOWN)
		i = find(shape->index ? TYPE_OCI_INDEX : TYPE_OCI_MANIFEST,
			 strlen(shape->index ? TYPE_OCI_INDEX : TYPE_OCI_MANIFEST));
	if (known[i].index ? shape->manifest : shape->index)
		return error_say(err, EPROTO, "it is a manifest and an index at once");
	*ret = known[i].type;
	return 0;
}

int manifest_type(const char *body, size_t len, const char *content_type, const char **ret,
		  struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const struct json *json;
	struct shape shape = {0};
	int r = json_parse(body, len, &a, &json, err);

	if (r == 0 && json->type != JSON_OBJECT)
		r = error_say(err, EINVAL, "must be an object, got %s", json_type_name(json->type));
	if (r < 0) {
		error_doc(err, "manifest");
		return r;
	}
	shape_of(json, &shape);
	return choose(&shape, content_type ? content_type : "", ret, err);
}
