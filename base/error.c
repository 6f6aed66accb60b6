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

/* errno 1, 2, 3, ... in the words of glibc, which engines expect, whatever the C library. One string, for
 * pointers would have to be relocated at each start. */
static const char errno_words[] =
	"Operation not permitted\0"
	"No such file or directory\0"
	"No such process\0"
	"Interrupted system call\0"
	"Input/output error\0"
	"No such device or address\0"
	"Argument list too long\0"
	"Exec format error\0"
	"Bad file descriptor\0"
	"No child processes\0"
	"Resource temporarily unavailable\0"
	"Cannot allocate memory\0"
	"Permission denied\0"
	"Bad address\0"
	"Block device required\0"
	"Device or resource busy\0"
	"File exists\0"
	"Invalid cross-device link\0"
	"No such device\0"
	"Not a directory\0"
	"Is a directory\0"
	"Invalid argument\0"
	"Too many open files in system\0"
	"Too many open files\0"
	"Inappropriate ioctl for device\0"
	"Text file busy\0"
	"File too large\0"
	"No space left on device\0"
	"Illegal seek\0"
	"Read-only file system\0"
	"Too many links\0"
	"Broken pipe\0"
	"Numerical argument out of domain\0"
	"Numerical result out of range\0"
	"Resource deadlock avoided\0"
	"File name too long\0"
	"No locks available\0"
	"Function not implemented\0"
	"Directory not empty\0"
	"Too many levels of symbolic links\0"
	"\0"
	"No message of desired type\0"
	"Identifier removed\0"
	"Channel number out of range\0"
	"Level 2 not synchronized\0"
	"Level 3 halted\0"
	"Level 3 reset\0"
	"Link number out of range\0"
	"Protocol driver not attached\0"
	"No CSI structure available\0"
	"Level 2 halted\0"
	"Invalid exchange\0"
	"Invalid request descriptor\0"
	"Exchange full\0"
	"No anode\0"
	"Invalid request code\0"
	"Invalid slot\0"
	"\0"
	"Bad font file format\0"
	"Device not a stream\0"
	"No data available\0"
	"Timer expired\0"
	"Out of streams resources\0"
	"Machine is not on the network\0"
	"Package not installed\0"
	"Object is remote\0"
	"Link has been severed\0"
	"Advertise error\0"
	"Srmount error\0"
	"Communication error on send\0"
	"Protocol error\0"
	"Multihop attempted\0"
	"RFS specific error\0"
	"Bad message\0"
	"Value too large for defined data type\0"
	"Name not unique on network\0"
	"File descriptor in bad state\0"
	"Remote address changed\0"
	"Can not access a needed shared library\0"
	"Accessing a corrupted shared library\0"
	".lib section in a.out corrupted\0"
	"Attempting to link in too many shared libraries\0"
	"Cannot exec a shared library directly\0"
	"Invalid or incomplete multibyte or wide character\0"
	"Interrupted system call should be restarted\0"
	"Streams pipe error\0"
	"Too many users\0"
	"Socket operation on non-socket\0"
	"Destination address required\0"
	"Message too long\0"
	"Protocol wrong type for socket\0"
	"Protocol not available\0"
	"Protocol not supported\0"
	"Socket type not supported\0"
	"Operation not supported\0"
	"Protocol family not supported\0"
	"Address family not supported by protocol\0"
	"Address already in use\0"
	"Cannot assign requested address\0"
	"Network is down\0"
	"Network is unreachable\0"
	"Network dropped connection on reset\0"
	"Software caused connection abort\0"
	"Connection reset by peer\0"
	"No buffer space available\0"
	"Transport endpoint is already connected\0"
	"Transport endpoint is not connected\0"
	"Cannot send after transport endpoint shutdown\0"
	"Too many references: cannot splice\0"
	"Connection timed out\0"
	"Connection refused\0"
	"Host is down\0"
	"No route to host\0"
	"Operation already in progress\0"
	"Operation now in progress\0"
	"Stale file handle\0"
	"Structure needs cleaning\0"
	"Not a XENIX named type file\0"
	"No XENIX semaphores available\0"
	"Is a named type file\0"
	"Remote I/O error\0"
	"Disk quota exceeded\0"
	"No medium found\0"
	"Wrong medium type\0"
	"Operation canceled\0"
	"Required key not available\0"
	"Key has expired\0"
	"Key has been revoked\0"
	"Key was rejected by service\0"
	"Owner died\0"
	"State not recoverable\0"
	"Operation not possible due to RF-kill\0"
	"Memory page has hardware error\0";

static const char *errno_word(int code)
{
	const char *s = errno_words, *end = errno_words + sizeof(errno_words) - 1;

	if (code < 1)
		return "";
	while (--code && s < end)
		s += strlen(s) + 1;
	return s < end ? s : "";
}

const char *errno_text(int code, char *buf, size_t size)
{
	/* Not strerror(): it consults the locale, and its array may grow a translation. */
	const char *s = errno_word(code);

	if (!*s) {
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
