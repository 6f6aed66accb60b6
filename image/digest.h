/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest: the name of content by its hash (image-spec/descriptor.md, Digests). What has passed
 * digest_parse is letters and digits alone: only a struct digest may become part of a file's name
 * (security.md, R8).
 */
#ifndef HOY_IMAGE_DIGEST_H
#define HOY_IMAGE_DIGEST_H

#include <stdbool.h>

#include "base/error.h"

#define DIGEST_HEX_MAX	128 /* of sha512 */
#define DIGEST_TEXT_MAX (sizeof("sha512:") + DIGEST_HEX_MAX)

enum digest_algorithm { DIGEST_SHA256, DIGEST_SHA512 };

struct digest {
	enum digest_algorithm algorithm;
	char hex[DIGEST_HEX_MAX + 1]; /* lower case, 64 or 128 digits */
};

/* All of text: "sha256:" or "sha512:" and the digits. 0 or -EINVAL with words. */
int digest_parse(const char *text, struct digest *ret, struct error *err);
/* "sha256:…" into buf, which is returned. */
const char *digest_text(const struct digest *d, char buf[DIGEST_TEXT_MAX]);
/* The name of its algorithm, which is a directory of an image layout: "sha256". */
const char *digest_directory(const struct digest *d);
bool digest_equal(const struct digest *a, const struct digest *b);

#endif
