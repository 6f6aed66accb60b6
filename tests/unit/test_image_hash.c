/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of bytes; the expected ones are the examples of FIPS 180-4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "image/hash.h"

#define EMPTY_256 "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC_256	  "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_512                                                                   \
	"sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static void known_digests(void **state)
{
	char text[DIGEST_TEXT_MAX];
	struct digest d;

	(void)state;
	hash_bytes(DIGEST_SHA256, "", 0, &d);
	assert_string_equal(digest_text(&d, text), EMPTY_256);
	hash_bytes(DIGEST_SHA256, "abc", 3, &d);
	assert_string_equal(digest_text(&d, text), ABC_256);
	hash_bytes(DIGEST_SHA512, "abc", 3, &d);
	assert_string_equal(digest_text(&d, text), ABC_512);
}

static void pieces_make_the_whole(void **state)
{
	_cleanup_(hash_free) struct hash h = HASH_INIT;
	char text[DIGEST_TEXT_MAX];
	struct digest d, parsed;

	(void)state;
	hash_begin(&h, DIGEST_SHA256);
	hash_add(&h, "nonsense", 8);
	hash_begin(&h, DIGEST_SHA512);
	for (size_t i = 0; i < 3; i++)
		hash_add(&h, &"abc"[i], 1);
	hash_end(&h, &d);
	assert_string_equal(digest_text(&d, text), ABC_512);
	assert_int_equal(digest_parse(text, &parsed, NULL), 0);
	assert_true(digest_equal(&d, &parsed));
	hash_begin(&h, DIGEST_SHA256);
	hash_end(&h, &d);
	assert_string_equal(digest_text(&d, text), EMPTY_256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests),
		cmocka_unit_test(pieces_make_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
