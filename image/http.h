/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: one request and its answer, through libcurl. No redirect is followed, nothing is tried
 * again and no credentials are known here: whoever asks decides that (registry_call.c).
 *
 *	http_open(&settings) → http_perform()… from any number of threads → http_close()
 *
 * What a server sends is bounded: its headers, and the body of an answer that is no success. Bodies
 * of successes go to a sink, which has to count.
 */
#ifndef HOY_IMAGE_HTTP_H
#define HOY_IMAGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define HTTP_HEADERS_MAX (64 * 1024) /* bytes of all headers of an answer */
#define HTTP_BODY_MAX	 (64 * 1024) /* bytes that are kept of a body that explains a failure */

struct http;
struct http_response;

struct http_settings {
	const char *user_agent;
	unsigned stall; /* seconds without bytes after which a connection counts as cut */
	/* Asked about once a second; a negative errno ends the request with it. May be NULL. */
	int (*check)(void *arg);
	void *check_arg;
};

struct http_tls {
	bool insecure;		/* certificates are not looked at */
	const char *ca;		/* PEM, instead of the system's; NULL: those */
	const char *cert, *key; /* files of the client's own; NULL: it has none */
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT };

/* Fills p with up to n bytes from offset on. The number, or a negative errno. */
typedef ssize_t http_source(void *arg, uint64_t offset, void *p, size_t n);
/* Takes bytes of a success (2xx). 0, or a negative errno, which ends the request. */
typedef int http_sink(void *arg, const struct http_response *head, const void *p, size_t n);

struct http_request {
	enum http_method method;
	const char *url; /* http or https */
	const struct http_tls *tls;
	bool client_cert; /* tls->cert is shown to a server that asks */
	const char *authorization, *accept, *content_type; /* values of headers; NULL: none */
	uint64_t range;	  /* asks for the bytes from there on; 0: for all */
	unsigned timeout; /* seconds for the whole request; 0: as long as bytes come */
	http_sink *sink;  /* NULL: the body is kept in the response, up to its bound */
	void *sink_arg;
	http_source *source; /* of a body of source_size bytes; NULL: it is empty */
	void *source_arg;
	uint64_t source_size;
};

enum http_failure {
	HTTP_ANSWERED,	/* there is a response */
	HTTP_UNREACHED, /* no name, no connection */
	HTTP_HANDSHAKE, /* a connection, on which TLS did not begin */
	HTTP_UNTRUSTED, /* TLS whose certificate is not accepted */
	HTTP_CUT,	/* a connection that broke or stalled */
	HTTP_ENDED,	/* by the sink, the source or the check */
	HTTP_REFUSED,	/* what came is no answer, or too much */
};

struct http_response {
	enum http_failure failure;
	long status;
	/* Headers, NULL where absent. */
	const char *location, *content_type, *content_range, *digest, *challenge, *retry_after,
		*warning;
	int64_t length;	  /* of the body as it was announced; -1: unknown */
	struct text body; /* without a sink, or of what is no success */
	struct arena arena;
};

#define HTTP_RESPONSE_INIT {.length = -1}

int http_open(const struct http_settings *settings, struct http **ret, struct error *err);
void http_close(struct http *h);

/* 0 when there is an answer, whatever its status. Negative errno with words otherwise: ret->failure
 * says of which kind. ret, from HTTP_RESPONSE_INIT or another request, is to be freed in both
 * cases. */
int http_perform(struct http *h, const struct http_request *request, struct http_response *ret,
		 struct error *err);
void http_response_free(struct http_response *response);

#endif
