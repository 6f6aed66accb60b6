/* SPDX-License-Identifier: Apache-2.0 */
/* http_fault: what libcurl says of a request, in our words. Between http.c and http_fault.c. */
#ifndef HOY_IMAGE_HTTP_FAULT_H
#define HOY_IMAGE_HTTP_FAULT_H

#include <curl/curl.h>

#include "image/http.h"

struct http_exchange {
	const struct http_request *request;
	struct http_response *response;
	const struct http_settings *settings;
	CURL *curl;
	struct curl_slist *headers;
	size_t header_bytes;
	bool headers_end, head_complete;
	bool enough; /* of a body that only explains: it was left there */
	int ended;   /* negative errno of the sink, the source or the check */
	uint64_t sent;
	char words[CURL_ERROR_SIZE];
};

/* Fills x->response->failure. 0 when there is an answer, else a negative errno with words. */
int http_fault(struct http_exchange *x, CURLcode code, struct error *err);

#endif
