/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: images on disk, below the data directory (/var/lib/hoy):
 *
 *	oci-layout, index.json	which images there are: the directory is an image layout (image-spec,
 *				image-layout.md) that other tools can read
 *	blobs/ALGORITHM/HEX	manifests, configurations, layers as they were fetched
 *	layers/HEX/root		an unpacked layer, a lower directory for overlayfs
 *	layers/HEX/info		what is to be known about it (layer_info.h)
 *	stacks/HEX		which layers an image has, in order (stack.h)
 *	ingest/, staging/	blobs and layers that are on their way
 *	lock, index.lock
 *
 * What has a name of its own under blobs, layers and stacks is whole, and never changes: it was
 * made elsewhere, synced, and renamed. index.json is replaced in the same way. So a crash leaves the
 * old state or the new one, and besides only what collect() takes away.
 *
 * Locks, all by flock(2), so that they end with their process:
 * - `lock` shared: this process may have content that no image names yet, or reads some; exclusive:
 *   content that nothing names is removed (collect.h).
 * - `index.lock`: one changes index.json.
 * - a file in ingest/ and a directory in staging/: its owner is at work (blob.h, staging.h).
 */
#ifndef HOY_IMAGE_STORE_H
#define HOY_IMAGE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "image/digest.h"
#include "spec/image.h"

#define STORE_DOCUMENT_MAX (4u << 20) /* bytes of a manifest or configuration (distribution-spec) \
				       */
#define STORE_INDEX_MAX (16u << 20)

/* The annotation of index.json that holds an image's name. */
#define STORE_NAME "org.opencontainers.image.ref.name"

struct store {
	const char *path; /* absolute; the caller's */
	int fd;
	int lock; /* -1: none */
};

#define STORE_INIT                   \
	{                            \
		.fd = -1, .lock = -1 \
	}

enum store_lock {
	STORE_SHARED,
	STORE_EXCLUSIVE,     /* waits until nobody else is at work */
	STORE_EXCLUSIVE_NOW, /* -EWOULDBLOCK when somebody is */
};

/* The store at path. make: with its directories; without, -ENOENT (and nothing in err) when there
 * is none. 0 or -errno with err. */
int store_open(const char *path, bool make, enum store_lock how, struct store *ret,
	       struct error *err);
void store_close(struct store *s);

/* index.json; one that is not there is empty. 0 or -errno with err. */
int store_index(const struct store *s, struct arena *a, struct image_index *ret, struct error *err);
/* Changes it under its lock: `change` gets it as it is and returns 1 when it has changed it, 0 when
 * nothing is to be done, or -errno with err. Returns what `change` did, or -errno. */
int store_index_change(const struct store *s, struct arena *a,
		       int (*change)(void *arg, struct image_index *index, struct arena *a,
				     struct error *err),
		       void *arg, struct error *err);

/* "blobs/sha256/HEX" into buf, which is returned. */
#define STORE_NAME_MAX (DIGEST_TEXT_MAX + 16)
const char *store_blob_name(const struct digest *d, char buf[STORE_NAME_MAX]);
/* A document of the store. -ENOENT without words when it is not there. */
int store_document(const struct store *s, const struct digest *d, struct text *out,
		   struct error *err);
bool store_has(const struct store *s, const char *name);
/* The size of a blob in bytes; -1: it is not there. */
int64_t store_size(const struct store *s, const struct digest *d);

/* Gives dir/name these bytes for good: written beside it, synced, renamed, and the directory
 * synced. name: below the store. 0 or -errno with err. */
int store_put(const struct store *s, const char *dir, const char *name, const void *p, size_t len,
	      struct error *err);
/* fsync(2) of a directory below the store. */
int store_sync(const struct store *s, const char *dir, struct error *err);

#endif
