/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/keys.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define CONTROL "ctrl-"

/* One word of n bytes. The character, or -1. */
static int key_of(const char *word, size_t n)
{
	static const char others[] = "[\\]^_";
	const size_t prefix = strlen(CONTROL);
	const char *other;
	char c;

	if (n == 1)
		return (unsigned char)word[0];
	if (n == 3 && memcmp(word, "DEL", 3) == 0)
		return 127;
	if (n != prefix + 1 || memcmp(word, CONTROL, prefix) != 0)
		return -1;
	c = word[prefix];
	if (c == '@')
		return 0;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 1;
	other = memchr(others, c, strlen(others));
	return other ? 27 + (int)(other - others) : -1;
}

int keys_parse(const char *text, struct keys *ret, struct error *err)
{
	struct keys k = {.n = 0};
	const char *word = text ? text : KEYS_DEFAULT, *end;

	for (; *word; word = *end ? end + 1 : end) {
		int c;

		end = strchrnul(word, ',');
		c = key_of(word, (size_t)(end - word));
		/* A comma at the end has an empty word behind it. */
		if (c < 0 || (*end && !end[1])) {
			error_hint(
				err,
				"a key is a character, ctrl- and one of a-z @ [ \\ ] ^ _, or DEL");
			return error_say(err, EINVAL,
					 "--detach-keys: must be keys with commas between them, "
					 "as " KEYS_DEFAULT ", got \"%s\"",
					 text);
		}
		if (k.n == KEYS_MAX)
			return error_say(err, EINVAL, "--detach-keys: must be no more than %d keys",
					 KEYS_MAX);
		k.v[k.n++] = (unsigned char)c;
	}
	*ret = k;
	return 0;
}

/* One more byte. Those that turn out to be no part of the keys go to out: the held ones are keys themselves,
 * and their end may be a beginning ("aab" in "aaab"). Returns how many. */
static size_t step(struct keys *k, unsigned char c, char *out)
{
	size_t drop;

	for (drop = 0; drop <= k->held; drop++) {
		size_t rest = k->held - drop;

		if (memcmp(k->v, k->v + drop, rest) == 0 && k->v[rest] == c) {
			memcpy(out, k->v, drop);
			k->held = rest + 1;
			return drop;
		}
	}
	memcpy(out, k->v, k->held);
	out[k->held] = (char)c;
	drop = k->held + 1;
	k->held = 0;
	return drop;
}

size_t keys_filter(struct keys *k, const char *in, size_t n, char *out, bool *left)
{
	size_t i, written = 0;

	*left = false;
	if (!k->n) {
		memcpy(out, in, n);
		return n;
	}
	for (i = 0; i < n; i++) {
		written += step(k, (unsigned char)in[i], out + written);
		if (k->held == k->n) {
			k->held = 0;
			*left = true;
			break;
		}
	}
	return written;
}

size_t keys_flush(struct keys *k, char *out)
{
	size_t n = k->held;

	memcpy(out, k->v, n);
	k->held = 0;
	return n;
}
