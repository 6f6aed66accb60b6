/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url: where a server sends us. Only http and https, without user or fragment, of bounded length;
 * an origin is scheme, host and port (RFC 6454).
 */
#ifndef HOY_IMAGE_URL_H
#define HOY_IMAGE_URL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

#define URL_MAX (16 * 1024)

/* `to`, which may be relative, as seen from base (NULL: it must be whole). *ret is in the arena. 0
 * or -EPROTO with words. */
int url_resolve(const char *base, const char *to, struct arena *a, const char **ret,
		struct error *err);
/* name=value behind what its query has; value is escaped where that is needed. */
int url_add_query(const char *url, const char *name, const char *value, struct arena *a,
		  const char **ret, struct error *err);

bool url_is_https(const char *url);
/* Whether its host is this machine by name or address, whatever a resolver says. */
bool url_is_loopback(const char *url);
bool url_same_origin(const char *a, const char *b);
/* The host without port, for words. In the arena. */
const char *url_host(const char *url, struct arena *a);

#endif
