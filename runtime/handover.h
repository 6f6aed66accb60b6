/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handover: descriptors for engines, over the sockets that they name on the command line
 * (--console-socket, --pidfd-socket): AF_UNIX, stream, one message with some payload and one
 * descriptor.
 */
#ifndef HOY_RUNTIME_HANDOVER_H
#define HOY_RUNTIME_HANDOVER_H

#include "base/error.h"

/* Connects to the socket at path; option: the name of the option that named it.
 * Descriptor or negative errno. */
int handover_connect(const char *path, const char *option, struct error *err);
/* Sends fd with the payload, a name that tells what it is. 0 or negative errno. */
int handover_send(int sock, const char *payload, int fd, struct error *err);

#endif
