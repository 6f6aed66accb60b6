/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clients: who talks to a container's monitor, at the socket in its directory: AF_UNIX, SOCK_SEQPACKET,
 * with a path. The first packet of a client is one byte, what it wants:
 *
 *	w	to hear how the container ends
 *	a	to attach: it sees what the container writes from now on, and sends what it is to read
 *
 * Who attaches gets one packet CLIENT_HELLO, and from then on sends packets of enum client_says. Each
 * packet's first byte says what it is:
 *
 *	to the monitor			from the monitor
 *	i BYTES	input			h	attached
 *	e	the end of the input	1 BYTES	from standard output, or the terminal
 *	s struct client_size		2 BYTES	from standard error
 *					q struct client_end: the container has ended; to `w` too
 *
 * Only this user and root are heard; what is no such packet is hung up on. There are at most CLIENTS_MAX at a
 * time; who comes then is hung up on. Nothing grows: the kernel holds what is on its way to a client, up to
 * the limit of its socket, and what is on its way to the container is in one buffer (input.h).
 *
 * A client that is behind holds the output up: it is not read, and at last the container waits, as for a
 * terminal that is not read. So nobody misses a byte. But whoever takes nothing at all for
 * CLIENT_PATIENCE_MS is hung up on, and the output goes on; the log has it all.
 */
#ifndef HOY_ENGINE_CLIENTS_H
#define HOY_ENGINE_CLIENTS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/input.h"

#define CLIENTS_MAX	   64
#define CLIENT_PATIENCE_MS 10000
#define CLIENT_PACKET_MAX  (1 + 16384) /* bytes of one, either way */

/* The first packet. */
#define CLIENT_WAITS	'w'
#define CLIENT_ATTACHES 'a'

/* From the monitor; what the container writes has '1' or '2', the stream's number. */
#define CLIENT_HELLO  'h'
#define CLIENT_OUTPUT '1'
#define CLIENT_END    'q'

struct client_end {
	char mark; /* CLIENT_END */
	char zero[3];
	int32_t status;
};

struct clients {
	int listening; /* -1: none */
	struct client {
		int fd;	     /* -1: free */
		char what;   /* 0: it has not said so yet */
		bool behind; /* it has to take something before there is more */
		int queued; /* bytes (as the kernel counts) that it had to take when last looked at */
		int64_t since; /* and when that became less; now_ms() */
	} v[CLIENTS_MAX];
};

#define CLIENTS_POLLS (CLIENTS_MAX + 1)

/* Listens at name in dir. 0 or negative errno. */
int clients_listen(struct clients *c, int dir, const char *name);
void clients_close(struct clients *c);
/* A client that was there before the socket was: fd, which is ours then, attaches. */
void clients_adopt(struct clients *c, int fd);

/* For poll(2): fills CLIENTS_POLLS entries; clients_serve takes them back, also when the time was over.
 * in: gets what they send. */
void clients_poll(const struct clients *c, const struct input *in, struct pollfd *fds);
void clients_serve(struct clients *c, struct input *in, const struct pollfd *fds);
/* So much of timeout_ms (-1: without end) as may pass before somebody's patience is to be looked at. */
int clients_patience(const struct clients *c, int timeout_ms);
/* Serves all that have something to say now. */
void clients_hear(struct clients *c, struct input *in);

/* Whether all that are attached can take one more packet: the only time to send one. */
bool clients_ready(struct clients *c);
/* packet: n bytes behind the mark. */
void clients_send(struct clients *c, const char *packet, size_t n);
/* Tells all how the container has ended, and hangs up on them. in: as with clients_serve. */
void clients_tell(struct clients *c, struct input *in, int status);

/* The other end. Descriptor or negative errno: -ECONNREFUSED and -ENOENT: there is no monitor. */
int clients_connect(int dir, const char *name, char what);

#endif
