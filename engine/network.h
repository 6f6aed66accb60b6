/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network: what a container wants of networks, and how it gets it. `--network` says it; config.json keeps it
 * in an annotation of hoy's own (settings.h), which neither an image nor an option can set:
 *
 *	dev.hoy.networks	{"networks": [{"network": "sea", "ip": "10.90.1.7", …}]}
 *
 * A network namespace of a container with networks is made anew with each start, by hoy-net (netns/attach.c),
 * and handed to the runtime as a descriptor: config.json asks for a new one and stays true. It ends with the
 * container; what is left then, addresses and names, is given back.
 */
#ifndef HOY_ENGINE_NETWORK_H
#define HOY_ENGINE_NETWORK_H

#include "engine/run_options.h"
#include "netns/request.h"
#include "runtime/container.h"

#define NETWORK_ANNOTATION "dev.hoy.networks"

/* Which kind of network namespace the options ask for. */
enum run_namespace network_kind(const struct run_options *opt);
/* What the options say, of networks; *path: of the namespace that they name, else NULL. 0, or -EINVAL with
 * err, which names the option. */
int network_configure(const struct run_options *opt, struct arena *a, struct net_wants *ret,
		      const char **path, struct error *err);
/* The network that a word of the command line means: the default one has other names too. */
const char *network_by_name(const char *word);
/* Whether a use can be one. 0, or -EINVAL with err. */
int network_use_check(const struct net_use *use, struct error *err);
/* Writes the annotation, if there is something to say. */
void network_annotate(const struct net_wants *wants, struct string_map *map, struct arena *a);
/* Reads it. What can't be read is nothing. */
void network_read(const struct string_map *annotations, struct arena *a, struct net_wants *ret);

/* Attaches the container, and writes its names (names.h). c: its config.json; wants: as that says, but that
 * ports have been chosen. *netns: its network namespace, the caller's; 0: it wants none of us. 0, or negative
 * errno with err: then nothing is attached. */
int network_attach(const struct runtime *rt, const char *id, const struct config *c,
		   const struct net_wants *wants, int *netns, struct error *err);
/* Gives back what a container had, of whatever network, whose network namespace has ended or ends with
 * this process. */
void network_release(const char *data, const char *id);

/* A container that runs, or is created, joins another network, or leaves one (use->network). Of those that
 * `hoy run` has made config.json says it too, also when they don't run. 0 or negative errno with err. */
int network_connect(const struct runtime *rt, const char *id, const struct net_use *use,
		    struct error *err);
int network_disconnect(const struct runtime *rt, const char *id, const struct net_use *use,
		       struct error *err);
/* Whether it runs or is created; its network namespace, a descriptor, or negative errno with err. */
bool network_runs(const struct runtime *rt, const char *id);
int network_open(const struct runtime *rt, const char *id, struct error *err);
/* -EPERM with err for who isn't root. */
int network_rootless_check(const struct runtime *rt, struct error *err);
/* Asks hoy-net. given: a network namespace for it, or -1; *fd: what it hands over; NULL: nothing. 0 or
 * negative errno with err. */
int network_ask(const struct net_request *q, int given, struct warnings *warn, int *fd,
		struct error *err);

#endif
