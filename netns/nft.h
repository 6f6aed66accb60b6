/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nft: runs commands of nft(8) in its own language, by libnftables, which is loaded when this is first called
 * and stays: the start of a container seldom needs it, and it is larger than all else together.
 */
#ifndef HOY_NETNS_NFT_H
#define HOY_NETNS_NFT_H

#include "base/error.h"
#include "base/text.h"

/* All commands are one transaction, in the network namespace of the calling thread. out: what they print; may
 * be NULL. 0; -ENOENT without words: they are about what is not there; or another -errno with err. */
int nft_run(const char *commands, struct text *out, struct error *err);

#endif
