/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call to one endpoint.
 *
 *	settle		once: https, or http where that is allowed and https isn't spoken
 *	follow		the request, and wherever it is redirected to
 *	learn		from 401: get a token or take credentials, and once more
 *
 * Authorization is for the endpoint's own origin. A redirect that leaves the origin loses it for
 * the rest of the way, even when a later one comes back: what another host wrote into a URL is no
 * wish of the user's (CVE-2020-15157). The client's certificate goes the same way.
 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "image/registry_parts.h"
#include "image/url.h"

/* Two: a token may have run out while it was used; the new one is refused for good. */
#define AUTH_TRIES 2

/* ---- https or http --------------------------------------------------------------------------- */

static int settle_ask(struct registry *r, struct endpoint *e, struct http_response *response,
		      struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct http_request q = {
		.method = HTTP_GET,
		.url = arena_join(&a, e->base, "/v2/", NULL),
		.tls = &e->tls,
		.client_cert = true,
		.timeout = REGISTRY_TIMEOUT,
	};

	return http_perform(r->http, &q, response, err);
}

/* Where http will do, https is preferred: whoever doesn't speak it cuts the connection while TLS
 * begins. */
static int settle(struct registry *r, struct endpoint *e, struct http_response *response,
		  struct error *err)
{
	struct error of_https = ERROR_INIT;
	const char *https;
	int result = 0;

	pthread_mutex_lock(&e->lock);
	https = e->base;
	if (!e->settled && e->http_ok) {
		result = settle_ask(r, e, response, &of_https);
		if (result < 0 && response->failure != HTTP_ENDED &&
		    response->failure != HTTP_UNTRUSTED) {
			e->base = arena_join(&e->arena, "http", https + strlen("https"), NULL);
			result = settle_ask(r, e, response, err);
			if (result < 0)
				e->base = https;
		} else if (result < 0 && err) {
			*err = of_https;
		}
	}
	e->settled = result == 0;
	pthread_mutex_unlock(&e->lock);
	return result;
}

/* ---- Redirects ------------------------------------------------------------------------------- */

static bool is_redirect(const struct http_request *q, const struct http_response *response)
{
	long status = response->status;

	if (!response->location)
		return false;
	/* The others may turn a method into GET, which would do something else. */
	if (status == 307 || status == 308)
		return true;
	return (status == 301 || status == 302 || status == 303) &&
	       (q->method == HTTP_GET || q->method == HTTP_HEAD);
}

/* q->url becomes the next one, in the arena. */
static int redirect(const struct endpoint *e, struct http_request *q,
		    const struct http_response *response, struct arena *a, struct error *err)
{
	const char *next;
	int result = url_resolve(q->url, response->location, a, &next, err);

	if (result < 0)
		return result;
	if (url_is_https(q->url) && !url_is_https(next))
		return error_say(err, EPROTO, "redirects from https to http, on %s: refused",
				 url_host(next, a));
	q->url = next;
	if (!url_same_origin(e->base, next)) {
		q->authorization = NULL;
		q->client_cert = false;
	}
	return 0;
}

/* The request and its redirects. *home: whether the answer is the endpoint's own. */
static int follow(struct registry *r, struct endpoint *e, struct http_request *q, struct arena *a,
		  struct http_response *ret, bool *home, struct error *err)
{
	int result = 0;

	for (unsigned n = 0;; n++) {
		result = http_perform(r->http, q, ret, err);
		*home = q->client_cert;
		if (result < 0 || !is_redirect(q, ret))
			return result;
		ret->failure = HTTP_REFUSED;
		if (n == REGISTRY_REDIRECTS_MAX)
			return error_say(err, EPROTO, "redirects more than %d times",
					 REGISTRY_REDIRECTS_MAX);
		result = redirect(e, q, ret, a, err);
		if (result < 0)
			return result;
	}
}

/* ---- The call -------------------------------------------------------------------------------- */

static const char *call_url(struct endpoint *e, const struct call *call, struct arena *a)
{
	if (call->url)
		return call->url;
	return arena_join(a, e->base, "/v2/", e->repository, "/", call->path, NULL);
}

static struct http_request request_of(struct endpoint *e, const struct call *call, struct arena *a)
{
	struct http_request q = {
		.method = call->method,
		.url = call_url(e, call, a),
		.tls = &e->tls,
		.accept = call->accept,
		.content_type = call->content_type,
		.range = call->range,
		.timeout = call->timeout,
		.sink = call->sink,
		.sink_arg = call->sink_arg,
		.source = call->source,
		.source_arg = call->source_arg,
		.source_size = call->source_size,
	};

	/* An upload may be sent to another host than the registry. */
	q.client_cert = url_same_origin(e->base, q.url);
	return q;
}

int registry_call(struct registry *r, struct endpoint *e, const struct call *call,
		  struct http_response *ret, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int result = settle(r, e, ret, err);

	if (result < 0)
		return result;
	for (unsigned n = 0;; n++) {
		struct http_request q = request_of(e, call, &a);
		const char *sent = NULL;
		bool home = q.client_cert;

		if (home)
			result = registry_auth_header(r, e, call, &a, &sent, err);
		if (result < 0) {
			ret->failure = HTTP_REFUSED;
			return result;
		}
		q.authorization = sent;
		result = follow(r, e, &q, &a, ret, &home, err);
		if (result < 0 || ret->status != 401 || !home || n == AUTH_TRIES)
			return result;
		result = registry_auth_learn(r, e, call, ret->challenge, sent, err);
		if (result < 0)
			ret->failure = HTTP_REFUSED;
		if (result <= 0)
			return result;
	}
}
