/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "image/registry_parts.h"
#include "image/url.h"

static const char *blob_path(const char *before, const struct digest *digest, struct arena *a)
{
	char text[DIGEST_TEXT_MAX];

	return arena_join(a, before, digest_text(digest, text), NULL);
}

/* Adds what the call was about. */
static int fail(struct registry *r, const struct digest *digest, int result, struct error *err)
{
	char text[DIGEST_TEXT_MAX];

	registry_step(r, "push", digest_text(digest, text), err);
	return result;
}

int registry_blob_exists(struct registry *r, const struct digest *digest, struct error *err)
{
	_cleanup_(http_response_free) struct http_response response = HTTP_RESPONSE_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct call call = {
		.method = HTTP_HEAD,
		.path = blob_path("blobs/", digest, &a),
		.push = true,
		.timeout = REGISTRY_TIMEOUT,
	};
	int result = registry_calls(r, r->home, &call, &response, err);

	if (result == 0 && response.status == 200)
		return 1;
	if (result == 0 && response.status == 404)
		return 0;
	if (result == 0)
		result = registry_refusal(r, r->home, "blob", &response, err);
	return fail(r, digest, result, err);
}

int registry_blob_mount(struct registry *r, const struct digest *digest, const char *repository,
			struct error *err)
{
	_cleanup_(http_response_free) struct http_response response = HTTP_RESPONSE_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct call call = {
		.method = HTTP_POST,
		.path = arena_join(&a, blob_path("blobs/uploads/?mount=", digest, &a),
				   "&from=", repository, NULL),
		.push = true,
		.from = repository,
		.timeout = REGISTRY_TIMEOUT,
	};
	int result = registry_calls(r, r->home, &call, &response, err);

	if (result == 0 && response.status == 201)
		return 1;
	/* 202: an upload was begun instead, which nobody takes up. */
	if (result == 0 && (response.status == 202 || response.status == 404))
		return 0;
	if (result == 0)
		result = registry_refusal(r, r->home, "blob", &response, err);
	return fail(r, digest, result, err);
}

struct upload {
	registry_source *source;
	void *arg;
	int ended;
};

static ssize_t upload_read(void *arg, uint64_t offset, void *p, size_t n)
{
	struct upload *u = arg;
	ssize_t got = u->source(u->arg, offset, p, n);

	u->ended = got < 0 ? (int)got : 0;
	return got;
}

/* Where to send it: an upload session of the registry's, which may lie on another host. */
static int upload_begin(struct registry *r, const struct digest *digest,
			struct http_response *response, struct arena *a, const char **ret,
			struct error *err)
{
	struct call call = {
		.method = HTTP_POST,
		.path = "blobs/uploads/",
		.push = true,
		.timeout = REGISTRY_TIMEOUT,
	};
	const char *base;
	char text[DIGEST_TEXT_MAX];
	int result = registry_call(r, r->home, &call, response, err);

	if (result < 0 || response->status / 100 != 2)
		return result;
	response->failure = HTTP_REFUSED;
	if (response->status != 202 || !response->location)
		return error_say(err, EPROTO, "the registry doesn't say where to send it");
	/* Only now it is known whether that is https. */
	base = arena_join(a, r->home->base, "/v2/", r->home->repository, "/blobs/uploads/", NULL);
	result = url_resolve(base, response->location, a, ret, err);
	if (result < 0)
		return result;
	if (url_is_https(base) && !url_is_https(*ret))
		return error_say(err, EPROTO, "wants the upload over plain http, on %s: refused",
				 url_host(*ret, a));
	return url_add_query(*ret, "digest", digest_text(digest, text), a, ret, err);
}

/* One try. 0 when there is an answer: 201 of the upload, or what the registry refused with. */
static int upload(struct registry *r, const struct digest *digest, struct call *call,
		  struct http_response *response, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int result = upload_begin(r, digest, response, &a, &call->url, err);

	if (result < 0 || !call->url)
		return result;
	return registry_call(r, r->home, call, response, err);
}

int registry_blob_put(struct registry *r, const struct digest *digest, uint64_t size,
		      registry_source *source, void *arg, struct error *err)
{
	_cleanup_(http_response_free) struct http_response response = HTTP_RESPONSE_INIT;
	struct upload u = {.source = source, .arg = arg};
	struct call call = {
		.method = HTTP_PUT,
		.push = true,
		.content_type = "application/octet-stream",
		.source = upload_read,
		.source_arg = &u,
		.source_size = size,
	};
	struct tries tries = tries_of(r, r->home);
	int result, again;

	do {
		call.url = NULL;
		result = upload(r, digest, &call, &response, err);
		again = registry_again(r, &tries, result, &response, err);
	} while (again > 0);
	if (again < 0)
		result = again;
	else if (result == 0 && response.status != 201)
		result = registry_refusal(r, r->home, "blob", &response, err);
	return result < 0 ? fail(r, digest, result, err) : 0;
}

struct bytes {
	const char *p;
	size_t len;
};

static ssize_t bytes_read(void *arg, uint64_t offset, void *p, size_t n)
{
	const struct bytes *b = arg;

	if (n > b->len - offset)
		n = (size_t)(b->len - offset);
	memcpy(p, b->p + offset, n);
	return (ssize_t)n;
}

int registry_manifest_put(struct registry *r, const char *tag_or_digest, const char *media_type,
			  const void *body, size_t len, struct error *err)
{
	_cleanup_(http_response_free) struct http_response response = HTTP_RESPONSE_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct bytes bytes = {body, len};
	struct call call = {
		.method = HTTP_PUT,
		.path = arena_join(&a, "manifests/", tag_or_digest, NULL),
		.push = true,
		.content_type = media_type,
		.timeout = REGISTRY_TIMEOUT,
		.source = bytes_read,
		.source_arg = &bytes,
		.source_size = len,
	};
	struct digest digest;
	bool by_digest;
	int result = registry_name(tag_or_digest, &digest, &by_digest, err);

	if (result == 0)
		result = registry_calls(r, r->home, &call, &response, err);
	if (result == 0 && response.status != 201)
		result = registry_refusal(r, r->home, "manifest", &response, err);
	if (result < 0)
		registry_step(r, "push", tag_or_digest, err);
	return result;
}
