/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blob, through as many connections as it takes. What was delivered stays delivered: each further
 * try asks for the rest by Range. A server that answers with the whole is let, and what is known is
 * skipped; whether the bytes are the same, the caller's digest says. Another endpoint goes on where
 * one stopped.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "image/registry_parts.h"

struct download {
	uint64_t size, done; /* of the blob; done: delivered, or not wanted */
	uint64_t at;	     /* where the answer's next byte lies in the blob */
	bool begun;	     /* the head of this answer was looked at */
	registry_sink *sink;
	void *arg;
	int ended; /* negative errno of the sink */
	struct error *err;
};

int content_range_parse(const char *s, uint64_t *from, uint64_t *size)
{
	unsigned long long v[3] = {0};
	static const char ends[] = "-/";
	char number[24];

	if (!s || !starts_with(s, "bytes "))
		return -EINVAL;
	s += strlen("bytes ");
	for (unsigned i = 0; i < 3; i++) {
		size_t n = strspn(s, "0123456789");

		if (i == 2 && streq(s, "*"))
			break;
		if (n >= sizeof(number) || s[n] != (i < 2 ? ends[i] : 0))
			return -EINVAL;
		memcpy(number, s, n);
		number[n] = 0;
		if (parse_u64(number, 0, INT64_MAX, &v[i]) < 0)
			return -EINVAL;
		s += n + 1;
	}
	if (v[0] > v[1] || (v[2] && v[1] >= v[2]))
		return -EINVAL;
	*from = v[0];
	*size = v[2];
	return 0;
}

static int too_many(struct download *d)
{
	return error_say(d->err, EPROTO,
			 "the registry has more than the %llu bytes that the descriptor says",
			 (unsigned long long)d->size);
}

/* Where in the blob this answer begins. */
static int begin(struct download *d, const struct http_response *head)
{
	uint64_t from = 0, size = 0;

	if (head->status == 206) {
		if (content_range_parse(head->content_range, &from, &size) < 0 || from != d->done)
			return error_say(
				d->err, EPROTO,
				"asked for the bytes from %llu on, the registry sends others",
				(unsigned long long)d->done);
		if (size > d->size)
			return too_many(d);
	}
	if (head->length >= 0 && (uint64_t)head->length > d->size - from)
		return too_many(d);
	d->at = from;
	d->begun = true;
	return 0;
}

static int take(void *arg, const struct http_response *head, const void *p, size_t n)
{
	struct download *d = arg;
	const char *bytes = p;
	int result = d->begun ? 0 : begin(d, head);
	uint64_t skip;

	if (result < 0)
		return result;
	if (n > d->size - d->at)
		return too_many(d);
	skip = d->done > d->at ? d->done - d->at : 0;
	d->at += n;
	if (skip >= n)
		return 0;
	d->ended = d->sink(d->arg, bytes + skip, n - (size_t)skip);
	if (d->ended == 0)
		d->done = d->at;
	return d->ended;
}

/* All that this endpoint gives, with as many tries as it takes. */
static int blob_get(struct registry *r, struct endpoint *e, const struct digest *digest,
		    struct download *d, struct error *err)
{
	_cleanup_(http_response_free) struct http_response response = HTTP_RESPONSE_INIT;
	char path[sizeof("blobs/") + DIGEST_TEXT_MAX], text[DIGEST_TEXT_MAX];
	struct call call = {.method = HTTP_GET, .path = path, .sink = take, .sink_arg = d};
	struct tries tries = tries_of(r, e);
	int result, again;

	snprintf(path, sizeof(path), "blobs/%s", digest_text(digest, text));
	for (;;) {
		uint64_t before = d->done;

		d->begun = false;
		call.range = d->done;
		result = registry_call(r, e, &call, &response, err);
		if (d->done == d->size && response.failure == HTTP_CUT)
			return 0;
		if (result == 0 && response.status / 100 == 2) {
			if (d->done == d->size)
				return 0;
			/* A cut that looks like an end: without a length nothing else tells. */
			response.failure = HTTP_CUT;
			result = error_say(
				err, EPROTO,
				"the registry has %llu bytes of the %llu that the descriptor says",
				(unsigned long long)d->done, (unsigned long long)d->size);
		}
		if (d->done > before)
			tries.row = 0;
		again = registry_again(r, &tries, result, &response, err);
		if (again < 0)
			return again;
		if (again == 0)
			return result < 0 ? result : registry_refusal(r, e, "blob", &response, err);
	}
}

int registry_blob(struct registry *r, const struct digest *digest, uint64_t size, uint64_t offset,
		  registry_sink *sink, void *arg, struct error *err)
{
	struct error scratch = ERROR_INIT;
	struct download d = {.size = size,
			     .done = offset,
			     .sink = sink,
			     .arg = arg,
			     .err = err ? err : &scratch};
	size_t first = atomic_load(&r->chosen);
	char text[DIGEST_TEXT_MAX];
	int result = 0;

	if (offset > size)
		return error_say(err, EINVAL, "a blob has no bytes behind its end");
	if (offset == size)
		return 0;
	/* Those before had no manifest. */
	for (size_t i = first; i < r->endpoints_n; i++) {
		result = blob_get(r, &r->endpoints[i], digest, &d, d.err);
		if (result == 0 || d.ended < 0 || !registry_next(r, i, result, d.err))
			break;
	}
	if (result < 0)
		registry_step(r, "pull", digest_text(digest, text), err);
	return result;
}
