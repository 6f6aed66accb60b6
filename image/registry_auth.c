/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry wants to see. It is known only after a first answer of 401, which has a
 * challenge: Basic wants the credentials themselves; Bearer a token, which the service at `realm`
 * gives for a scope, to anybody or for credentials (docs.docker.com, "Token authentication"; the
 * distribution project specifies it).
 *
 * The lock of the endpoint is held while a token is fetched, so that threads which are refused at
 * the same time ask for one token, not for one each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/number.h"
#include "image/base64.h"
#include "image/credentials.h"
#include "image/registry_parts.h"
#include "image/url.h"
#include "spec/table.h"

#define CLIENT_ID      "hoy"
#define TOKEN_MAX      (48 * 1024) /* bytes; it has to fit into a header */
#define TOKEN_LIFE     60	   /* seconds, where the service says nothing */
#define TOKEN_LIFE_MAX 86400
#define TOKEN_MARGIN   5 /* seconds before its end that it isn't used any more */

struct token {
	const char *token, *access_token;
	uint64_t expires_in;
};

static const struct field token_fields[] = {
	FIELD_STRING(struct token, token, "token"),
	FIELD_STRING(struct token, access_token, "access_token"),
	FIELD_U64(struct token, expires_in, "expires_in"),
};
static const struct table token_table = TABLE(token_fields);

/* ---- Grants ---------------------------------------------------------------------------------- */

static const char *scope_of(const struct endpoint *e, const struct call *call, struct arena *a)
{
	const char *scope = arena_join(a, "repository:", e->repository,
				       call->push ? ":pull,push" : ":pull", NULL);

	return call->from ? arena_join(a, scope, " repository:", call->from, ":pull", NULL) : scope;
}

static struct grant *grant_find(struct endpoint *e, const char *scope)
{
	struct grant *g = e->grants;

	while (g && !streq(g->scope, scope))
		g = g->next;
	return g;
}

static void grant_set(struct endpoint *e, const char *scope, const char *header, int64_t end)
{
	struct grant *g = grant_find(e, scope);

	if (!g) {
		g = arena_alloc(&e->arena, sizeof(*g));
		g->scope = arena_strdup(&e->arena, scope);
		g->next = e->grants;
		e->grants = g;
	}
	free(g->header);
	g->header = strdup(header);
	g->end = end;
}

void registry_auth_free(struct endpoint *e)
{
	for (struct grant *g = e->grants; g; g = g->next) {
		explicit_bzero(g->header, strlen(g->header));
		free(g->header);
	}
	arena_free(&e->arena);
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

/* Each of the scopes, which blanks separate, as a parameter of its own. */
static int add_scopes(const char **url, const char *scopes, struct arena *a, struct error *err)
{
	while (*scopes) {
		size_t n = strcspn(scopes, " ");
		int result = url_add_query(*url, "scope", arena_memdup(a, scopes, n), a, url, err);

		if (result < 0)
			return result;
		scopes += n;
		scopes += strspn(scopes, " ");
	}
	return 0;
}

struct form {
	const char *text;
	size_t len;
};

static ssize_t form_read(void *arg, uint64_t offset, void *p, size_t n)
{
	struct form *f = arg;

	if (n > f->len - offset)
		n = (size_t)(f->len - offset);
	memcpy(p, f->text + offset, n);
	return (ssize_t)n;
}

/* The query of a URL is written as a form is. */
static int form_make(const struct endpoint *e, const char *scopes, const char *refresh,
		     struct arena *a, struct form *ret, struct error *err)
{
	const char *url = "https://form/";
	const char *const fields[][2] = {
		{"grant_type", "refresh_token"},
		{"service", e->challenge.service ? e->challenge.service : ""},
		{"client_id", CLIENT_ID},
		{"scope", scopes},
		{"refresh_token", refresh},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		int result = url_add_query(url, fields[i][0], fields[i][1], a, &url, err);

		if (result < 0)
			return result;
	}
	ret->text = strchr(url, '?') + 1;
	ret->len = strlen(ret->text);
	return 0;
}

/* The realm as a URL that may be told secrets. */
static int realm_check(const struct endpoint *e, struct arena *a, const char **ret,
		       struct error *err)
{
	int result = url_resolve(NULL, e->challenge.realm, a, ret, err);

	if (result < 0)
		return result;
	if (url_is_https(*ret) || e->tls.insecure)
		return 0;
	/* A registry of this machine that is spoken to over http may have its tokens here too. */
	if (url_is_https(e->base) || !url_is_loopback(*ret))
		return error_say(
			err, EPROTO,
			"%s wants a token from %s over plain http: refused (CVE-2019-10214)",
			e->host, url_host(*ret, a));
	return 0;
}

static const char *basic_header(const struct credentials *c, struct arena *a)
{
	const char *both = arena_join(a, c->user, ":", c->password, NULL);

	return arena_join(a, "Basic ", base64_encode(both, strlen(both), a), NULL);
}

/* The request for a token: for an identity token a form, else a query. No redirect of it is
 * followed. */
static int token_ask(struct registry *r, struct endpoint *e, const char *scopes,
		     const struct credentials *c, struct arena *a, struct http_response *ret,
		     struct error *err)
{
	struct http_request q = {.method = HTTP_GET, .tls = &e->tls, .timeout = REGISTRY_TIMEOUT};
	struct form form;
	int result = realm_check(e, a, &q.url, err);

	if (result < 0)
		return result;
	q.client_cert = url_same_origin(e->base, q.url);
	if (c && c->identity_token) {
		result = form_make(e, scopes, c->identity_token, a, &form, err);
		q.method = HTTP_POST;
		q.content_type = "application/x-www-form-urlencoded";
		q.source = form_read;
		q.source_arg = &form;
		q.source_size = form.len;
	} else {
		if (e->challenge.service)
			result = url_add_query(q.url, "service", e->challenge.service, a, &q.url,
					       err);
		if (result == 0)
			result = add_scopes(&q.url, scopes, a, err);
		if (c)
			q.authorization = basic_header(c, a);
	}
	return result < 0 ? result : http_perform(r->http, &q, ret, err);
}

static int token_read(struct endpoint *e, const char *scope, const struct http_response *response,
		      struct arena *a, struct error *err)
{
	struct token t = {0};
	const struct json *json;
	uint64_t life;
	const char *text;
	int result = json_parse(response->body.s, response->body.len, a, &json, err);

	if (result == 0)
		result = table_read(&token_table, json, &t, a, err);
	if (result < 0)
		return result;
	text = t.token ? t.token : t.access_token;
	if (!text || strlen(text) > TOKEN_MAX)
		return error_say(err, EPROTO, text ? "it is too long" : "there is none in it");
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return error_say(err, EPROTO, "it has characters that no token has");
	life = t.expires_in ? t.expires_in : TOKEN_LIFE;
	if (life > TOKEN_LIFE_MAX)
		life = TOKEN_LIFE_MAX;
	life = life > 2 * TOKEN_MARGIN ? life - TOKEN_MARGIN : life;
	grant_set(e, scope, arena_join(a, "Bearer ", text, NULL), now_ms() + (int64_t)life * 1000);
	return 0;
}

static int token_refusal(struct endpoint *e, bool known, const struct http_response *response,
			 struct error *err)
{
	char said[200];

	registry_error_text(response->body.s, response->body.len, said, sizeof(said));
	if (known)
		error_hint(err, "are the credentials for %s still valid?", e->host);
	else
		error_hint(err,
			   "credentials for %s are needed: log in, or name a file with them "
			   "(--authfile)",
			   e->host);
	return error_say(err, response->status == 401 || response->status == 403 ? EACCES : EIO,
			 "the token service refuses%s%s (%ld)", said[0] ? ": " : "", said,
			 response->status);
}

static int token_get(struct registry *r, struct endpoint *e, const char *scope,
		     const struct credentials *c, struct error *err)
{
	_cleanup_(http_response_free) struct http_response response = HTTP_RESPONSE_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct tries tries = tries_of(r, e);
	int result, again;

	do {
		result = token_ask(r, e, scope, c, &a, &response, err);
		if (result < 0 && response.failure == HTTP_ANSWERED)
			return result; /* nothing was sent */
		again = registry_again(r, &tries, result, &response, err);
	} while (again > 0);
	if (again < 0 || result < 0)
		return again < 0 ? again : result;
	if (response.status != 200)
		return token_refusal(e, c != NULL, &response, err);
	result = token_read(e, scope, &response, &a, err);
	if (result < 0) {
		struct error of_token = err ? *err : (struct error)ERROR_INIT;

		return error_say(err, EPROTO, "the token for %s is not understood: %s", e->host,
				 of_token.why);
	}
	return 0;
}

/* ---- Answering ------------------------------------------------------------------------------- */

/* 1 when there are some, 0 when not. */
static int credentials_of(struct registry *r, struct endpoint *e, struct arena *a,
			  struct credentials *ret, struct error *err)
{
	const char *colon;

	if (!e->credentials)
		return credentials_find(e->host, e->repository, r->options.authfile, a, ret, err);
	colon = strchr(e->credentials, ':');
	ret->user = arena_memdup(a, e->credentials, (size_t)(colon - e->credentials));
	ret->password = colon + 1;
	return 1;
}

/* Gets a grant for the scope, as the challenge wants it. 1 when there is one. Under the lock. */
static int answer(struct registry *r, struct endpoint *e, const char *scope, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct credentials c = {0};
	int known = credentials_of(r, e, &a, &c, err), result;

	if (known < 0)
		return known;
	if (e->challenge.scheme == CHALLENGE_BEARER) {
		result = token_get(r, e, scope, known ? &c : NULL, err);
		return result < 0 ? result : 1;
	}
	if (!known || !c.user)
		return 0;
	grant_set(e, scope, basic_header(&c, &a), 0);
	return 1;
}

int registry_auth_header(struct registry *r, struct endpoint *e, const struct call *call,
			 struct arena *a, const char **ret, struct error *err)
{
	const char *scope = scope_of(e, call, a);
	struct grant *g;
	int result = 0;

	pthread_mutex_lock(&e->lock);
	g = grant_find(e, scope);
	/* An upload that is refused at its end is sent twice: renewed in time, or gotten before. */
	if (g ? g->end && now_ms() > g->end : e->challenge.scheme != CHALLENGE_NONE)
		result = answer(r, e, scope, err);
	g = grant_find(e, scope);
	if (result >= 0)
		*ret = g ? arena_strdup(a, g->header) : NULL;
	pthread_mutex_unlock(&e->lock);
	return result < 0 ? result : 0;
}

int registry_auth_learn(struct registry *r, struct endpoint *e, const struct call *call,
			const char *challenge, const char *sent, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *scope = scope_of(e, call, &a);
	struct challenge c = {0};
	struct grant *g;
	int result = 1;

	if (challenge)
		challenge_parse(challenge, &a, &c);
	if (c.scheme == CHALLENGE_NONE)
		return 0;
	pthread_mutex_lock(&e->lock);
	g = grant_find(e, scope);
	if (!g || (sent && streq(sent, g->header))) {
		e->challenge.scheme = c.scheme;
		e->challenge.realm = c.realm ? arena_strdup(&e->arena, c.realm) : NULL;
		e->challenge.service = c.service ? arena_strdup(&e->arena, c.service) : NULL;
		result = answer(r, e, scope, err);
	}
	g = grant_find(e, scope);
	/* The same again would be refused again. */
	if (result > 0 && sent && streq(sent, g->header))
		result = 0;
	pthread_mutex_unlock(&e->lock);
	return result;
}
