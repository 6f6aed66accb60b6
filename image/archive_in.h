/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_in: a tar file of images, from `hoy save`, `docker save`, `podman save`, skopeo or
 * buildah, read once from front to back: contents go into the store as blobs, documents are kept.
 * For hoy-image alone.
 */
#ifndef HOY_IMAGE_ARCHIVE_IN_H
#define HOY_IMAGE_ARCHIVE_IN_H

#include "image/store.h"

#define ARCHIVE_FILES_MAX 20000

/* A file in the archive. */
struct archive_file {
	const char *path;
	const char *link;     /* to another path of the archive; NULL: content */
	struct digest digest; /* of the blob that it has become */
	uint64_t size;	      /* bytes */
};

struct archive_in {
	struct text layout, index,
		manifest;	    /* oci-layout, index.json, manifest.json; empty: not there */
	struct archive_file *files; /* the arena's */
	size_t files_n;
};

/* fd: to be read to its end. 0 or -errno with err. Free with archive_in_free. */
int archive_in_read(const struct store *s, int fd, struct arena *a, struct archive_in *ret,
		    struct error *err);
void archive_in_free(struct archive_in *i);
/* The file at a path, through links of the archive; NULL: there is none. */
const struct archive_file *archive_in_find(const struct archive_in *i, const char *path);

#endif
