/* SPDX-License-Identifier: Apache-2.0 */
/* References and digests. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "image/reference.h"

#define HEX_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA256 "sha256:" HEX_64
#define SHA512 "sha512:" HEX_64 HEX_64

static void digests(void **state)
{
	static const char *const bad[] = {
		"",
		HEX_64,
		"sha256",
		"sha256:",
		"sha256:" HEX_64 "0",
		"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"sha256:../../../../etc/passwd23456789abcdef0123456789abcdef0123456789abcdef",
		"sha512:" HEX_64,
		"SHA256:" HEX_64,
		"md5:0123456789abcdef0123456789abcdef",
		" " SHA256,
		SHA256 " ",
		SHA256 "\n",
	};
	char buf[DIGEST_TEXT_MAX];
	struct digest d, other;

	(void)state;
	assert_int_equal(digest_parse(SHA256, &d, NULL), 0);
	assert_int_equal(d.algorithm, DIGEST_SHA256);
	assert_string_equal(d.hex, HEX_64);
	assert_string_equal(digest_text(&d, buf), SHA256);
	assert_int_equal(digest_parse(SHA512, &other, NULL), 0);
	assert_string_equal(digest_text(&other, buf), SHA512);
	assert_false(digest_equal(&d, &other));
	assert_true(digest_equal(&d, &d));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error e = ERROR_INIT;

		assert_int_equal(digest_parse(bad[i], &d, &e), -EINVAL);
		assert_true(strlen(e.why) > 0);
		assert_int_equal(digest_parse(bad[i], &d, NULL), -EINVAL);
	}
	/* What failed has changed nothing. */
	assert_string_equal(d.hex, HEX_64);
}

/* host|repository|tag|digest, then both texts. */
static void good_references(void **state)
{
	static const struct {
		const char *in, *parts, *whole, *brief;
	} cases[] = {
		{"alpine", "docker.io|library/alpine|latest|", "docker.io/library/alpine:latest",
		 "alpine:latest"},
		{"alpine:3.19", "docker.io|library/alpine|3.19|", "docker.io/library/alpine:3.19",
		 "alpine:3.19"},
		{"me/app", "docker.io|me/app|latest|", "docker.io/me/app:latest", "me/app:latest"},
		{"docker.io/alpine", "docker.io|library/alpine|latest|",
		 "docker.io/library/alpine:latest", "alpine:latest"},
		{"index.docker.io/me/app:1", "docker.io|me/app|1|", "docker.io/me/app:1",
		 "me/app:1"},
		{"localhost/x", "localhost|x|latest|", "localhost/x:latest", "localhost/x:latest"},
		{"localhost:5000/x", "localhost:5000|x|latest|", "localhost:5000/x:latest",
		 "localhost:5000/x:latest"},
		{"registry.example/a/b/c:T_1.2-x", "registry.example|a/b/c|T_1.2-x|",
		 "registry.example/a/b/c:T_1.2-x", "registry.example/a/b/c:T_1.2-x"},
		{"[::1]:5000/x:1", "[::1]:5000|x|1|", "[::1]:5000/x:1", "[::1]:5000/x:1"},
		{"10.0.0.1/x", "10.0.0.1|x|latest|", "10.0.0.1/x:latest", "10.0.0.1/x:latest"},
		{"Upper.example:80/x", "Upper.example:80|x|latest|", "Upper.example:80/x:latest",
		 "Upper.example:80/x:latest"},
		{"a@" SHA256, "docker.io|library/a||" SHA256, "docker.io/library/a@" SHA256,
		 "a@" SHA256},
		{"r.example/a:t@" SHA256, "r.example|a|t|" SHA256, "r.example/a:t@" SHA256,
		 "r.example/a:t@" SHA256},
		{"a__b/c---d/e.f_g", "docker.io|a__b/c---d/e.f_g|latest|",
		 "docker.io/a__b/c---d/e.f_g:latest", "a__b/c---d/e.f_g:latest"},
		{"alpine:5000", "docker.io|library/alpine|5000|", "docker.io/library/alpine:5000",
		 "alpine:5000"},
		{"docker.io/a.b/c:1", "docker.io|a.b/c|1|", "docker.io/a.b/c:1", "docker.io/a.b/c:1"},
		/* The short form of this one must not become another's. */
		{"docker.io/library/a/b", "docker.io|library/a/b|latest|",
		 "docker.io/library/a/b:latest", "library/a/b:latest"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		struct reference r, again;
		char digest[DIGEST_TEXT_MAX] = "";

		assert_int_equal(reference_parse(cases[i].in, &a, &r, &e), 0);
		if (r.has_digest)
			digest_text(&r.digest, digest);
		assert_string_equal(arena_join(&a, r.host, "|", r.repository, "|",
					       r.tag ? r.tag : "", "|", digest, NULL),
				    cases[i].parts);
		assert_string_equal(reference_text(&r, &a), cases[i].whole);
		assert_string_equal(reference_short(&r, &a), cases[i].brief);
		/* Both mean the same again. */
		assert_int_equal(reference_parse(cases[i].whole, &a, &again, &e), 0);
		assert_string_equal(reference_text(&again, &a), cases[i].whole);
		assert_int_equal(reference_parse(cases[i].brief, &a, &again, &e), 0);
		assert_string_equal(reference_text(&again, &a), cases[i].whole);
	}
}

static void bad_references(void **state)
{
	char name[300], tag[200] = "a:";
	const char *const cases[] = {
		"",
		":",
		"@",
		"a:",
		"a@",
		":tag",
		"/a",
		"a/",
		"a//b",
		"Alpine",
		"me/App",
		"a..b",
		"a___b",
		"-a",
		"a-",
		"_a",
		"a_",
		".a/b",
		"a b",
		"a\n",
		"a/../b",
		"../a",
		"./a",
		"a:-x",
		"a:.x",
		"a:x/y:z w",
		"a:\xc3\xa4",
		"\xc3\xa4",
		"host:0/a",
		"host:99999/a",
		"host:x/a",
		"-h.example/a",
		"h-.example/a",
		"h..example/a",
		"[::1/a",
		"[]:1/a",
		"[::1]x/a",
		"localhost/",
		"a@sha256:12",
		"a:b:c",
		"a@" SHA256 "@" SHA256,
		"h.example:/a",
		"https://h.example/a",
		name,
		tag,
	};

	(void)state;
	memset(name, 'a', sizeof(name));
	name[250] = 0;
	memset(tag + 2, 'x', 129);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		struct reference r;

		if (reference_parse(cases[i], &a, &r, &e) == 0)
			fail_msg("\"%s\" was taken", cases[i]);
		assert_true(strlen(e.why) > 0);
		assert_int_equal(reference_parse(cases[i], &a, &r, NULL), -EINVAL);
	}
}

static void errors_say_what(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct error e = ERROR_INIT;
	struct reference r;

	(void)state;
	reference_parse("Alpine", &a, &r, &e);
	assert_string_equal(
		e.why,
		"\"Alpine\" is no reference to an image: the name of a repository is in lower "
		"case");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(good_references),
		cmocka_unit_test(bad_references),
		cmocka_unit_test(errors_say_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
