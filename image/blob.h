/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob: content on its way into the store. It is written to ingest/ under the lock of that file,
 * its digest taken meanwhile; when size and digest are right it is synced and renamed. So twenty
 * that want the same blob write it once: the others wait for the lock and find it there.
 *
 * What a killed process leaves is gone on with: its bytes are read again for the digest. For
 * hoy-image alone.
 */
#ifndef HOY_IMAGE_BLOB_H
#define HOY_IMAGE_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "image/hash.h"
#include "image/store.h"

struct blob {
	const struct store *store;
	struct digest digest; /* wanted */
	uint64_t size;	      /* wanted, in bytes */
	bool any;	      /* neither is known: what comes decides */
	int fd;
	uint64_t have; /* bytes, of which the first may be an earlier process's */
	struct hash hash;
	char name[STORE_NAME_MAX + 16]; /* below the store */
};

#define BLOB_INIT        \
	{                \
		.fd = -1 \
	}

/* Waits for whoever fetches it already. 1: it is in the store. 0: it is to be written from b->have
 * on, and blob_commit or blob_abandon ends that. -errno with err. */
int blob_begin(const struct store *s, const struct digest *digest, uint64_t size, struct blob *b,
	       struct error *err);
/* One whose digest is known only when it is whole. */
int blob_begin_any(const struct store *s, struct blob *b, struct error *err);
/* Forgets what there is: b->have is 0. 0 or -errno with err. */
int blob_restart(struct blob *b, struct error *err);
/* 0 or -errno with err; more than there is to be is an error at once. */
int blob_add(struct blob *b, const void *p, size_t len, struct error *err);
/* Checks it and gives it its name; b->digest and b->size then say what it is. After a failure
 * nothing is left of it. */
int blob_commit(struct blob *b, struct error *err);
/* Does nothing behind blob_commit. keep: for a later try. */
void blob_abandon(struct blob *b, bool keep);

/* All at once. 0 or -errno with err. */
int blob_put(const struct store *s, const void *p, size_t len, struct digest *ret,
	     struct error *err);

#endif
