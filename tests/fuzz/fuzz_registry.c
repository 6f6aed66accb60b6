/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for what registries and configurations say: the first byte says which, the rest is its
 * text (tests/fuzz/README).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/base64.h"
#include "image/challenge.h"
#include "image/credentials.h"
#include "image/manifest_type.h"
#include "image/registries_conf.h"
#include "image/registry_parts.h"
#include "image/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void challenge(const char *text, struct arena *a)
{
	struct challenge c;

	challenge_parse(text, a, &c);
	if (c.scheme == CHALLENGE_BEARER && !c.realm)
		abort(); /* nowhere to go */
}

static int credentials(const char *text, size_t len, struct arena *a, struct error *err)
{
	struct credentials c = {0};
	const char *helper = NULL;
	int r = credentials_read(text, len, "r.example", "team/x", a, &c, &helper, err);

	if (r > 0 && !helper && !c.identity_token && (!c.user || !c.password))
		abort();
	credentials_answer_read(text, len, a, &c, NULL);
	return r;
}

/* Where a reference goes is a reference too. */
static int conf(const char *text, size_t len, struct arena *a, struct error *err)
{
	struct registries_conf conf = {0};
	struct registries_places places;
	struct reference ref;
	int r = registries_conf_add(&conf, text, len, a, err);

	reference_parse("a.r.example/team/x:1", a, &ref, NULL);
	if (r == 0)
		r = registries_conf_places(&conf, &ref, a, &places, err);
	for (size_t i = 0; r == 0 && i < places.n; i++)
		if (reference_parse(
			    arena_join(a, places.v[i].host, "/", places.v[i].repository, NULL), a,
			    &ref, NULL) < 0)
			abort();
	return r;
}

static int headers(const char *text, struct arena *a, struct error *err)
{
	const char *url, *bytes;
	uint64_t from, total;
	char said[200];
	size_t n;

	retry_after_seconds(text);
	if (content_range_parse(text, &from, &total) == 0 && total && from >= total)
		abort();
	registry_error_text(text, strlen(text), said, sizeof(said));
	if (base64_decode(text, a, &bytes, &n) == 0 && strlen(bytes) > strlen(text))
		abort();
	return url_resolve("https://a.example/v2/", text, a, &url, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	const char *text, *type;
	int r = 0;

	if (!size)
		return 0;
	text = arena_memdup(&a, data + 1, size - 1);
	if (data[0] == 'w')
		challenge(text, &a);
	else if (data[0] == 'c')
		r = credentials(text, size - 1, &a, &err);
	else if (data[0] == 't')
		r = conf(text, size - 1, &a, &err);
	else if (data[0] == 'm')
		r = manifest_type(text, size - 1, NULL, &type, &err);
	else
		r = headers(text, &a, &err);
	if (r < 0 && !err.why[0])
		abort(); /* an error without a reason */
	arena_free(&a);
	return 0;
}
