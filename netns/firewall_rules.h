/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall_rules: hoy's tables without their elements, in the language of nft(8).
 */
#ifndef HOY_NETNS_FIREWALL_RULES_H
#define HOY_NETNS_FIREWALL_RULES_H

#include <stdbool.h>

#include "base/text.h"
#include "netns/ip.h"

#define FIREWALL_TABLE "hoy"

/* A set in every table, always empty, whose name says which rules these are: a hoy that has other rules finds
 * none of its name. */
#define FIREWALL_VERSION_MAX 32
const char *firewall_version(char buf[FIREWALL_VERSION_MAX]);
/* A set that is part of a rule, and gone with it, in every table. */
#define FIREWALL_RULES_SET "__set0"
/* The chain of a limited address: "limit-10.90.1.2". */
#define FIREWALL_CHAIN_MAX (sizeof("limit-") + IP_TEXT_MAX)
const char *firewall_chain(const struct ip *a, char buf[FIREWALL_CHAIN_MAX]);

/* Commands that make the tables anew, and empty. bridge: that of limits, too. */
void firewall_rules_write(bool bridge, struct text *out);

#endif
