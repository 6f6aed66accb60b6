/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_parts: what the files of the relay share (relay.h).
 *
 * One epoll descriptor knows all sockets, level-triggered. A socket is in it for what the relay waits for,
 * and is not in it at all while it waits for nothing there: else a peer that has hung up would wake it for
 * ever.
 */
#ifndef HOY_ENGINE_RELAY_PARTS_H
#define HOY_ENGINE_RELAY_PARTS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "engine/relay.h"

#define RELAY_PIPES	   16	 /* empty ones that are kept */
#define RELAY_DATAGRAM_MAX 65535 /* bytes */

/* What an event is about: its kind in the upper half of its number, the index below. */
enum relay_kind {
	RELAY_LISTENER,
	RELAY_CLIENT, /* of a TCP connection */
	RELAY_SERVER, /* its other end */
	RELAY_PEER,   /* of UDP */
};

/* Where a socket is or goes to. */
struct relay_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

struct relay_listener {
	int fd;
	uint32_t events; /* that are waited for */
	int protocol;	 /* IPPROTO_TCP, IPPROTO_UDP */
	int family;
	uint16_t to; /* port */
};

/* One direction of a connection: from fd[i] to fd[1 - i]. */
struct relay_flow {
	int pipe[2];   /* -1: none */
	uint32_t held; /* bytes in it */
	bool done;     /* there comes no more, and that has been passed on */
};

struct relay_connection {
	bool used; /* else nothing of it is */
	int fd[2]; /* client, server */
	uint32_t events[2];
	bool connecting;
	struct relay_flow flow[2];
};

struct relay_peer {
	bool used;    /* else nothing of it is */
	int fd;	      /* towards the container */
	int listener; /* index */
	struct relay_address client;
	struct in6_addr local; /* where it has sent to, an IPv4 address in the first four bytes */
	int local_interface;   /* index; 0: any */
	int64_t seen;	       /* now_ms() */
};

struct relay {
	int epoll;
	bool running;	/* what arrives is relayed */
	bool takes;	/* connections come in */
	int64_t tired;	/* descriptors ran out then: nobody comes in for a while; 0: no */
	uint64_t limit; /* of descriptors, before relay_start changed it; 0: it hasn't */
	struct relay_target to;
	size_t n, room;
	struct relay_listener *v;
	unsigned connections, connections_max, peers;
	int spare[RELAY_PIPES][2];
	unsigned spares;
	struct relay_connection connection[RELAY_TCP_MAX];
	struct relay_peer peer[RELAY_UDP_MAX];
	char datagram[RELAY_DATAGRAM_MAX];
};

/* Waits for events there, instead of for *now; 0: for nothing. */
void relay_watch(struct relay *r, int fd, uint32_t *now, uint32_t events, enum relay_kind kind,
		 size_t index);
/* Lets connections come in, or not, as it can. */
void relay_arm(struct relay *r);
/* The container's end of what arrives at a listener. False: it has no address. */
bool relay_address_of(const struct relay *r, const struct relay_listener *l,
		      struct relay_address *ret);

/* ---- relay_tcp.c ---- */

/* As many as may be now. */
void relay_tcp_accept(struct relay *r, const struct relay_listener *l);
void relay_tcp_serve(struct relay *r, size_t index);
/* Passes on what can be at once, and ends all. */
void relay_tcp_end(struct relay *r);

/* ---- relay_udp.c ---- */

/* Has the listener say to which address a datagram came. */
int relay_udp_listen(int fd, int family);
/* Datagrams of clients, and answers to one. */
void relay_udp_hear(struct relay *r, size_t listener);
void relay_udp_answer(struct relay *r, size_t index);
/* Forgets who has been silent. all: everybody. */
void relay_udp_forget(struct relay *r, bool all);
int relay_udp_patience(const struct relay *r, int timeout_ms);

#endif
