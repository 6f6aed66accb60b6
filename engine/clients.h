/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clients: who talks to a container's monitor, at the socket in its directory: AF_UNIX, SOCK_SEQPACKET,
 * with a path. The first packet of a client is one byte, what it wants:
 *
 *	w	to hear how the container ends: it gets one packet, a struct client_end
 *
 * Only this user and root are heard. There are at most CLIENTS_MAX at a time; who comes then is hung up on,
 * as is who doesn't take what is sent to him. Nothing waits for a client, and nothing grows.
 */
#ifndef HOY_ENGINE_CLIENTS_H
#define HOY_ENGINE_CLIENTS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define CLIENTS_MAX  64
#define CLIENT_WAITS 'w'

struct client_end {
	int32_t status;
};

struct clients {
	int listening; /* -1: none */
	struct client {
		int fd;	   /* -1: free */
		char what; /* 0: it has not said so yet */
	} v[CLIENTS_MAX];
};

#define CLIENTS_POLLS (CLIENTS_MAX + 1)

/* Listens at name in dir. 0 or negative errno. */
int clients_listen(struct clients *c, int dir, const char *name);
void clients_close(struct clients *c);
/* For poll(2): fills CLIENTS_POLLS entries; clients_serve takes them back. */
void clients_poll(const struct clients *c, struct pollfd *fds);
void clients_serve(struct clients *c, const struct pollfd *fds);
/* Tells all that wait, and hangs up on them. */
void clients_tell(struct clients *c, int status);

/* The other end. Descriptor or negative errno: -ECONNREFUSED and -ENOENT: there is no monitor. */
int clients_connect(int dir, const char *name, char what);

#endif
