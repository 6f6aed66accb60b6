/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_holder: who has a port that can't be had. The kernel doesn't say it: /proc/net/tcp and its like name
 * the socket, and some process has that among its descriptors. All of it may have changed meanwhile, so it
 * is for people's eyes alone.
 */
#ifndef HOY_ENGINE_PORT_HOLDER_H
#define HOY_ENGINE_PORT_HOLDER_H

#include <stdint.h>

#include "netns/ip.h"

#define PORT_HOLDER_MAX 160

/* "process 71 (nginx)", or "container "web"" where it is the monitor of one in data; "": it can't be found
 * out. protocol: IPPROTO_TCP or IPPROTO_UDP. at: all bits 0: any address. */
void port_holder(const char *data, int protocol, const struct ip *at, uint16_t port,
		 char buf[PORT_HOLDER_MAX]);

/* One line of such a file: whether it is of a socket that keeps another from listening there. family: of the
 * file. *inode: of the socket. */
bool port_holder_line(const char *line, int family, int protocol, const struct ip *at,
		      uint16_t port, unsigned long *inode);

#endif
