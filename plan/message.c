/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int packet_send(int sock, const struct message *m, const void *control, size_t control_len)
{
	struct iovec iov = {.iov_base = (void *)m, .iov_len = MESSAGE_HEADER + m->len};
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = (void *)control,
		.msg_controllen = control_len,
	};
	ssize_t n;

	do {
		n = sendmsg(sock, &h, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	/* A peer that died with a message unread is told once as a reset: it is as dead as one that
	 * had read them all. */
	return n >= 0 ? 0 : errno == ECONNRESET ? -EPIPE : -errno;
}

static void message_fill(struct message *m, enum message_type type, unsigned number, int error,
			 const void *text, size_t len)
{
	m->type = type;
	m->number = number;
	m->error = error;
	m->len = (uint32_t)(len > sizeof(m->text) ? sizeof(m->text) : len);
	if (m->len)
		memcpy(m->text, text, m->len);
}

int message_send(int sock, enum message_type type, unsigned number, int error, const void *text,
		 size_t len)
{
	struct message m;

	message_fill(&m, type, number, error, text, len);
	return packet_send(sock, &m, NULL, 0);
}

int message_write(int sock, enum message_type type, unsigned number, int error, const void *text,
		  size_t len)
{
	struct message m;
	ssize_t n;

	message_fill(&m, type, number, error, text, len);
	do {
		n = write(sock, &m, MESSAGE_HEADER + m.len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int message_send_slots(int sock, const uint16_t *slots, const int *fds, unsigned n, bool more)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * MESSAGE_SLOTS_MAX)];
	} control = {0};
	struct message m = {
		.type = MESSAGE_SLOTS, .number = n, .error = more, .len = n * sizeof(*slots)};
	struct cmsghdr *c = &control.align;

	if (n == 0 || n > MESSAGE_SLOTS_MAX)
		return -EINVAL;
	memcpy(m.text, slots, m.len);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	return packet_send(sock, &m, &control, CMSG_SPACE(sizeof(int) * n));
}

/* Puts the received descriptors where they belong, or closes them all. */
static int slots_store(const struct message *m, const int *fds, unsigned n, int *slot_fds,
		       unsigned slot_count)
{
	uint16_t slots[MESSAGE_SLOTS_MAX];
	unsigned i, k;

	if (m->type != MESSAGE_SLOTS || m->len != n * sizeof(*slots) || !slot_fds)
		goto refuse;
	memcpy(slots, m->text, m->len);
	for (i = 0; i < n; i++) {
		if (slots[i] >= slot_count || slot_fds[slots[i]])
			goto refuse;
		for (k = 0; k < i; k++)
			if (slots[k] == slots[i])
				goto refuse;
	}
	for (i = 0; i < n; i++)
		slot_fds[slots[i]] = fds[i] + 1;
	return 1;
refuse:
	for (i = 0; i < n; i++)
		close(fds[i]);
	return -EPROTO;
}

int message_recv(int sock, struct message *m, int *slot_fds, unsigned slot_count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * MESSAGE_SLOTS_MAX)];
	} control;
	struct iovec iov = {.iov_base = m, .iov_len = sizeof(*m)};
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fds[MESSAGE_SLOTS_MAX];
	struct cmsghdr *c;
	unsigned n = 0;
	ssize_t got;

	/* A peer that died with unread messages shows as a reset, once, and before what it said last:
	 * the next call gives that, or the end. */
	do {
		h.msg_controllen = sizeof(control);
		got = recvmsg(sock, &h, MSG_CMSG_CLOEXEC);
	} while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	if (got < 0)
		return -errno;
	for (c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	}
	/* A packet without bytes looks the same, but may carry descriptors. */
	if (got == 0 && n == 0)
		return 0;
	if ((size_t)got < MESSAGE_HEADER || (size_t)got != MESSAGE_HEADER + m->len ||
	    (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		while (n)
			close(fds[--n]);
		return -EPROTO;
	}
	if (n || m->type == MESSAGE_SLOTS)
		return slots_store(m, fds, n, slot_fds, slot_count);
	return 1;
}
