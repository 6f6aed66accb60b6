/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static void reason_set(struct error *err, int code,
							       const char *fmt, va_list ap)
{
	err->code = code;
	vsnprintf(err->why, sizeof(err->why), fmt, ap);
}

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		reason_set(err, code, fmt, ap);
		va_end(ap);
	}
	return code ? -code : -EINVAL;
}

int error_say(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		reason_set(err, 0, fmt, ap);
		va_end(ap);
	}
	return code ? -code : -EINVAL;
}

int error_at(struct error *err, const char *field, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		reason_set(err, 0, fmt, ap);
		va_end(ap);
		error_field(err, "%s", field);
	}
	return -EINVAL;
}

void error_doc(struct error *err, const char *doc)
{
	if (err && !err->doc[0])
		snprintf(err->doc, sizeof(err->doc), "%s", doc);
}

#define FILL(part)                                                                                 \
	do {                                                                                       \
		va_list ap;                                                                        \
		if (!err || err->part[0])                                                          \
			return;                                                                    \
		va_start(ap, fmt);                                                                 \
		vsnprintf(err->part, sizeof(err->part), fmt, ap);                                  \
		va_end(ap);                                                                        \
	} while (0)

void error_field(struct error *err, const char *fmt, ...)
{
	FILL(field);
}

void error_step(struct error *err, const char *fmt, ...)
{
	FILL(step);
}

void error_hint(struct error *err, const char *fmt, ...)
{
	FILL(hint);
}

const char *errno_text(int code, char *buf, size_t size)
{
	/* Not strerror(): it consults the locale, and its array may grow a translation. */
	const char *s = strerrordesc_np(code);

	if (!s) {
		snprintf(buf, size, "error %d", code);
		return buf;
	}
	snprintf(buf, size, "%s", s);
	/* Engines match Go's texts, which begin small; a word in capitals stays ("RFS specific"). */
	if (size > 1 && buf[0] >= 'A' && buf[0] <= 'Z' && buf[1] >= 'a' && buf[1] <= 'z')
		buf[0] = (char)(buf[0] - 'A' + 'a');
	return buf;
}

/* Appends s to buf with control characters made visible, behind sep unless buf is empty. */
static void append(char *buf, size_t size, size_t *len, const char *sep, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	if (!s[0])
		return;
	if (*len) {
		for (; *sep && *len + 1 < size; sep++)
			buf[(*len)++] = *sep;
	}
	for (; *s && *len + 5 < size; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c != 0x7f) {
			buf[(*len)++] = *s;
			continue;
		}
		buf[(*len)++] = '\\';
		buf[(*len)++] = 'x';
		buf[(*len)++] = hex[c >> 4];
		buf[(*len)++] = hex[c & 15];
	}
	buf[*len] = 0;
}

char *error_text(const struct error *err, char *buf, size_t size)
{
	char e[128];
	size_t len = 0;

	buf[0] = 0;
	append(buf, size, &len, ": ", err->doc);
	/* "config.json:12:7" where the text is broken, "config.json: process.cwd" elsewhere. */
	append(buf, size, &len, err->field[0] >= '0' && err->field[0] <= '9' ? ":" : ": ",
	       err->field);
	append(buf, size, &len, ": ", err->step);
	append(buf, size, &len, ": ", err->why);
	if (err->code)
		append(buf, size, &len, ": ", errno_text(err->code, e, sizeof(e)));
	if (err->hint[0]) {
		append(buf, size, &len, " (", err->hint);
		append(buf, size, &len, "", ")");
	}
	return buf;
}
