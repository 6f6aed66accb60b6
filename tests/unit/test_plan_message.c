/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and the descriptors that come with them: whatever the other side sends, none is lost. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "helpers.h"
#include "plan/message.h"

#define SLOTS 300

static struct {
	int a, b;
	int slots[SLOTS];
	struct message m;
	int before; /* descriptors, both sockets among them */
} t;

static int setup(void **state)
{
	int pair[2];
	unsigned i;

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return 1;
	t.a = pair[0];
	t.b = pair[1];
	for (i = 0; i < SLOTS; i++)
		t.slots[i] = 0;
	t.before = fd_count();
	alarm(60);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	alarm(0);
	t.a = fd_close(t.a);
	t.b = fd_close(t.b);
	return 0;
}

static int receive(void)
{
	memset(&t.m, 0xee, sizeof(t.m));
	return message_recv(t.b, &t.m, t.slots, SLOTS);
}

static unsigned slots_close(void)
{
	unsigned i, n = 0;

	for (i = 0; i < SLOTS; i++) {
		n += t.slots[i] > 0;
		fd_close(t.slots[i] - 1);
		t.slots[i] = 0;
	}
	return n;
}

/* One packet with n descriptors of /dev/null, whatever the bytes are. */
static void packet(const void *p, size_t len, unsigned n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 253)];
	} control = {0};
	struct iovec iov = {(void *)p, len};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	unsigned i;

	assert_true(null >= 0);
	if (n) {
		h.msg_control = &control;
		h.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int) * n);
		for (i = 0; i < n; i++)
			memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &null, sizeof(int));
	}
	assert_int_equal(sendmsg(t.a, &h, MSG_NOSIGNAL), len);
	close(null);
}

/* A packet of SLOTS for these numbers. */
static void slots_packet(const uint16_t *slots, unsigned n, unsigned fds)
{
	struct message m = {.type = MESSAGE_SLOTS, .number = n, .len = n * 2};

	memcpy(m.text, slots, n * 2);
	packet(&m, MESSAGE_HEADER + m.len, fds);
}

static void test_there_and_back(void **state)
{
	char text[MESSAGE_TEXT_MAX + 100];

	(void)state;
	assert_int_equal(message_send(t.a, MESSAGE_GO, BARRIER_MAPS, 0, NULL, 0), 0);
	assert_int_equal(message_send(t.a, MESSAGE_FAILED, 4000000000u, -7, "why", 3), 0);
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.type, MESSAGE_GO);
	assert_int_equal(t.m.number, BARRIER_MAPS);
	assert_int_equal(t.m.error, 0);
	assert_int_equal(t.m.len, 0);
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.type, MESSAGE_FAILED);
	assert_int_equal(t.m.number, 4000000000u);
	assert_int_equal(t.m.error, -7);
	assert_int_equal(t.m.len, 3);
	assert_memory_equal(t.m.text, "why", 3);
	/* The largest, and one that is cut to it. */
	memset(text, 't', sizeof(text));
	assert_int_equal(message_send(t.a, MESSAGE_FAILED, 1, 0, text, MESSAGE_TEXT_MAX), 0);
	assert_int_equal(message_send(t.a, MESSAGE_FAILED, 1, 0, text, sizeof(text)), 0);
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.len, MESSAGE_TEXT_MAX);
	assert_memory_equal(t.m.text, text, MESSAGE_TEXT_MAX);
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.len, MESSAGE_TEXT_MAX);
	assert_int_equal(message_recv(-1, &t.m, NULL, 0), -EBADF);
	assert_int_equal(fd_count(), t.before);
}

static void test_the_other_side_is_gone(void **state)
{
	uint16_t slot = 1;

	(void)state;
	assert_int_equal(message_send(t.a, MESSAGE_EXEC, 5, 0, NULL, 0), 0);
	t.a = fd_close(t.a);
	/* What was said before is heard. */
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.type, MESSAGE_EXEC);
	assert_int_equal(receive(), 0);
	assert_int_equal(receive(), 0);
	/* SIGPIPE would end this program. */
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(message_send(t.b, MESSAGE_GO, 1, 0, NULL, 0), -EPIPE);
	assert_int_equal(message_send_slots(t.b, &slot, &t.b, 1, false), -EPIPE);
}

/* The walker's way of sending, by write(2), arrives as any other. */
static void test_write(void **state)
{
	char text[MESSAGE_TEXT_MAX + 5];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(message_write(t.a, MESSAGE_EXEC, 7, 0, NULL, 0), 0);
	assert_int_equal(message_write(t.a, MESSAGE_FAILED, 8, EPERM, text, sizeof(text)), 0);
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.type, MESSAGE_EXEC);
	assert_int_equal(t.m.number, 7);
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.error, EPERM);
	assert_int_equal(t.m.len, MESSAGE_TEXT_MAX);
	t.b = fd_close(t.b);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(message_write(t.a, MESSAGE_EXEC, 7, 0, NULL, 0), -EPIPE);
	signal(SIGPIPE, SIG_DFL);
}

/* It died with something unread: the kernel calls that a reset. */
static void test_gone_with_unread(void **state)
{
	(void)state;
	assert_int_equal(message_send(t.b, MESSAGE_GO, 1, 0, NULL, 0), 0);
	t.a = fd_close(t.a);
	assert_int_equal(receive(), 0);
}

static void test_slots(void **state)
{
	static const uint16_t slots[] = {SLOT_PLAN, 299, 17};
	int fds[3], i;
	struct stat a, b;

	(void)state;
	fds[0] = open("/dev/null", O_RDONLY);
	fds[1] = open("/dev/zero", O_RDONLY);
	fds[2] = open("/", O_PATH | O_DIRECTORY);
	assert_int_equal(message_send_slots(t.a, slots, fds, 3, false), 0);
	assert_int_equal(receive(), 1);
	assert_int_equal(t.m.type, MESSAGE_SLOTS);
	assert_int_equal(t.m.number, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(fstat(fds[i], &a), 0);
		assert_int_equal(fstat(t.slots[slots[i]] - 1, &b), 0);
		assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_rdev == b.st_rdev);
		assert_int_equal(fcntl(t.slots[slots[i]] - 1, F_GETFD), FD_CLOEXEC);
		close(fds[i]);
	}
	assert_int_equal(slots_close(), 3);
	assert_int_equal(fd_count(), t.before);
}

static void test_how_many_slots(void **state)
{
	uint16_t slots[MESSAGE_SLOTS_MAX + 1];
	int fds[MESSAGE_SLOTS_MAX + 1], i;

	(void)state;
	for (i = 0; i <= MESSAGE_SLOTS_MAX; i++) {
		slots[i] = (uint16_t)(i + 10);
		fds[i] = t.b;
	}
	assert_int_equal(message_send_slots(t.a, slots, fds, 0, false), -EINVAL);
	assert_int_equal(message_send_slots(t.a, slots, fds, MESSAGE_SLOTS_MAX + 1, false), -EINVAL);
	assert_int_equal(message_send_slots(t.a, slots, fds, MESSAGE_SLOTS_MAX, false), 0);
	assert_int_equal(receive(), 1);
	assert_int_equal(fd_count(), t.before + MESSAGE_SLOTS_MAX);
	assert_int_equal(slots_close(), MESSAGE_SLOTS_MAX);
	fds[5] = -1;
	assert_int_equal(message_send_slots(t.a, slots, fds, 10, false), -EBADF);
	assert_int_equal(fd_count(), t.before);
}

static void test_unexpected_descriptors_are_closed(void **state)
{
	static const uint16_t good[] = {10, 11, 12}, outside[] = {10, SLOTS}, far[] = {65535, 10};
	struct message go = {.type = MESSAGE_GO, .number = 1};

	(void)state;
	/* Nobody expects any. */
	slots_packet(good, 3, 3);
	assert_int_equal(message_recv(t.b, &t.m, NULL, 0), -EPROTO);
	/* A number beyond the end. */
	slots_packet(outside, 2, 2);
	assert_int_equal(receive(), -EPROTO);
	slots_packet(far, 2, 2);
	assert_int_equal(receive(), -EPROTO);
	/* More or fewer than numbers. */
	slots_packet(good, 3, 2);
	assert_int_equal(receive(), -EPROTO);
	slots_packet(good, 3, 4);
	assert_int_equal(receive(), -EPROTO);
	slots_packet(good, 3, 0);
	assert_int_equal(receive(), -EPROTO);
	/* With a message that has none. */
	packet(&go, MESSAGE_HEADER, 1);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(slots_close(), 0);
	assert_int_equal(fd_count(), t.before);
}

static void test_no_slot_is_filled_twice(void **state)
{
	static const uint16_t once[] = {10}, again[] = {11, 10}, both[] = {12, 13, 12};
	int kept;

	(void)state;
	slots_packet(once, 1, 1);
	assert_int_equal(receive(), 1);
	kept = t.slots[10];
	assert_true(kept > 0);
	slots_packet(again, 2, 2);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(t.slots[10], kept);
	assert_int_equal(t.slots[11], 0);
	/* The same one twice in a packet. */
	slots_packet(both, 3, 3);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(slots_close(), 1);
	assert_int_equal(fd_count(), t.before);
}

static void test_more_than_there_is_room_for(void **state)
{
	uint16_t slots[253];
	unsigned i;

	(void)state;
	for (i = 0; i < 253; i++)
		slots[i] = (uint16_t)i;
	for (i = MESSAGE_SLOTS_MAX + 1; i <= 253; i += 31) {
		slots_packet(slots, i, i);
		assert_int_equal(receive(), -EPROTO);
		assert_int_equal(slots_close(), 0);
		assert_int_equal(fd_count(), t.before);
	}
}

static void test_foreign_packets(void **state)
{
	struct {
		struct message m;
		char more[4096];
	} big = {.m = {.type = MESSAGE_GO}};
	unsigned fds;
	size_t len;

	(void)state;
	for (fds = 0; fds < 3; fds++) {
		/* Cut off in the header. */
		for (len = 1; len < MESSAGE_HEADER; len++) {
			packet(&big, len, fds);
			assert_int_equal(receive(), -EPROTO);
		}
		/* Longer than the header says. */
		for (len = MESSAGE_HEADER + 1; len <= sizeof(big); len += 97) {
			packet(&big, len, fds);
			assert_int_equal(receive(), -EPROTO);
		}
		/* Shorter. */
		big.m.len = 10;
		packet(&big, MESSAGE_HEADER + 9, fds);
		assert_int_equal(receive(), -EPROTO);
		big.m.len = UINT32_MAX;
		packet(&big, MESSAGE_HEADER, fds);
		assert_int_equal(receive(), -EPROTO);
		/* As long as it says, and longer than any. */
		big.m.len = MESSAGE_TEXT_MAX + 1;
		packet(&big, MESSAGE_HEADER + MESSAGE_TEXT_MAX + 1, fds);
		assert_int_equal(receive(), -EPROTO);
		big.m.len = 0;
		assert_int_equal(slots_close(), 0);
		assert_int_equal(fd_count(), t.before);
	}
}

/* A packet without bytes looks like the end of file, but may carry descriptors. */
static void test_empty_packet(void **state)
{
	(void)state;
	packet("", 0, 0);
	assert_true(receive() <= 0);
	packet("", 0, 3);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(fd_count(), t.before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_other_side_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_with_unread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_how_many_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unexpected_descriptors_are_closed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_slot_is_filled_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_than_there_is_room_for, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_packets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_packet, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
