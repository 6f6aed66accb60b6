/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry: images at a registry (distribution-spec). One struct registry serves one reference: it
 * knows where to ask (mirrors first, then the registry itself; registries_conf.h), what each of
 * those may be told (credentials.h, certificates.h), and the tokens that they gave.
 *
 *	registry_open(&ref, &options, &r, err)
 *	registry_manifest(r, ref.tag, …)	by one thread, first
 *	registry_blob(r, &layer, …)		by any number of threads at once
 *	registry_close(r)
 *
 * What comes from a registry is hostile until its digest matches. Manifests are verified here; of a
 * blob the caller takes the digest while it streams (hash.h). Whatever a registry does, a call ends:
 * sizes, redirects, tries and the time without bytes are bounded.
 *
 * Failures that may pass (a cut or stalled connection, 429, 5xx) are tried again, with growing
 * pauses. Credentials go to the registry that they are for, never to where it redirects to, and
 * never from https to http. The urls of foreign layers are not used at all.
 *
 * Errors have the step ("pull registry.example/web:1"), the registry's own words where it has some,
 * and a hint. ENOENT: it isn't there; EACCES: credentials are missing or don't suffice; EBADMSG: a
 * digest differs; EPROTO: what came is nonsense; ENOSPC, EFBIG and so on are those of the caller's
 * sink.
 */
#ifndef HOY_IMAGE_REGISTRY_H
#define HOY_IMAGE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "base/warn.h"
#include "image/reference.h"

#define REGISTRY_MANIFEST_MAX (4U * 1024 * 1024) /* bytes; what registries themselves take */
#define REGISTRY_TYPE_MAX     128		 /* of a media type with its NUL */

struct registry_options {
	bool insecure; /* certificates aren't looked at, plain http is spoken where https isn't */
	const char *authfile;	 /* instead of the usual ones (credentials.h); NULL */
	const char *credentials; /* "user:password" for the registry itself; NULL */
	const char *cert_dir;	 /* instead of certs.d (certificates.h); NULL */
	const char *user_agent;	 /* NULL: "hoy/VERSION" */
	unsigned tries;		 /* in a row without a byte more, before a call gives up; 0: 6 */
	unsigned pause; /* milliseconds before the second try, then twice as long; 0: 500 */
	unsigned stall; /* seconds without bytes until a connection counts as cut; 0: 30 */
	/* Asked about once a second while a call lasts, by its thread; a negative errno ends the
	 * call with it. */
	int (*check)(void *arg);
	void *check_arg;
	/* What mirrors failed with, and what registries want users to be told. Written under a lock
	 * of the registry's, so no one else may use the list before registry_close(). May be NULL.
	 */
	struct warnings *warn;
};

struct registry;

/* Reads the configuration files; nothing is sent. What ref and options point to is copied, but for
 * check_arg and warn. */
int registry_open(const struct reference *ref, const struct registry_options *options,
		  struct registry **ret, struct error *err);
void registry_close(struct registry *r);

/*
 * The manifest or index of that name: a tag, or "sha256:…", which need not be the one of the
 * reference. body gets its bytes, exactly as they came; media_type what they are
 * ("application/vnd.oci.image.index.v1+json"; never empty, and one of the four that hoy knows);
 * *digest their digest. It was compared with the one asked for, and with the one that the registry
 * named. 0 or a negative errno; the outputs are untouched then.
 */
int registry_manifest(struct registry *r, const char *tag_or_digest, struct text *body,
		      char media_type[REGISTRY_TYPE_MAX], struct digest *digest, struct error *err);

/*
 * Hands the bytes of a blob from offset on to sink, in order, each exactly once, through as many
 * connections as that takes. size is the whole blob's, from its descriptor: a registry that has
 * more or fewer fails the call. A negative errno of the sink ends the call, which returns it; the
 * sink may have filled err itself. On failure the bytes that were delivered are good for going on
 * later, as far as the caller's hash says so.
 */
typedef int registry_sink(void *arg, const void *p, size_t n);
int registry_blob(struct registry *r, const struct digest *digest, uint64_t size, uint64_t offset,
		  registry_sink *sink, void *arg, struct error *err);

/* ---- Push: to the registry itself, never to a mirror ----------------------------------------- */

/* 1 when the repository has it, 0 when not, or a negative errno. */
int registry_blob_exists(struct registry *r, const struct digest *digest, struct error *err);
/* Has the registry take the blob from another of its repositories. 1 when it did, 0 when it has to
 * be sent, or a negative errno. */
int registry_blob_mount(struct registry *r, const struct digest *digest, const char *repository,
			struct error *err);
/* Sends size bytes. source fills p with up to n of them from offset on and returns the number, or a
 * negative errno, which ends the call; it is asked for the same ones again when a try failed. */
typedef ssize_t registry_source(void *arg, uint64_t offset, void *p, size_t n);
int registry_blob_put(struct registry *r, const struct digest *digest, uint64_t size,
		      registry_source *source, void *arg, struct error *err);
/* Puts a manifest or index under a tag or its digest. Its blobs must be there before. */
int registry_manifest_put(struct registry *r, const char *tag_or_digest, const char *media_type,
			  const void *body, size_t len, struct error *err);

#endif
