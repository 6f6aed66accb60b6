/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "image/registry_parts.h"
#include "spec/table.h"

#define SAID_MAX 200 /* bytes of a registry's own words that are repeated */

struct said {
	struct {
		size_t n;
		struct said_error {
			const char *code, *message;
		} * v;
	} errors;
	/* As token services word it (RFC 6749, 5.2), and some proxies. */
	const char *error, *description, *message, *details;
};

static const struct field said_error_fields[] = {
	FIELD_STRING(struct said_error, code, "code"),
	FIELD_STRING(struct said_error, message, "message"),
};
static const struct table said_error_table = TABLE(said_error_fields);

static const struct field said_errors_fields[] = {
	FIELD_LIST(struct said, errors, "errors", said_error_table),
};
static const struct table said_errors_table = TABLE(said_errors_fields);

static const struct field said_token_fields[] = {
	FIELD_STRING(struct said, error, "error"),
	FIELD_STRING(struct said, description, "error_description"),
	FIELD_STRING(struct said, message, "message"),
	FIELD_STRING(struct said, details, "details"),
};
static const struct table said_token_table = TABLE(said_token_fields);

/* MANIFEST_UNKNOWN → "manifest unknown" */
static void code_words(char *s)
{
	for (; *s; s++) {
		if (*s == '_')
			*s = ' ';
		else if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
	}
}

void registry_error_text(const char *body, size_t len, char *ret, size_t size)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const struct json *json;
	struct said said = {0};
	const char *text = NULL;

	if (size > SAID_MAX)
		size = SAID_MAX;
	ret[0] = 0;
	if (!len || json_parse(body, len, &a, &json, NULL) < 0)
		return;
	/* Each by itself: one that is malformed doesn't silence the other. */
	if (table_read(&said_errors_table, json, &said, &a, NULL) == 0 && said.errors.n)
		text = said.errors.v[0].message ? said.errors.v[0].message : said.errors.v[0].code;
	if (!text && table_read(&said_token_table, json, &said, &a, NULL) == 0)
		text = said.description ? said.description
		       : said.details	? said.details
		       : said.message	? said.message
					: said.error;
	snprintf(ret, size, "%s", text ? text : "");
	if (text && said.errors.n && text == said.errors.v[0].code)
		code_words(ret);
}

static int status_errno(long status)
{
	switch (status) {
	case 401:
	case 403:
		return EACCES;
	case 404:
		return ENOENT;
	case 429:
		return EBUSY;
	default:
		return status >= 500 ? EIO : EPROTO;
	}
}

static bool knows_credentials(struct endpoint *e)
{
	bool r;

	pthread_mutex_lock(&e->lock);
	r = e->grants != NULL;
	pthread_mutex_unlock(&e->lock);
	return r;
}

static void hint(struct endpoint *e, const char *what, const struct http_response *response,
		 struct error *err)
{
	int64_t wait = retry_after_seconds(response->retry_after);

	switch (response->status) {
	case 401:
		error_hint(err,
			   knows_credentials(e)
				   ? "the credentials for %s don't suffice, or there is no such "
				     "repository"
				   : "credentials for %s are needed: log in, or name a file with "
				     "them (--authfile)",
			   e->host);
		return;
	case 403:
		error_hint(err,
			   "the credentials for %s don't suffice, or there is no such repository",
			   e->host);
		return;
	case 404:
		if (streq(what, "blob"))
			error_hint(err, "layers that are distributed from elsewhere (urls) are not "
					"fetched");
		else
			error_hint(err, "are repository and tag spelled right?");
		return;
	case 429:
		if (wait > 0)
			error_hint(err, "%s asks to wait %lld seconds", e->host, (long long)wait);
		else
			error_hint(err,
				   "%s limits requests; those with credentials may be allowed more",
				   e->host);
		return;
	default:
		return;
	}
}

static const char *status_words(long status)
{
	return status == 401   ? "credentials are needed"
	       : status == 403 ? "access is denied"
	       : status == 404 ? "not found"
	       : status == 429 ? "too many requests"
	       : status >= 500 ? "the registry failed"
			       : "the registry refuses";
}

int registry_refusal(struct registry *r, struct endpoint *e, const char *what,
		     const struct http_response *response, struct error *err)
{
	char said[SAID_MAX];

	(void)r;
	registry_error_text(response->body.s, response->body.len, said, sizeof(said));
	hint(e, what, response, err);
	return error_say(err, status_errno(response->status), "%s (%ld)",
			 said[0] ? said : status_words(response->status), response->status);
}

/* "299 - "text"": the only form that distribution-spec allows (Warnings). */
void registry_warning(struct registry *r, struct endpoint *e, const char *header)
{
	const char *from = header ? strchr(header, '"') : NULL;
	size_t n = from ? strcspn(from + 1, "\"") : 0;

	if (n)
		registry_warn(r, "%s says: %.*s", e->host, (int)(n < SAID_MAX ? n : SAID_MAX),
			      from + 1);
}
