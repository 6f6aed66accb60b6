/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: what attached clients send to a container, on its way through the monitor: bytes that it
 * reads, their end, the size of the terminal. One buffer for all clients, filled only when it is empty:
 * while the container reads nothing nothing is taken from a client, and the client's own writing waits.
 * (A new size waits with it.)
 *
 * The end of the input closes the container's standard input for good, unless that is a terminal: `echo
 * hello | hoy attach boat` is all that a `cat` in there reads. A client that goes without a word ends
 * nothing.
 */
#ifndef HOY_ENGINE_INPUT_H
#define HOY_ENGINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_MAX 4096 /* bytes in one packet */

/* What a packet from a client is. */
enum {
	INPUT_BYTES = 'i',
	INPUT_END = 'e',
	INPUT_SIZE = 's',
};

struct input_size {
	char mark; /* INPUT_SIZE */
	char zero;
	uint16_t columns, rows;
};

struct input {
	char bytes[INPUT_MAX];
	size_t at, n;		/* bytes[at .. n-1] are still to be written */
	bool ended;		/* and nothing comes behind them */
	bool resized;		/* there is a size that the terminal has not got */
	uint16_t columns, rows; /* 0: nobody has said one */
};

/* Whether there is room for one more packet. */
bool input_has_room(const struct input *in);
/* One packet of n > 0 bytes, for which there is room. Whether it is one. */
bool input_take(struct input *in, const char *packet, size_t n);
/* Writes to fd, which doesn't block, as much as it takes. 0, or negative errno: nobody reads there any
 * more, or -EPIPE: this was the end. */
int input_write(struct input *in, int fd);
/* Forgets bytes and end: their reader is gone. The size stays, for the terminal of its next life. */
void input_drop(struct input *in);

#endif
