/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_attach: the verbs that put containers into networks, by docker's and podman's names and order, and
 * by those that engines of bundles are told of: the container first.
 */
#ifndef HOY_CMD_NETWORK_ATTACH_H
#define HOY_CMD_NETWORK_ATTACH_H

#include "cmd/verb.h"

extern const struct verb verb_network_connect, verb_network_disconnect, verb_network_attach,
	verb_network_detach;

#endif
