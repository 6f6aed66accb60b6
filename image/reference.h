/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reference: how people name images. "alpine" is docker.io/library/alpine:latest, as they know it
 * from docker and podman; the grammar is that of the reference library of the distribution project,
 * whose names of repositories and tags are those of distribution-spec (Pulling manifests).
 */
#ifndef HOY_IMAGE_REFERENCE_H
#define HOY_IMAGE_REFERENCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "image/digest.h"

#define REFERENCE_HOST	    "docker.io"
#define REFERENCE_NAMESPACE "library" /* of names without a slash, on that host */
#define REFERENCE_TAG	    "latest"
#define REFERENCE_NAME_MAX  255 /* bytes of host, slash and repository */
#define REFERENCE_TAG_MAX   128

struct reference {
	const char *host;	/* with the port: "registry.example:5000", "[::1]:5000" */
	const char *repository; /* "library/alpine" */
	const char *tag;	/* NULL: there is a digest and no tag */
	bool has_digest;
	struct digest digest;
};

/* [HOST[:PORT]/]NAME[/NAME…][:TAG][@DIGEST]. The first part is a host if it has a dot or a colon or
 * is "localhost". Strings belong to the arena. 0 or -EINVAL with words. */
int reference_parse(const char *text, struct arena *a, struct reference *ret, struct error *err);

/* Whether a text is a tag. 0 or -EINVAL with words. */
int reference_tag_check(const char *tag, struct error *err);

/* The whole: "docker.io/library/alpine:latest". In the arena. */
const char *reference_text(const struct reference *r, struct arena *a);
/* As people write it: "alpine:latest", "registry.example/web:1". In the arena. */
const char *reference_short(const struct reference *r, struct arena *a);

#endif
