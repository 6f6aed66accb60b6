/* SPDX-License-Identifier: Apache-2.0 */
#include "image/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

static const EVP_MD *method(enum digest_algorithm algorithm)
{
	return algorithm == DIGEST_SHA512 ? EVP_sha512() : EVP_sha256();
}

void hash_begin(struct hash *h, enum digest_algorithm algorithm)
{
	if (!h->ctx)
		h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || EVP_DigestInit_ex(h->ctx, method(algorithm), NULL) != 1)
		abort(); /* as the arena does */
	h->algorithm = algorithm;
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		abort();
}

void hash_end(struct hash *h, struct digest *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_DigestFinal_ex(h->ctx, raw, &n) != 1 || n * 2 > DIGEST_HEX_MAX)
		abort();
	*ret = (struct digest){.algorithm = h->algorithm};
	for (unsigned i = 0; i < n; i++) {
		ret->hex[2 * i] = digits[raw[i] >> 4];
		ret->hex[2 * i + 1] = digits[raw[i] & 15];
	}
}

void hash_free(struct hash *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
}

void hash_bytes(enum digest_algorithm algorithm, const void *p, size_t n, struct digest *ret)
{
	struct hash h = HASH_INIT;

	hash_begin(&h, algorithm);
	hash_add(&h, p, n);
	hash_end(&h, ret);
	hash_free(&h);
}
