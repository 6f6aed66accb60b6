/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The last buffer that a thread has freed: its next text has it. Texts come and go on the way to a start, and
 * musl's malloc gives pages back to the kernel at once: a fifth of all system calls of a start were
 * mmap and munmap. Not where a sanitizer looks for the use of what was freed.
 */
#define SPARE_MAX 16384
#define ROOM_MIN  1024

static __thread char *spare;
static __thread size_t spare_room;

static void buffer_free(char *s, size_t room)
{
#ifndef __SANITIZE_ADDRESS__
	if (room > spare_room && room <= SPARE_MAX) {
		char *smaller = spare;

		spare = s;
		spare_room = room;
		s = smaller;
	}
#else
	(void)room;
#endif
	free(s);
}

static char *spare_take(size_t *room)
{
	char *s = spare;

	*room = spare_room;
	spare = NULL;
	spare_room = 0;
	return s;
}

void text_free(struct text *t)
{
	buffer_free(t->s, t->room);
	*t = (struct text)TEXT_INIT;
}

/* Makes room for `more` bytes and a NUL. */
static void text_grow(struct text *t, size_t more)
{
	size_t room;
	char *s;

	if (more > ((size_t)-1) / 4)
		abort();
	if (!t->s)
		t->s = spare_take(&t->room);
	room = t->room ? t->room : ROOM_MIN;
	while (room < t->len + more + 1)
		room *= 2;
	if (room == t->room)
		return;
	s = realloc(t->s, room);
	if (!s)
		abort();
	t->s = s;
	t->room = room;
}

char *text_space(struct text *t, size_t size)
{
	text_grow(t, size);
	return t->s + t->len;
}

void text_add_bytes(struct text *t, const void *p, size_t len)
{
	text_grow(t, len);
	if (len)
		memcpy(t->s + t->len, p, len);
	t->len += len;
	t->s[t->len] = 0;
}

void text_add(struct text *t, const char *s)
{
	text_add_bytes(t, s, strlen(s));
}

void text_addf(struct text *t, const char *fmt, ...)
{
	size_t room;
	va_list ap;
	int n;

	/* Mostly it fits at once. */
	text_grow(t, 0);
	room = t->room - t->len;
	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	if ((size_t)n >= room) {
		text_grow(t, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	t->len += (size_t)n;
}

char *text_take(struct text *t)
{
	char *s;

	text_grow(t, 0);
	t->s[t->len] = 0;
	s = t->s;
	*t = (struct text)TEXT_INIT;
	return s;
}

size_t text_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char min = 0x80, max = 0xbf;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		min = 0xa0;
	else if (s[0] == 0xed)
		max = 0x9f;
	else if (s[0] == 0xf0)
		min = 0x90;
	else if (s[0] == 0xf4)
		max = 0x8f;
	if (s[1] < min || s[1] > max)
		return 0;
	for (i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

bool text_is_utf8(const char *s)
{
	size_t n;

	for (; *s; s += n) {
		n = text_utf8_length(s);
		if (!n)
			return false;
	}
	return true;
}

void text_add_json(struct text *t, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	text_add(t, "\"");
	while (*p) {
		size_t n = text_utf8_length((const char *)p);

		if (n == 0) {
			text_add(t, "\xef\xbf\xbd");
			p++;
			continue;
		}
		if (*p == '"' || *p == '\\')
			text_addf(t, "\\%c", *p);
		else if (*p == '\n')
			text_add(t, "\\n");
		else if (*p == '\t')
			text_add(t, "\\t");
		else if (*p < 0x20 || *p == 0x7f)
			text_addf(t, "\\u%04x", *p);
		else
			text_add_bytes(t, p, n);
		p += n;
	}
	text_add(t, "\"");
}

bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int parse_u64(const char *s, unsigned long long min, unsigned long long max,
	      unsigned long long *ret)
{
	unsigned long long v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(v, 10ULL, &v) ||
		    __builtin_add_overflow(v, (unsigned long long)(*s - '0'), &v))
			return -ERANGE;
	}
	if (v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_i64(const char *s, long long min, long long max, long long *ret)
{
	unsigned long long u;
	bool minus = *s == '-';
	int r = parse_u64(s + minus, 0, (unsigned long long)-1, &u);
	long long v;

	if (r < 0)
		return r;
	if (u > 9223372036854775807ULL + (unsigned)minus)
		return -ERANGE;
	v = minus ? (long long)(0 - u) : (long long)u;
	if (v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}
