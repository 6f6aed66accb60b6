/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registries_conf: what containers-registries.conf(5), version 2, says of registries: where their
 * images really are, mirrors, which may be spoken to without TLS, which not at all, and what short
 * names mean.
 *
 * Read are the file $CONTAINERS_REGISTRIES_CONF, or else
 * ${XDG_CONFIG_HOME:-~/.config}/containers/registries.conf, or else
 * /etc/containers/registries.conf; and behind it the *.conf of /etc/containers/registries.conf.d
 * and of the user's registries.conf.d, by name. What comes later replaces the entry of the same
 * prefix, and the list of registries to search.
 */
#ifndef HOY_IMAGE_REGISTRIES_CONF_H
#define HOY_IMAGE_REGISTRIES_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "image/reference.h"
#include "spec/config.h"

struct registries_mirror {
	const char *location; /* "mirror.example:5000/hub" */
	bool insecure;
	const char *from; /* "all", "digest-only", "tag-only"; NULL: all */
};

struct registries_entry {
	struct registries_entry *next;
	const char *prefix;   /* "registry.example/team", "*.example.com" */
	const char *location; /* NULL: as the reference has it */
	bool insecure, blocked, digest_only;
	struct {
		size_t n;
		struct registries_mirror *v; /* in the order of asking */
	} mirrors;
};

struct registries_alias {
	struct registries_alias *next;
	const char *name,
		*value; /* "fedora" → "registry.fedoraproject.org/fedora"; "": none any more */
};

struct registries_conf {
	const struct strings *search; /* unqualified-search-registries; NULL: no file has it */
	struct registries_entry *entries;
	struct registries_alias *aliases;
};

/* A place to ask for an image. */
struct registries_place {
	const char *host, *repository;
	bool insecure, mirror;
};

struct registries_places {
	size_t n;
	struct registries_place *v;   /* mirrors first, then the registry */
	struct registries_place home; /* where pushes go: no mirror, no other location */
};

/* All in the arena. 0 (also where there are no files) or a negative errno with the file's name and
 * the line. */
int registries_conf_load(struct arena *a, const struct registries_conf **ret, struct error *err);
/* Adds the text of one file, which is terminated. 0, or -EINVAL with the line and column or the
 * key. */
int registries_conf_add(struct registries_conf *conf, const char *text, size_t len, struct arena *a,
			struct error *err);

/* Where to ask for ref. -EACCES with words when it is blocked. */
int registries_conf_places(const struct registries_conf *conf, const struct reference *ref,
			   struct arena *a, struct registries_places *ret, struct error *err);
/* The whole name that a short one ("fedora", without host, tag and digest) is an alias of, or NULL.
 */
const char *registries_conf_alias(const struct registries_conf *conf, const char *name);

/* The entry for ref, which is the one with the longest prefix, or NULL. *matched: how much of the
 * reference's text that prefix is. */
const struct registries_entry *registries_conf_find(const struct registries_conf *conf,
						    const char *ref, size_t *matched);

#endif
