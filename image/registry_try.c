/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether and when to try again. What may pass: connections that can't be made, are cut or stall;
 * 429 and 5xx, but for 501 (it will never do that) and 505. Pauses double, and are shortened at
 * random, so that clients which a failure has brought into step fall out of it again.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/number.h"
#include "image/registry_parts.h"

#define SLICE 200 /* milliseconds between two questions to the check */
/* Nothing listens, or the name is wrong: that passes seldom, and people wait. */
#define TRIES_UNREACHED 3

struct tries tries_of(const struct registry *r, const struct endpoint *e)
{
	struct tries t = {.max = r->options.tries};

	if (e->mirror && t.max > REGISTRY_TRIES_MIRROR)
		t.max = REGISTRY_TRIES_MIRROR;
	return t;
}

int64_t retry_after_seconds(const char *s)
{
	unsigned long long seconds;
	struct tm tm = {0};
	time_t now = time(NULL), then;
	const char *end;

	if (!s)
		return -1;
	if (parse_u64(s, 0, INT32_MAX, &seconds) == 0)
		return (int64_t)seconds;
	end = strptime(s, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (!end || *end)
		return -1;
	then = timegm(&tm);
	return then > now ? then - now : 0;
}

static bool may_pass(const struct tries *t, int result, const struct http_response *response)
{
	if (result == 0)
		return response->status == 429 ||
		       (response->status >= 500 && response->status != 501 &&
			response->status != 505);
	if (response->failure == HTTP_UNREACHED)
		return t->row < TRIES_UNREACHED;
	return response->failure == HTTP_CUT || response->failure == HTTP_HANDSHAKE;
}

static int64_t pause_ms(const struct registry *r, const struct tries *t)
{
	int64_t ms = r->options.pause;
	uint32_t chance = 0;

	for (unsigned i = 1; i < t->row && ms < REGISTRY_PAUSE_MAX; i++)
		ms *= 2;
	if (ms > REGISTRY_PAUSE_MAX)
		ms = REGISTRY_PAUSE_MAX;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = 0;
	return ms / 2 + ms / 2 * (chance % 1024) / 1024;
}

static int wait_ms(struct registry *r, int64_t ms, struct error *err)
{
	int64_t end = now_ms() + ms, left;

	while ((left = end - now_ms()) > 0) {
		struct timespec t;
		int result = r->options.check ? r->options.check(r->options.check_arg) : 0;

		if (result < 0)
			return err && err->why[0]
				       ? result
				       : error_set(err, -result, "the transfer was ended");
		if (left > SLICE)
			left = SLICE;
		t = (struct timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
		nanosleep(&t, NULL);
	}
	return 0;
}

int registry_again(struct registry *r, struct tries *tries, int result,
		   const struct http_response *response, struct error *err)
{
	int64_t asked = result == 0 ? retry_after_seconds(response->retry_after) : -1, ms;

	tries->row++;
	tries->total++;
	if (!may_pass(tries, result, response) || tries->row >= tries->max ||
	    tries->total >= REGISTRY_TRIES_TOTAL || asked > REGISTRY_WAIT_MAX)
		return 0;
	if (err)
		*err = (struct error)ERROR_INIT;
	ms = pause_ms(r, tries);
	if (asked * 1000 > ms)
		ms = asked * 1000;
	result = wait_ms(r, ms, err);
	return result < 0 ? result : 1;
}

int registry_calls(struct registry *r, struct endpoint *e, const struct call *call,
		   struct http_response *ret, struct error *err)
{
	struct tries tries = tries_of(r, e);
	int result, again;

	for (;;) {
		result = registry_call(r, e, call, ret, err);
		again = registry_again(r, &tries, result, ret, err);
		if (again <= 0)
			return again < 0 ? again : result;
	}
}
