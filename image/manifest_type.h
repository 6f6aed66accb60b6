/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest_type: which kind of document a manifest is. The answer's Content-Type, the document's
 * own mediaType and its properties each say so; where they disagree, two programs would see two
 * images in the same bytes (CVE-2021-41190), so that is an error.
 */
#ifndef HOY_IMAGE_MANIFEST_TYPE_H
#define HOY_IMAGE_MANIFEST_TYPE_H

#include <stddef.h>

#include "base/error.h"

#define TYPE_OCI_INDEX	     "application/vnd.oci.image.index.v1+json"
#define TYPE_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define TYPE_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"

/* One of the four, a static string. content_type: of the answer, with parameters perhaps; may be
 * NULL. 0, or -EINVAL (the document is none) or -EPROTO (they disagree) with words. */
int manifest_type(const char *body, size_t len, const char *content_type, const char **ret,
		  struct error *err);

#endif
