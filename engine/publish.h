/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish: which ports of the host lead to a container: --publish, --publish-all and --expose, docker's and
 * podman's words.
 *
 *	8080:80			of every address of the host, both families
 *	80			the same, of a port that is free when it starts
 *	127.0.0.1:8080:80/udp	of one
 *	[::1]::80		of one, of a port that is free
 *	8000-8010:80-90		as many as there are, in their order
 *
 * What is asked for stands in the annotation of networks (network.h). Which ports they are in this life
 * stands in the container's directory, in the file `ports`: the next life takes the same again if it can.
 */
#ifndef HOY_ENGINE_PUBLISH_H
#define HOY_ENGINE_PUBLISH_H

#include "engine/run_options.h"
#include "netns/use.h"
#include "spec/image.h"

/* Whether the options may lead to ports. */
bool publish_asked(const struct run_options *opt);
/* Adds what a word of --publish says. 0 or -EINVAL with err; *ports is then of no use. */
int publish_parse(const char *text, struct arena *a, struct net_ports *ports, struct error *err);
/* All that the options say, and with --publish-all the image. wants: the networks, which ports need; with the
 * host's network there are none. path: of a network namespace, or NULL. 0 or -EINVAL with err. */
int publish_configure(const struct run_options *opt, const struct image_names *exposed,
		      const char *path, struct arena *a, struct net_wants *wants,
		      struct error *err);

/* "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp", as docker shows them. */
const char *publish_text(const struct net_ports *ports, struct arena *a);

/* ---- A life (publish_life.c) ---- */

/* Listens at the ports, before anything else is there, and notes in dir, the container's directory, which
 * they are. In a later life *relay is there, and they are the same. The numbers are filled in. 0 or negative
 * errno with err, as relay_open has it. */
struct relay;
int publish_open(const char *data, int dir, struct net_ports *ports, struct relay **relay,
		 struct error *err);
/* The container runs: what arrives goes to its first address of each family, in the order of its networks. */
void publish_start(const char *data, const char *id, const struct net_wants *wants,
		   struct relay *relay);
/* What was noted. What can't be read is nothing. */
void publish_noted(int dir, struct arena *a, struct net_ports *ret);

#endif
