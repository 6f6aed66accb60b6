/* SPDX-License-Identifier: Apache-2.0 */
/* What clients send to a container: packets, and one buffer that a slow reader empties. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/input.h"

static void packets_that_are_none(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {{"x", 1}, {"\0", 1}, {"e1", 2}, {"s", 1}, {"s\0\1\0\1", 5}, {"s\0\1\0\1\0x", 7}, {"a", 1}};
	static char giant[2 + INPUT_MAX] = "i";
	struct input in = {.n = 0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(input_take(&in, bad[i].bytes, bad[i].n));
	assert_false(input_take(&in, giant, sizeof(giant)));
	assert_true(input_has_room(&in) && !in.resized);
	assert_true(input_take(&in, giant, sizeof(giant) - 1));
	assert_false(input_has_room(&in));
}

static void sizes(void **state)
{
	const struct input_size size = {.mark = INPUT_SIZE, .columns = 80, .rows = 24};
	struct input in = {.n = 0};

	(void)state;
	assert_true(input_take(&in, (const char *)&size, sizeof(size)));
	assert_true(in.resized && in.columns == 80 && in.rows == 24);
	assert_true(input_has_room(&in));
	input_drop(&in);
	assert_int_equal(in.columns, 80);
}

static void bytes_and_their_end(void **state)
{
	char packet[1 + INPUT_MAX], back[1 + INPUT_MAX];
	struct input in = {.n = 0};
	int fds[2], full = 0;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	memset(packet, 'x', sizeof(packet));
	packet[0] = INPUT_BYTES;
	/* Until the pipe is full: the rest waits, and no more is taken. */
	while (input_has_room(&in)) {
		assert_true(input_take(&in, packet, 1000));
		assert_int_equal(input_write(&in, fds[1]), 0);
		assert_true(++full < 10000);
	}
	while (read(fds[0], back, sizeof(back)) > 0)
		;
	assert_int_equal(input_write(&in, fds[1]), 0);
	assert_true(input_has_room(&in));
	/* No bytes are no end. */
	assert_true(input_take(&in, "i", 1));
	assert_true(input_has_room(&in));
	assert_int_equal(input_write(&in, fds[1]), 0);
	assert_true(input_take(&in, "e", 1));
	assert_false(input_has_room(&in));
	assert_int_equal(input_write(&in, fds[1]), -EPIPE);
	input_drop(&in);
	assert_true(input_has_room(&in));
	close(fds[0]);
	assert_true(input_take(&in, packet, 2));
	assert_int_equal(input_write(&in, fds[1]), -EPIPE);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_that_are_none),
		cmocka_unit_test(sizes),
		cmocka_unit_test(bytes_and_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
