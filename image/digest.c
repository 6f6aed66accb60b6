/* SPDX-License-Identifier: Apache-2.0 */
#include "image/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name; /* with the colon */
	size_t digits;
} algorithms[] = {
	[DIGEST_SHA256] = {"sha256:", 64},
	[DIGEST_SHA512] = {"sha512:", 128},
};
#define ALGORITHMS (sizeof(algorithms) / sizeof(*algorithms))

int digest_parse(const char *text, struct digest *ret, struct error *err)
{
	size_t i = 0, n;
	const char *hex;

	while (i < ALGORITHMS && !starts_with(text, algorithms[i].name))
		i++;
	if (i == ALGORITHMS)
		return error_say(
			err, EINVAL,
			"\"%.150s\" is no digest: it must begin with sha256: or sha512:", text);
	hex = text + strlen(algorithms[i].name);
	n = strspn(hex, "0123456789abcdef");
	if (hex[n] || n != algorithms[i].digits)
		return error_say(err, EINVAL,
				 "\"%.150s\" is no digest: %zu digits 0-9 and a-f must follow %s",
				 text, algorithms[i].digits, algorithms[i].name);
	*ret = (struct digest){.algorithm = (enum digest_algorithm)i};
	memcpy(ret->hex, hex, n);
	return 0;
}

const char *digest_text(const struct digest *d, char buf[DIGEST_TEXT_MAX])
{
	snprintf(buf, DIGEST_TEXT_MAX, "%s%s", algorithms[d->algorithm].name, d->hex);
	return buf;
}

const char *digest_directory(const struct digest *d)
{
	return d->algorithm == DIGEST_SHA512 ? "sha512" : "sha256";
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return a->algorithm == b->algorithm && streq(a->hex, b->hex);
}
