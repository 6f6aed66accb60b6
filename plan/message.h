/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: what parent and walker say to each other, over a SOCK_SEQPACKET socket: each message is
 * one packet, a header and up to MESSAGE_TEXT_MAX bytes, and nothing else. Send stands beside
 * receive so that the two can't drift apart. Linked into the walker.
 *
 *	parent -> walker	SLOTS (descriptors), GO (a barrier is open)
 *	walker -> parent	REACHED (a barrier), FAILED (an operation), EXEC (the next thing is
 *				execve: end of file behind it means that it worked)
 */
#ifndef HOY_PLAN_MESSAGE_H
#define HOY_PLAN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_TEXT_MAX  1024
#define MESSAGE_SLOTS_MAX 128 /* descriptors in one message; the kernel's limit is 253 */

enum message_type {
	MESSAGE_SLOTS = 1, /* text: uint16_t slot numbers, one per descriptor; error: 1 if more follow */
	MESSAGE_GO,	   /* number: the barrier */
	MESSAGE_REACHED,   /* number: the barrier */
	MESSAGE_FAILED,	   /* number: the operation, error: errno, text: detail, may be empty */
	MESSAGE_EXEC,	   /* number: the operation */
	MESSAGE_CHILD,	   /* number: pid of the walker, whose parent is the receiver */
};

/* The name (PR_SET_NAME) of a walker that has loaded the container's filter. execve replaces it: an end
 * of file behind EXEC from a process that still has it tells that execve failed, and that the filter
 * let it say nothing. */
#define MESSAGE_FILTERED_NAME "hoy:filtered"

struct message {
	uint32_t type;
	uint32_t number;
	int32_t error;
	uint32_t len; /* bytes of text that follow */
	char text[MESSAGE_TEXT_MAX];
};

#define MESSAGE_HEADER offsetof(struct message, text)

/* Sends one message; text may be NULL with len 0; too long a text is cut. 0 or negative errno
 * (-EPIPE: the other side is gone; no SIGPIPE is raised). */
int message_send(int sock, enum message_type type, unsigned number, int error, const void *text,
		 size_t len);
/* The same by write(2): the walker may be under the container's seccomp filter already, and hardly any
 * forbids that. A peer that is gone raises SIGPIPE, unless it is ignored. */
int message_write(int sock, enum message_type type, unsigned number, int error, const void *text,
		  size_t len);
/* Sends descriptors fds[i] for the slots slots[i]; n at most MESSAGE_SLOTS_MAX. more: another message
 * with slots follows. */
int message_send_slots(int sock, const uint16_t *slots, const int *fds, unsigned n, bool more);

/* Receives one message. 1, 0 at end of file, or negative errno (-EPROTO: not one of ours).
 * Descriptors that come with it are stored by slot number, one up: slot_fds[slot] is the descriptor + 1
 * and 0 where there is none, so that an array in static storage needs no filling. Close-on-exec. Those
 * that are not expected (slot_fds NULL, or a slot >= slot_count) are closed: -EPROTO. */
int message_recv(int sock, struct message *m, int *slot_fds, unsigned slot_count);

#endif
