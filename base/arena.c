/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of blocks, the newest first; each allocation is cut from the newest.
 *
 * No memory ends the program at once, without undoing anything: whatever hoy makes is recorded
 * before it is made, and `hoy delete -f` works after hoy was killed at any moment (security.md,
 * R16), so this is one more such moment. An error path for it could not be tested honestly.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 4000 /* with its head less than a page */
#define ALIGN	   _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char data[];
};

static struct arena_block *block_new(struct arena *a, size_t need)
{
	size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
	struct arena_block *b;

	if (need > SIZE_MAX / 2)
		abort();
	/* Not calloc: below malloc's threshold for mmap that writes the whole block, and every page so
	 * touched costs a start two microseconds. */
	b = malloc(sizeof(*b) + size);
	if (!b)
		abort();
	b->used = 0;
	b->size = size;
	if (need > BLOCK_SIZE && a->head) {
		/* A block of its own goes behind the newest, whose rest stays in use. */
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->head;
	void *p;

	size = (size + ALIGN - 1) & ~(ALIGN - 1);
	if (!b || b->size - b->used < size)
		b = block_new(a, size);
	p = b->data + b->used;
	b->used += size;
	return memset(p, 0, size);
}

char *arena_memdup(struct arena *a, const void *p, size_t len)
{
	char *r = arena_alloc(a, len + 1);

	if (len)
		memcpy(r, p, len);
	return r;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s));
}

char *arena_join(struct arena *a, const char *first, ...)
{
	const char *s;
	size_t len = 0;
	va_list ap;
	char *r, *to;

	va_start(ap, first);
	for (s = first; s; s = va_arg(ap, const char *))
		len += strlen(s);
	va_end(ap);
	r = to = arena_alloc(a, len + 1);
	va_start(ap, first);
	for (s = first; s; s = va_arg(ap, const char *)) {
		len = strlen(s);
		memcpy(to, s, len);
		to += len;
	}
	va_end(ap);
	return r;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *r;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	r = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(r, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return r;
}

void arena_free(struct arena *a)
{
	struct arena_block *b = a->head, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
}
