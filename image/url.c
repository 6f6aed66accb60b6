/* SPDX-License-Identifier: Apache-2.0 */
#include "image/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fd.h"
#include "base/text.h"

static void url_free(CURLU **u)
{
	curl_url_cleanup(*u);
}

static void part_free(char **p)
{
	curl_free(*p);
}

#define _cleanup_url_  _cleanup_(url_free)
#define _cleanup_part_ _cleanup_(part_free)

static CURLU *url_new(void)
{
	CURLU *u = curl_url();

	if (!u)
		abort(); /* as the arena does */
	return u;
}

static int fault(const char *url, const char *why, struct error *err)
{
	return error_say(err, EPROTO, "\"%.150s\" is no address to go to: %s", url, why);
}

/* The text of u, which to is named after in errors. */
static int url_text(CURLU *u, const char *to, struct arena *a, const char **ret, struct error *err)
{
	_cleanup_part_ char *scheme = NULL, *whole = NULL;

	curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    (!streq(scheme, "http") && !streq(scheme, "https")))
		return fault(to, "only http and https are spoken", err);
	if (curl_url_get(u, CURLUPART_URL, &whole, 0) != CURLUE_OK)
		return fault(to, "it is not whole", err);
	if (strlen(whole) > URL_MAX)
		return fault(to, "it is too long", err);
	*ret = arena_strdup(a, whole);
	return 0;
}

int url_resolve(const char *base, const char *to, struct arena *a, const char **ret,
		struct error *err)
{
	_cleanup_url_ CURLU *u = url_new();
	CURLUcode code;

	if (strlen(to) > URL_MAX)
		return fault(to, "it is too long", err);
	if (base && curl_url_set(u, CURLUPART_URL, base, 0) != CURLUE_OK)
		return fault(base, "it is not understood", err);
	code = curl_url_set(u, CURLUPART_URL, to, CURLU_DISALLOW_USER);
	if (code != CURLUE_OK)
		return fault(to, curl_url_strerror(code), err);
	return url_text(u, to, a, ret, err);
}

int url_add_query(const char *url, const char *name, const char *value, struct arena *a,
		  const char **ret, struct error *err)
{
	_cleanup_url_ CURLU *u = url_new();

	/* Every "=" but the first is escaped. */
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    curl_url_set(u, CURLUPART_QUERY, arena_join(a, name, "=", value, NULL),
			 CURLU_APPENDQUERY | CURLU_URLENCODE) != CURLUE_OK)
		return fault(url, "it takes no query", err);
	return url_text(u, url, a, ret, err);
}

bool url_is_https(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

bool url_is_loopback(const char *url)
{
	_cleanup_url_ CURLU *u = url_new();
	_cleanup_part_ char *host = NULL;
	struct in_addr v4;

	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return false;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return strcasecmp(host, "localhost") == 0 || streq(host, "[::1]");
}

static bool part_equal(CURLU *a, CURLU *b, CURLUPart part)
{
	_cleanup_part_ char *x = NULL, *y = NULL;

	return curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(x, y) == 0;
}

bool url_same_origin(const char *a, const char *b)
{
	_cleanup_url_ CURLU *x = url_new(), *y = url_new();

	return curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
	       curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK &&
	       part_equal(x, y, CURLUPART_SCHEME) && part_equal(x, y, CURLUPART_HOST) &&
	       part_equal(x, y, CURLUPART_PORT);
}

const char *url_host(const char *url, struct arena *a)
{
	_cleanup_url_ CURLU *u = url_new();
	_cleanup_part_ char *host = NULL;

	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return "?";
	return arena_strdup(a, host);
}
