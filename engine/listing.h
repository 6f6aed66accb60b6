/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing: containers as people see them: of bundles and of images alike, with a name, a command and a
 * status in words.
 */
#ifndef HOY_ENGINE_LISTING_H
#define HOY_ENGINE_LISTING_H

#include "engine/outcome.h"
#include "engine/publish.h"
#include "engine/settings.h"
#include "runtime/container.h"

struct listing_entry {
	const char *id;
	const char *name;    /* "": it has none */
	const char *image;   /* the reference that it was made of; "": none */
	const char *command; /* its arguments in one line; "": they can't be read */
	const char *state;   /* "created", "running", "paused", "restarting", "exited", … */
	const char *status;  /* the same for people: "Up 3 minutes", "Exited (1) 2 hours ago" */
	const char *bundle;
	int pid;	 /* 0: it does not run */
	int64_t created; /* seconds since 1970; 0: not known */
	struct string_map annotations;
	struct settings settings;
	struct net_ports ports; /* that are its now */
	struct outcome outcome;
	bool ended; /* outcome is there */
	bool ours;  /* it has a directory in DATA */
};

struct listing {
	size_t n;
	struct listing_entry *v; /* the newest first */
};

/* All there are; all: also those that don't run. Strings belong to the arena. 0 or negative errno with
 * err. */
int engine_listing(const struct runtime *rt, bool all, struct arena *a, struct listing *ret,
		   struct error *err);
/* One word of --filter, "status=exited": whether it is one that hoy knows (0 or -EINVAL with err), and
 * whether the entry is among those it means. */
int listing_filter_check(const char *filter, struct error *err);
bool listing_matches(const struct listing_entry *e, const char *filter);

#endif
