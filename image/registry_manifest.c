/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "image/hash.h"
#include "image/manifest_type.h"
#include "image/registry_parts.h"

#define ACCEPT TYPE_OCI_INDEX ", " TYPE_OCI_MANIFEST ", " TYPE_DOCKER_LIST ", " TYPE_DOCKER_MANIFEST

static int body_take(void *arg, const struct http_response *head, const void *p, size_t n)
{
	struct text *body = arg;

	if (head->length > (int64_t)REGISTRY_MANIFEST_MAX || n > REGISTRY_MANIFEST_MAX - body->len)
		return -EFBIG;
	text_add_bytes(body, p, n);
	return 0;
}

/* The digest of the bytes, which must be the one asked for and the one that the registry names. */
static int digest_check(const struct text *body, const struct digest *asked, const char *named,
			struct digest *ret, struct error *err)
{
	enum digest_algorithm algorithm = asked ? asked->algorithm : DIGEST_SHA256;
	struct digest of_registry, ours;
	char text[DIGEST_TEXT_MAX];

	if (named && digest_parse(named, &of_registry, err) < 0)
		return -EPROTO;
	if (named && !asked)
		algorithm = of_registry.algorithm;
	hash_bytes(algorithm, body->s ? body->s : "", body->len, &ours);
	if (asked && !digest_equal(asked, &ours))
		return error_say(err, EBADMSG, "what came is not what the digest names, but %s",
				 digest_text(&ours, text));
	/* It may be named by another algorithm than it was asked for. */
	if (named && of_registry.algorithm == algorithm && !digest_equal(&of_registry, &ours))
		return error_say(err, EBADMSG, "the registry calls it %.150s, but it is %s", named,
				 digest_text(&ours, text));
	*ret = ours;
	return 0;
}

struct manifest {
	struct text body;
	const char *type;
	struct digest digest;
};

static int manifest_get(struct registry *r, struct endpoint *e, const char *name,
			const struct digest *asked, struct manifest *ret, struct error *err)
{
	_cleanup_(http_response_free) struct http_response response = HTTP_RESPONSE_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct call call = {
		.method = HTTP_GET,
		.path = arena_join(&a, "manifests/", name, NULL),
		.accept = ACCEPT,
		.timeout = REGISTRY_TIMEOUT,
		.sink = body_take,
		.sink_arg = &ret->body,
	};
	struct tries tries = tries_of(r, e);
	int result, again;

	do {
		ret->body.len = 0;
		result = registry_call(r, e, &call, &response, err);
		again = registry_again(r, &tries, result, &response, err);
	} while (again > 0);
	if (again < 0)
		return again;
	if (result == -EFBIG && response.failure == HTTP_ENDED)
		return error_say(err, EFBIG, "the manifest is larger than %u MiB",
				 REGISTRY_MANIFEST_MAX >> 20);
	if (result < 0)
		return result;
	if (response.status != 200)
		return registry_refusal(r, e, "manifest", &response, err);
	registry_warning(r, e, response.warning);
	result = digest_check(&ret->body, asked, response.digest, &ret->digest, err);
	if (result < 0)
		return result;
	return manifest_type(ret->body.s ? ret->body.s : "", ret->body.len, response.content_type,
			     &ret->type, err);
}

int registry_manifest(struct registry *r, const char *tag_or_digest, struct text *body,
		      char media_type[REGISTRY_TYPE_MAX], struct digest *digest, struct error *err)
{
	struct manifest m = {0};
	struct digest asked;
	bool by_digest;
	int result = registry_name(tag_or_digest, &asked, &by_digest, err);

	for (size_t i = 0; result == 0 && i < r->endpoints_n; i++) {
		struct endpoint *e = &r->endpoints[i];

		result = manifest_get(r, e, tag_or_digest, by_digest ? &asked : NULL, &m, err);
		if (result == 0)
			atomic_store(&r->chosen, i);
		if (result == 0 || !registry_next(r, i, result, err))
			break;
		result = 0;
	}
	if (result == 0) {
		text_add_bytes(body, m.body.s ? m.body.s : "", m.body.len);
		snprintf(media_type, REGISTRY_TYPE_MAX, "%s", m.type);
		*digest = m.digest;
	} else {
		registry_step(r, "pull", tag_or_digest, err);
	}
	text_free(&m.body);
	return result;
}
