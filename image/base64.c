/* SPDX-License-Identifier: Apache-2.0 */
#include "image/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *base64_encode(const void *p, size_t n, struct arena *a)
{
	const unsigned char *from = p;
	char *text = arena_alloc(a, (n + 2) / 3 * 4 + 1), *to = text;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)from[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)from[i + 1] << 8;
		if (i + 2 < n)
			v |= from[i + 2];
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*to++ = i + 2 < n ? digits[v & 63] : '=';
	}
	return text;
}

int base64_decode(const char *s, struct arena *a, const char **ret, size_t *n)
{
	size_t len = strspn(s, digits), pad = strspn(s + len, "=");
	char *bytes = arena_alloc(a, len / 4 * 3 + 3), *to = bytes;
	uint32_t v = 0;

	if (s[len + pad] || len % 4 == 1 || (pad && (len + pad) % 4 != 0) || pad > 2)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		v = v << 6 | (uint32_t)(strchr(digits, s[i]) - digits);
		if (i % 4 == 0)
			continue;
		*to++ = (char)(v >> (6 - 2 * (i % 4)));
	}
	*to = 0;
	*ret = bytes;
	*n = (size_t)(to - bytes);
	return 0;
}
