/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool input_has_room(const struct input *in)
{
	return in->at == in->n && !in->ended;
}

static bool take_size(struct input *in, const char *packet, size_t n)
{
	struct input_size size;

	if (n != sizeof(size))
		return false;
	memcpy(&size, packet, sizeof(size));
	in->columns = size.columns;
	in->rows = size.rows;
	in->resized = true;
	return true;
}

bool input_take(struct input *in, const char *packet, size_t n)
{
	if (packet[0] == INPUT_SIZE)
		return take_size(in, packet, n);
	if (packet[0] == INPUT_END && n == 1) {
		in->ended = true;
		return true;
	}
	if (packet[0] != INPUT_BYTES || n > 1 + sizeof(in->bytes))
		return false;
	memcpy(in->bytes, packet + 1, n - 1);
	in->at = 0;
	in->n = n - 1;
	return true;
}

int input_write(struct input *in, int fd)
{
	while (in->at < in->n) {
		ssize_t n = write(fd, in->bytes + in->at, in->n - in->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		in->at += (size_t)n;
	}
	return in->ended ? -EPIPE : 0;
}

void input_drop(struct input *in)
{
	in->at = in->n = 0;
	in->ended = false;
}
