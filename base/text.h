/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: a string that grows. Calling sequence: TEXT_INIT, text_add*, use t.s (never NULL after the
 * first text_add, always terminated), text_free. Memory that can't be had ends the program.
 */
#ifndef HOY_BASE_TEXT_H
#define HOY_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *s;
	size_t len;  /* bytes without the NUL */
	size_t room; /* bytes allocated */
};

#define TEXT_INIT {0}

void text_free(struct text *t);
void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const void *p, size_t len);
/* Room for size bytes (and a NUL) behind the end: whoever fills some of them adds to t->len. */
char *text_space(struct text *t, size_t size);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* s as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void text_add_json(struct text *t, const char *s);
/* Whether all of s is UTF-8: only such a string arrives in a JSON document as it is. */
bool text_is_utf8(const char *s);
/* The bytes of the UTF-8 character at text, 0 where there is none (overlong, a surrogate, cut off). */
size_t text_utf8_length(const char *text);
/* The string, which now belongs to the caller (free()); t is empty. */
char *text_take(struct text *t);

/* Both compare whole strings / look at the start of s. */
bool streq(const char *a, const char *b);
bool starts_with(const char *s, const char *prefix);

/* Parses all of s as a decimal number in [min, max], no sign for unsigned, no blanks.
 * Returns 0 and writes *ret, or -EINVAL / -ERANGE. */
int parse_u64(const char *s, unsigned long long min, unsigned long long max,
	      unsigned long long *ret);
int parse_i64(const char *s, long long min, long long max, long long *ret);

#endif
