/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configure: from an image's configuration and a person's options to a config.json.
 *
 *	image config ─┐
 *	options ──────┼─► struct config ─► config.json ─► runtime/
 *	machine ──────┘
 *
 * What the image says is converted as image-spec's conversion.md asks; what options say goes before
 * it; for the rest there are defaults that confine: few capabilities, no new privileges, masked
 * paths, a seccomp profile, namespaces of its own, a network with nothing but loopback. docs/run.md
 * lists them with their reasons. What comes from the image never names a path of the host, nor a
 * limit, device, capability or mount (security.md, R11), but for the places of its volumes
 * (configure_volumes.c).
 *
 * Nothing is made here. Read are: /etc/passwd and /etc/group of the root file system, the files
 * that options name, and nodes of /dev where devices are asked for.
 */
#ifndef HOY_ENGINE_CONFIGURE_H
#define HOY_ENGINE_CONFIGURE_H

#include "engine/machine.h"
#include "engine/run_options.h"
#include "engine/source.h"
#include "engine/volume_use.h"
#include "spec/config.h"

struct configure {
	const struct run_options *opt;
	const struct source *source;
	const struct machine *machine;
	const char *id;
	const char *name; /* NULL: none */
	const char *data; /* DATA, where volumes are; NULL: there will be none */
	const struct volumes_asked *from; /* what --volumes-from takes; NULL: nothing */
	struct volume_uses *uses; /* gets what config.json's annotation says of volumes; NULL: unasked */
	bool early;	  /* the image is not there yet: no command, no look-up of users */
	bool systemd;	  /* systemd makes the cgroup, so that --cgroup-parent is a slice */
	struct arena *arena;
};

/* What *ret points to belongs to the arena and to what `in` points to. 0 or negative errno with
 * err, which names the option, or says what of the image is wrong. */
int configure(const struct configure *in, struct config *ret, struct error *err);

/* Whether the options agree with each other, as far as that can be said without the image. 0 or
 * -EINVAL. */
int run_options_check(const struct run_options *opt, struct error *err);

#endif
