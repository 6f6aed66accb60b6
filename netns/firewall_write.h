/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall_write: everything that should be there, in the language of nft(8).
 */
#ifndef HOY_NETNS_FIREWALL_WRITE_H
#define HOY_NETNS_FIREWALL_WRITE_H

#include <stdbool.h>

#include "base/text.h"
#include "netns/firewall.h"

/* Whether a port is none of the firewall's: of a loopback address. */
bool firewall_port_is_relayed(const struct firewall_port *p);
/* Whether it is of every address. */
bool firewall_port_is_any(const struct firewall_port *p);
/* Words for it: "port 8080/tcp of every address". */
#define FIREWALL_PORT_TEXT 128
const char *firewall_port_text(const struct firewall_port *p, char buf[FIREWALL_PORT_TEXT]);

/* Commands that make the tables anew, with everything. */
void firewall_write(const struct firewall_all *all, struct text *out);

#endif
