/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the answer of a token service. What is taken becomes a header, on one line
 * (tests/fuzz/README).
 */
#include "image/registry_auth.c"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct endpoint e = {.host = "r.example"};
	struct http_response response = HTTP_RESPONSE_INIT;
	struct error err = ERROR_INIT;
	struct arena a = ARENA_INIT;
	int64_t now = now_ms();
	char line[4096];

	pthread_mutex_init(&e.lock, NULL);
	text_add(&response.body, "");
	text_add_bytes(&response.body, data, size);
	if (token_read(&e, "repository:x:pull", &response, &a, &err) == 0) {
		if (!e.grants || strpbrk(e.grants->header, "\r\n") || e.grants->end < now)
			abort();
	} else if (!err.why[0]) {
		abort(); /* an error without a reason */
	}
	err = (struct error)ERROR_INIT;
	token_refusal(&e, true, &response, &err);
	if (strpbrk(error_text(&err, line, sizeof(line)), "\r\n"))
		abort(); /* a line of the service's own */
	registry_auth_free(&e);
	text_free(&response.body);
	pthread_mutex_destroy(&e.lock);
	arena_free(&a);
	return 0;
}
