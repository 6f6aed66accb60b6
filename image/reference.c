/* SPDX-License-Identifier: Apache-2.0 */
#include "image/reference.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define SHOWN  200 /* characters of a bad reference in its error */

static int fault(const char *text, const char *why, struct error *err)
{
	return error_say(err, EINVAL, "\"%.*s\" is no reference to an image: %s", SHOWN, text, why);
}

/* ---- Parts ------------------------------------------------------------------------------ */

/* Letters and digits, between them one dot, one or two underscores, or any number of dashes. */
static const char *component_fault(const char *s)
{
	for (;;) {
		size_t n = strspn(s, LOWER DIGITS), between;

		if (n == 0 && *s >= 'A' && *s <= 'Z')
			return "the name of a repository is in lower case";
		if (n == 0)
			return "each part of the name must begin and end with a letter or a digit";
		s += n;
		if (!*s)
			return NULL;
		if (*s >= 'A' && *s <= 'Z')
			return "the name of a repository is in lower case";
		between = *s == '.'   ? 1
			  : *s == '-' ? strspn(s, "-")
			  : *s == '_' ? strspn(s, "_")
				      : 0;
		if (between == 0 || (*s == '_' && between > 2))
			return "the name has lower-case letters, digits, and between them . - _ or "
			       "__";
		s += between;
	}
}

/* s is cut up. */
static const char *repository_fault(char *s)
{
	while (s) {
		char *slash = strchr(s, '/');
		const char *why;

		if (slash)
			*slash = 0;
		why = component_fault(s);
		if (why)
			return why;
		s = slash ? slash + 1 : NULL;
	}
	return NULL;
}

static bool port_good(const char *s)
{
	unsigned long long port;

	return parse_u64(s, 1, 65535, &port) == 0;
}

/* Names as in the domain name system, or an address of IPv6 in brackets; a port. */
static bool host_good(const char *s)
{
	size_t n;

	if (*s == '[') {
		n = strspn(s + 1, DIGITS "abcdefABCDEF:.");
		s += 1 + n;
		return n >= 2 && *s == ']' && (!s[1] || (s[1] == ':' && port_good(s + 2)));
	}
	for (;;) {
		n = strspn(s, LOWER UPPER DIGITS "-");
		if (n == 0 || s[0] == '-' || s[n - 1] == '-')
			return false;
		s += n;
		if (*s != '.')
			return !*s || (*s == ':' && port_good(s + 1));
		s++;
	}
}

static bool is_host(const char *s, size_t n)
{
	return memchr(s, '.', n) || memchr(s, ':', n) || (n == 9 && !memcmp(s, "localhost", n));
}

static const char *tag_fault(const char *s)
{
	if (!*s || strlen(s) > REFERENCE_TAG_MAX || s[strspn(s, LOWER UPPER DIGITS "_.-")] ||
	    *s == '.' || *s == '-')
		return "a tag has letters, digits and _ . -, begins with none of the last two, and "
		       "is no "
		       "longer than 128";
	return NULL;
}

int reference_tag_check(const char *tag, struct error *err)
{
	const char *why = tag_fault(tag);

	return why ? error_say(err, EINVAL, "\"%.*s\" is no tag: %s", SHOWN, tag, why) : 0;
}

/* ---- The whole -------------------------------------------------------------------------- */

/* Takes host and repository apart; name is cut up. */
static const char *name_take(char *name, struct arena *a, struct reference *ret)
{
	char *slash = strchr(name, '/');
	const char *why;

	ret->host = REFERENCE_HOST;
	if (slash && is_host(name, (size_t)(slash - name))) {
		*slash = 0;
		ret->host = arena_strdup(a, name);
		name = slash + 1;
		if (!host_good(ret->host))
			return "the first part must be a host, with a port from 1 to 65535 perhaps";
	}
	/* An old name of the same. */
	if (streq(ret->host, "index.docker.io"))
		ret->host = REFERENCE_HOST;
	ret->repository = streq(ret->host, REFERENCE_HOST) && !strchr(name, '/')
				  ? arena_join(a, REFERENCE_NAMESPACE "/", name, NULL)
				  : arena_strdup(a, name);
	why = repository_fault(name);
	if (!why && strlen(ret->host) + 1 + strlen(ret->repository) > REFERENCE_NAME_MAX)
		why = "the name is longer than 255 characters";
	return why;
}

int reference_parse(const char *text, struct arena *a, struct reference *ret, struct error *err)
{
	char *name = arena_strdup(a, text), *at = strchr(name, '@'), *colon, *slash;
	struct reference r = {0};
	const char *why;

	if (!*text)
		return fault(text, "it is empty", err);
	if (at) {
		*at = 0;
		if (digest_parse(at + 1, &r.digest, err) < 0)
			return -EINVAL;
		r.has_digest = true;
	}
	/* A colon before the last slash is a port's. */
	slash = strrchr(name, '/');
	colon = strchr(slash ? slash : name, ':');
	if (colon) {
		*colon = 0;
		r.tag = colon + 1;
		why = tag_fault(r.tag);
		if (why)
			return fault(text, why, err);
	} else if (!r.has_digest) {
		r.tag = REFERENCE_TAG;
	}
	why = name_take(name, a, &r);
	if (why)
		return fault(text, why, err);
	*ret = r;
	return 0;
}

static const char *with_tail(const struct reference *r, const char *host, const char *repository,
			     struct arena *a)
{
	char digest[DIGEST_TEXT_MAX];

	return arena_join(a, host, *host ? "/" : "", repository, r->tag ? ":" : "",
			  r->tag ? r->tag : "", r->has_digest ? "@" : "",
			  r->has_digest ? digest_text(&r->digest, digest) : "", NULL);
}

const char *reference_text(const struct reference *r, struct arena *a)
{
	return with_tail(r, r->host, r->repository, a);
}

const char *reference_short(const struct reference *r, struct arena *a)
{
	const char *slash = strrchr(r->repository, '/');

	/* Without its host the first part must not look like one. */
	if (!streq(r->host, REFERENCE_HOST) ||
	    (slash && is_host(r->repository, strcspn(r->repository, "/"))))
		return reference_text(r, a);
	/* Of library/a/b nothing can be left out: a/b is another. */
	if (starts_with(r->repository, REFERENCE_NAMESPACE "/") &&
	    slash == r->repository + strlen(REFERENCE_NAMESPACE))
		return with_tail(r, "", slash + 1, a);
	return with_tail(r, "", r->repository, a);
}
