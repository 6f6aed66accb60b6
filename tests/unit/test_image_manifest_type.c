/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of document a manifest is, and where redirects may lead. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "image/manifest_type.h"
#include "image/url.h"

#define ROWS(a)	 (sizeof(a) / sizeof((a)[0]))
#define IS(type) "{\"mediaType\":\"" type "\","
#define M	 "\"config\":{},\"layers\":[]}"
#define I	 "\"manifests\":[]}"

static void types(void **state)
{
	static const struct {
		const char *header, *body, *type; /* NULL: refused */
	} cases[] = {
		{TYPE_OCI_MANIFEST, "{" M, TYPE_OCI_MANIFEST},
		{TYPE_OCI_MANIFEST "; charset=utf-8", "{" M, TYPE_OCI_MANIFEST},
		{"Application/vnd.OCI.image.manifest.v1+json", "{" M, TYPE_OCI_MANIFEST},
		{TYPE_OCI_INDEX, "{" I, TYPE_OCI_INDEX},
		{TYPE_DOCKER_LIST, IS(TYPE_DOCKER_LIST) I, TYPE_DOCKER_LIST},
		{TYPE_DOCKER_MANIFEST, IS(TYPE_DOCKER_MANIFEST) M, TYPE_DOCKER_MANIFEST},
		{NULL, IS(TYPE_DOCKER_MANIFEST) M, TYPE_DOCKER_MANIFEST},
		{"application/json", IS(TYPE_OCI_INDEX) I, TYPE_OCI_INDEX},
		{"text/plain", "{" I, TYPE_OCI_INDEX},
		{"", "{" M, TYPE_OCI_MANIFEST},
		{TYPE_OCI_MANIFEST, "{\"manifests\":null," M, TYPE_OCI_MANIFEST},
		/* Header, type and properties each against another. */
		{TYPE_OCI_MANIFEST, IS(TYPE_DOCKER_MANIFEST) M, NULL},
		{TYPE_OCI_INDEX, IS(TYPE_OCI_MANIFEST) M, NULL},
		{TYPE_OCI_INDEX, "{" M, NULL},
		{TYPE_OCI_MANIFEST, "{" I, NULL},
		{TYPE_OCI_INDEX, "{\"manifests\":[]," M, NULL},
		{TYPE_OCI_MANIFEST, "{\"manifests\":[]," M, NULL},
		{NULL, "{\"manifests\":[]," M, NULL},
		{NULL, "{}", NULL},
		{"text/html", "{" M, NULL},
		{NULL, IS("application/x") M, NULL},
		{"application/vnd.docker.distribution.manifest.v1+prettyjws", "{\"fsLayers\":[]}",
		 NULL},
		{TYPE_OCI_MANIFEST, "[]", NULL},
		{TYPE_OCI_MANIFEST, "", NULL},
		{TYPE_OCI_MANIFEST, "{\"layers\":[],\"layers\":[]}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct error e = ERROR_INIT;
		const char *type = "untouched";
		int r = manifest_type(cases[i].body, strlen(cases[i].body), cases[i].header, &type,
				      &e);

		if ((r == 0) != (cases[i].type != NULL))
			fail_msg("case %zu: %d %s", i, r, e.why);
		assert_string_equal(type, cases[i].type ? cases[i].type : "untouched");
		assert_int_equal(!e.why[0], r == 0);
	}
}

static void urls(void **state)
{
	static const char *const cases[][3] = {
		/* base, Location, result */
		{"https://a.example/v2/x/", "/y?z=1", "https://a.example/y?z=1"},
		{"https://a.example/v2/x/", "y", "https://a.example/v2/x/y"},
		{"https://a.example/v2/", "http://b.example:80/y#here", "http://b.example:80/y"},
		{"https://a.example/v2/", "//b.example/y", "https://b.example/y"},
		{"https://a.example/v2/", "../../../../y", "https://a.example/y"},
		{"https://a.example/v2/", "file:///etc/passwd", NULL},
		{"https://a.example/v2/", "ftp://a.example/", NULL},
		{"https://a.example/v2/", "https://user:secret@a.example/", NULL},
		{"https://a.example/v2/", "https://", NULL},
		{"https://a.example/v2/", "https://a b/", NULL},
		{NULL, "relative", NULL},
		{NULL, "https://a.example/token", "https://a.example/token"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct error e = ERROR_INIT;
		const char *url = NULL;
		int r = url_resolve(cases[i][0], cases[i][1], &a, &url, &e);

		if ((r == 0) != (cases[i][2] != NULL))
			fail_msg("case %zu: %s %s", i, url ? url : "-", e.why);
		if (r == 0)
			assert_string_equal(url, cases[i][2]);
		else
			assert_true(r == -EPROTO && e.why[0]);
	}
}

static void origins(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"https://a.example/x", "https://a.example:443/y?z", true},
		{"http://a.example", "http://A.Example:80/", true},
		{"https://a.example", "http://a.example", false},
		{"https://a.example", "https://a.example:444", false},
		{"https://a.example", "https://b.a.example", false},
		{"https://a.example", "https://a.example.evil", false},
		{"https://a.example", "https://a.example@evil", false},
		{"https://[::1]:5000/", "https://[::1]:5000/v2", true},
		{"https://a.example", "nonsense://", false},
	};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *url;

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		assert_int_equal(url_same_origin(cases[i].a, cases[i].b), cases[i].same);
	assert_int_equal(url_add_query("https://a/t?x=1", "scope", "repository:a/b:pull,push&c", &a,
				       &url, NULL),
			 0);
	assert_string_equal(url, "https://a/t?x=1&scope=repository%3aa%2fb%3apull%2cpush%26c");
	assert_true(url_is_loopback("http://127.0.0.9:1/"));
	assert_true(url_is_loopback("http://LocalHost/"));
	assert_true(url_is_loopback("http://[::1]/"));
	assert_false(url_is_loopback("http://127.0.0.1.example/"));
	assert_false(url_is_loopback("http://localhost.example/"));
	assert_false(url_is_loopback("http://128.0.0.1/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(urls),
		cmocka_unit_test(origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
