/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: what a container knows of names: /etc/hosts, /etc/hostname and /etc/resolv.conf, without a byte
 * being written into its image. They are files in its directory, made anew with each start and mounted:
 *
 *	hosts		localhost, itself, --add-host, and those of its networks (netns/hosts.h)
 *	hostname
 *	resolv.conf	the host's, or what --dns, --dns-search and --dns-option say
 *
 * A container without a network (--network none) gets none of this: it starts as fast as before. Where an
 * image doesn't have these files, the lowest layer has: a directory of hoy's own with nothing but them.
 */
#ifndef HOY_ENGINE_NAMES_H
#define HOY_ENGINE_NAMES_H

#include "engine/configure.h"
#include "netns/use.h"
#include "runtime/container.h"

/* Whether the options ask for a network, so that there are names. */
bool names_wanted(const struct run_options *opt);
/* The options, into wants. 0, or -EINVAL with err, which names the option. */
int names_configure(const struct run_options *opt, struct arena *a, struct net_wants *wants,
		    struct error *err);
/* The mounts of the three files; those that options mount themselves are theirs. */
void names_mounts(const struct configure *in, bool (*replaced)(const void *own, const char *destination),
		  const void *own, struct mounts *to);

/* The path of its hosts file, the arena's; NULL: config.json mounts none of the three. */
const char *names_mounted(const char *data, const char *id, const struct config *c, struct arena *a);
/* Writes the files. 0 or negative errno with err. */
int names_write(const struct runtime *rt, const char *id, const struct config *c,
		const struct net_wants *wants, struct error *err);

/* text: the host's resolv.conf. Appended to out is what a container can use of it: loopback: also servers on
 * loopback addresses, as with the host's network. Whether a server is left. */
bool names_resolver(const char *text, const struct net_wants *wants, bool loopback, struct text *out);
/* The directory that is the lowest layer, made where it isn't there. The arena's; NULL: it can't be made. */
const char *names_layer(const char *data, bool make, struct arena *a);

#endif
