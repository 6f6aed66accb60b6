/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/image.h"

#include <errno.h>
#include <string.h>

#include "spec/json.h"
#include "spec/table.h"

#define SCHEMA_VERSION 2
#define LAYOUT_VERSION "1.0.0"

/* ---- Tables ----------------------------------------------------------------------------- */

static const struct field platform_fields[] = {
	FIELD_STRING(struct image_platform, architecture, "architecture",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct image_platform, os, "os", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct image_platform, os_version, "os.version"),
	FIELD_STRINGS(struct image_platform, os_features, "os.features"),
	FIELD_STRING(struct image_platform, variant, "variant"),
};
static const struct table platform_table = TABLE(platform_fields);

static const struct field descriptor_fields[] = {
	FIELD_STRING(struct image_descriptor, media_type, "mediaType",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct image_descriptor, digest, "digest",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_U64(struct image_descriptor, size, "size", .flags = FIELD_REQUIRED, .max = INT64_MAX),
	FIELD_STRINGS(struct image_descriptor, urls, "urls"),
	FIELD_STRING_MAP(struct image_descriptor, annotations, "annotations"),
	FIELD_STRING(struct image_descriptor, artifact_type, "artifactType"),
	FIELD_OBJECT_PTR(struct image_descriptor, platform, "platform", platform_table),
};
static const struct table descriptor_table = TABLE(descriptor_fields);

#define SCHEMA(S)                                                              \
	FIELD_U32(S, schema_version, "schemaVersion", .flags = FIELD_REQUIRED, \
		  .min = SCHEMA_VERSION, .max = SCHEMA_VERSION)

static const struct field index_fields[] = {
	SCHEMA(struct image_index),
	FIELD_STRING(struct image_index, media_type, "mediaType"),
	FIELD_STRING(struct image_index, artifact_type, "artifactType"),
	FIELD_LIST(struct image_index, manifests, "manifests", descriptor_table,
		   .flags = FIELD_REQUIRED),
	FIELD_OBJECT_PTR(struct image_index, subject, "subject", descriptor_table),
	FIELD_STRING_MAP(struct image_index, annotations, "annotations"),
};
static const struct table index_table = TABLE(index_fields);

static const struct field manifest_fields[] = {
	SCHEMA(struct image_manifest),
	FIELD_STRING(struct image_manifest, media_type, "mediaType"),
	FIELD_STRING(struct image_manifest, artifact_type, "artifactType"),
	FIELD_OBJECT(struct image_manifest, config, "config", descriptor_table,
		     .flags = FIELD_REQUIRED),
	FIELD_LIST(struct image_manifest, layers, "layers", descriptor_table,
		   .flags = FIELD_REQUIRED),
	FIELD_OBJECT_PTR(struct image_manifest, subject, "subject", descriptor_table),
	FIELD_STRING_MAP(struct image_manifest, annotations, "annotations"),
};
static const struct table manifest_table = TABLE(manifest_fields);

/* Whatever an entry has: it means its key. */
static const struct table name_table = {NULL, 0};

static const struct field execution_fields[] = {
	FIELD_STRING(struct image_execution, user, "User"),
	FIELD_MAP(struct image_execution, exposed_ports, "ExposedPorts", name_table),
	FIELD_STRINGS(struct image_execution, env, "Env"),
	FIELD_STRINGS_PTR(struct image_execution, entrypoint, "Entrypoint"),
	FIELD_STRINGS_PTR(struct image_execution, cmd, "Cmd"),
	FIELD_MAP(struct image_execution, volumes, "Volumes", name_table),
	FIELD_STRING(struct image_execution, working_dir, "WorkingDir"),
	FIELD_STRING_MAP(struct image_execution, labels, "Labels"),
	FIELD_STRING(struct image_execution, stop_signal, "StopSignal"),
	FIELD_BOOL(struct image_execution, args_escaped, "ArgsEscaped"),
};
static const struct table execution_table = TABLE(execution_fields);

static const char *const rootfs_types[] = {"layers", NULL};

static const struct field rootfs_fields[] = {
	FIELD_STRING(struct image_rootfs, type, "type", .flags = FIELD_REQUIRED,
		     .values = rootfs_types),
	FIELD_STRINGS(struct image_rootfs, diff_ids, "diff_ids", .flags = FIELD_REQUIRED),
};

static const struct table rootfs_table = TABLE(rootfs_fields);

static const struct field history_fields[] = {
	FIELD_STRING(struct image_history, created, "created"),
	FIELD_STRING(struct image_history, created_by, "created_by"),
	FIELD_STRING(struct image_history, author, "author"),
	FIELD_STRING(struct image_history, comment, "comment"),
	FIELD_BOOL(struct image_history, empty_layer, "empty_layer"),
};
static const struct table history_table = TABLE(history_fields);

static const struct field image_config_fields[] = {
	FIELD_STRING(struct image_config, created, "created"),
	FIELD_STRING(struct image_config, author, "author"),
	FIELD_STRING(struct image_config, architecture, "architecture", .flags = FIELD_REQUIRED),
	FIELD_STRING(struct image_config, os, "os", .flags = FIELD_REQUIRED),
	FIELD_STRING(struct image_config, os_version, "os.version"),
	FIELD_STRINGS(struct image_config, os_features, "os.features"),
	FIELD_STRING(struct image_config, variant, "variant"),
	FIELD_OBJECT(struct image_config, config, "config", execution_table),
	FIELD_OBJECT(struct image_config, rootfs, "rootfs", rootfs_table, .flags = FIELD_REQUIRED),
	FIELD_LIST(struct image_config, history, "history", history_table),
};
static const struct table image_config_table = TABLE(image_config_fields);

struct layout {
	const char *version;
};

static const struct field layout_fields[] = {
	FIELD_STRING(struct layout, version, "imageLayoutVersion", .flags = FIELD_REQUIRED),
};
static const struct table layout_table = TABLE(layout_fields);

/* ---- Reading ---------------------------------------------------------------------------- */

/* One document that can be read as two kinds has two meanings (CVE-2021-41190): foreign names those
 * properties by which another kind is known. */
static int foreign_check(const struct json *root, const char *const *foreign, struct error *err)
{
	const struct json *c;
	size_t i;

	for (c = root->first; c; c = c->next)
		for (i = 0; foreign[i]; i++)
			if (streq(c->key, foreign[i]) && c->type != JSON_NULL)
				return error_at(err, c->key, "belongs to another kind of document");
	return 0;
}

static int document_read(const char *text, size_t len, const char *doc, const struct table *t,
			 const char *const *foreign, void *ret, struct arena *a, struct error *err)
{
	const struct json *root;
	int r = json_parse(text, len, a, &root, err);

	if (r == 0 && root->type != JSON_OBJECT)
		r = error_say(err, EINVAL, "the document must be an object, got %s",
			      json_type_name(root->type));
	if (r == 0)
		r = foreign_check(root, foreign, err);
	if (r == 0)
		r = table_read(t, root, ret, a, err);
	if (r < 0)
		error_doc(err, doc);
	return r;
}

/* mediaType, where it is there, must be the document's own (manifest.md and image-index.md). */
static int type_check(const char *type, const char *const *allowed, const char *doc,
		      struct error *err)
{
	size_t i;

	if (!type)
		return 0;
	for (i = 0; allowed[i]; i++)
		if (streq(type, allowed[i]))
			return 0;
	error_doc(err, doc);
	return error_at(err, "mediaType", "\"%.200s\" is not the type of this document: %s", type,
			allowed[0]);
}

int image_index_parse(const char *text, size_t len, const char *doc, struct arena *a,
		      struct image_index *ret, struct error *err)
{
	static const char *const types[] = {
		"application/vnd.oci.image.index.v1+json",
		"application/vnd.docker.distribution.manifest.list.v2+json",
		NULL,
	};
	static const char *const foreign[] = {"config", "layers", "fsLayers", NULL};
	struct image_index i = {0};
	int r = document_read(text, len, doc, &index_table, foreign, &i, a, err);

	if (r == 0)
		r = type_check(i.media_type, types, doc, err);
	if (r == 0)
		*ret = i;
	return r;
}

int image_manifest_parse(const char *text, size_t len, const char *doc, struct arena *a,
			 struct image_manifest *ret, struct error *err)
{
	static const char *const types[] = {
		"application/vnd.oci.image.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v2+json",
		NULL,
	};
	static const char *const foreign[] = {"manifests", "fsLayers", NULL};
	struct image_manifest m = {0};
	int r = document_read(text, len, doc, &manifest_table, foreign, &m, a, err);

	if (r == 0)
		r = type_check(m.media_type, types, doc, err);
	if (r == 0)
		*ret = m;
	return r;
}

int image_config_parse(const char *text, size_t len, const char *doc, struct arena *a,
		       struct image_config *ret, struct error *err)
{
	static const char *const foreign[] = {"manifests", "layers", "fsLayers", NULL};
	struct image_config c = {0};
	int r = document_read(text, len, doc, &image_config_table, foreign, &c, a, err);

	if (r == 0)
		*ret = c;
	return r;
}

int image_layout_check(const char *text, size_t len, const char *doc, struct error *err)
{
	static const char *const foreign[] = {NULL};
	struct arena a = ARENA_INIT;
	struct layout l = {0};
	int r = document_read(text, len, doc, &layout_table, foreign, &l, &a, err);

	if (r == 0 && !streq(l.version, LAYOUT_VERSION)) {
		error_doc(err, doc);
		r = error_at(err, "imageLayoutVersion",
			     "must be \"" LAYOUT_VERSION "\", got \"%.100s\"", l.version);
	}
	arena_free(&a);
	return r;
}

/* ---- Writing ---------------------------------------------------------------------------- */

void image_index_write(const struct image_index *i, struct text *out)
{
	table_write(&index_table, i, false, out);
}

void image_manifest_write(const struct image_manifest *m, struct text *out)
{
	table_write(&manifest_table, m, false, out);
}

void image_config_write(const struct image_config *c, struct text *out)
{
	table_write(&image_config_table, c, false, out);
}
