/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the distribution's archives of yajl and libseccomp want of the C library that they were
 * compiled for: its checked functions (_FORTIFY_SOURCE). musl has none, so here they are, checks
 * included. Linked only with musl; configure tries whether these are all.
 */
#ifndef __GLIBC__
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names are the ABI's. */
int __sprintf_chk(char *s, int flag, size_t room, const char *fmt, ...);
int __snprintf_chk(char *s, size_t size, int flag, size_t room, const char *fmt, ...);
int __fprintf_chk(FILE *f, int flag, const char *fmt, ...);
void *__memcpy_chk(void *to, const void *from, size_t len, size_t room);

__attribute__((format(printf, 4, 5))) int __sprintf_chk(char *s, int flag, size_t room,
							const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vsnprintf(s, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		abort();
	return n;
}

__attribute__((format(printf, 5, 6))) int __snprintf_chk(char *s, size_t size, int flag, size_t room,
							 const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	if (size > room)
		abort();
	va_start(ap, fmt);
	n = vsnprintf(s, size, fmt, ap);
	va_end(ap);
	return n;
}

__attribute__((format(printf, 3, 4))) int __fprintf_chk(FILE *f, int flag, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vfprintf(f, fmt, ap);
	va_end(ap);
	return n;
}

void *__memcpy_chk(void *to, const void *from, size_t len, size_t room)
{
	if (len > room)
		abort();
	return memcpy(to, from, len);
}
#endif
