/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_list: the verbs that look at networks.
 */
#ifndef HOY_CMD_NETWORK_LIST_H
#define HOY_CMD_NETWORK_LIST_H

#include "cmd/verb.h"

extern const struct verb verb_network_ls, verb_network_inspect;

#endif
