/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: digits and the clock for those who have no stdio (hoy-init, and what is linked into it).
 */
#ifndef HOY_BASE_NUMBER_H
#define HOY_BASE_NUMBER_H

#include <stdint.h>
#include <time.h>

#define NUMBER_SIZE 12 /* of a buffer for the digits of an unsigned and the NUL */

/* Writes the decimal digits of v and a NUL; returns the address of the NUL. */
static inline char *number_write(char *buf, unsigned v)
{
	char tmp[NUMBER_SIZE];
	unsigned n = 0;

	do {
		tmp[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		*buf++ = tmp[--n];
	*buf = 0;
	return buf;
}

/* Milliseconds of the monotonic clock, for deadlines. */
static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
