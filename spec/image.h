/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image: the documents of an image (image-spec: descriptor.md, image-index.md, manifest.md,
 * config.md, image-layout.md) as C structs. Docker's manifests of schema 2 have the same properties
 * under other media types and are read as well.
 *
 * Form alone is checked here. What a digest names, and whether the content has it, is image/'s
 * business.
 */
#ifndef HOY_SPEC_IMAGE_H
#define HOY_SPEC_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "spec/config.h"

struct image_platform {
	const char *architecture, *os; /* Go's words: "amd64", "linux" */
	const char *os_version, *variant;
	struct strings os_features;
};

struct image_descriptor {
	const char *media_type, *digest;
	uint64_t size; /* bytes of the content */
	struct strings urls;
	struct string_map annotations;
	const char *artifact_type;
	struct image_platform *platform; /* in an index; may be NULL */
};

struct image_descriptors {
	size_t n;
	struct image_descriptor *v;
};

/* An index: manifests for several platforms, or the images of a layout. */
struct image_index {
	uint32_t schema_version; /* 2 */
	const char *media_type, *artifact_type;
	struct image_descriptors manifests;
	struct image_descriptor *subject;
	struct string_map annotations;
};

struct image_manifest {
	uint32_t schema_version; /* 2 */
	const char *media_type, *artifact_type;
	struct image_descriptor config;
	struct image_descriptors layers; /* the lowest first */
	struct image_descriptor *subject;
	struct string_map annotations;
};

/* The keys of an object of empty objects (Go's map[string]struct{}). */
struct image_names {
	size_t n;
	struct image_name {
		const char *key;
	} * v;
};

/* What a container of the image runs, unless it is told otherwise. */
struct image_execution {
	const char *user, *working_dir, *stop_signal;
	struct image_names exposed_ports, volumes;
	struct strings env;
	struct strings *entrypoint, *cmd; /* NULL: absent, which differs from empty */
	struct string_map labels;
	bool args_escaped;
};

struct image_history {
	const char *created, *created_by, *author, *comment;
	bool empty_layer;
};

struct image_config {
	const char *created, *author; /* RFC 3339 */
	const char *architecture, *os, *os_version, *variant;
	struct strings os_features;
	struct image_execution config;
	struct image_rootfs {
		const char *type;	 /* "layers" */
		struct strings diff_ids; /* digests of the layers' tar files, the lowest first */
	} rootfs;
	struct {
		size_t n;
		struct image_history *v;
	} history;
};

/* Each reads a whole document. doc: its name in errors. What *ret points to belongs to the arena. 0
 * or -EINVAL with doc and field. */
int image_index_parse(const char *text, size_t len, const char *doc, struct arena *a,
		      struct image_index *ret, struct error *err);
int image_manifest_parse(const char *text, size_t len, const char *doc, struct arena *a,
			 struct image_manifest *ret, struct error *err);
int image_config_parse(const char *text, size_t len, const char *doc, struct arena *a,
		       struct image_config *ret, struct error *err);
/* The file oci-layout, whose version this understands: 1.0.0. */
int image_layout_check(const char *text, size_t len, const char *doc, struct error *err);

/* Each appends the document without white space, as its digest is taken of. */
void image_index_write(const struct image_index *i, struct text *out);
void image_manifest_write(const struct image_manifest *m, struct text *out);
void image_config_write(const struct image_config *c, struct text *out);

#endif
