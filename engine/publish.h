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

/* ---- A life (publish_life.c). dir: the container's directory ---- */

/* Fills in `last` of those that are of no certain port. */
void publish_recall(int dir, struct arena *a, struct net_ports *ports);
/* Notes which they are. 0 or negative errno with err. */
int publish_note(int dir, const struct net_ports *ports, struct error *err);
/* What was noted. What can't be read is nothing. */
void publish_noted(int dir, struct arena *a, struct net_ports *ret);
/* Where to: of each family the container's first address, in the order of its networks; family 0: it has none
 * of that. */
struct publish_target {
	struct ip v4, v6;
};
void publish_target(const char *data, const char *id, const struct net_wants *wants,
		    struct publish_target *ret);

#endif
