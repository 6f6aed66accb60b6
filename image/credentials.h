/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials: what people have logged in with, as podman and docker keep it (containers-auth.json(5)):
 *
 *	{"auths": {"registry.example/team": {"auth": "base64 of user:password"},
 *		   "https://index.docker.io/v1/": {"identitytoken": "…"}},
 *	 "credHelpers": {"registry.example": "NAME"}, "credsStore": "NAME"}
 *
 * In order: the file that the caller names, or else $REGISTRY_AUTH_FILE, and no other; or else
 * ${XDG_RUNTIME_DIR}/containers/auth.json (/run/containers/UID/auth.json without that variable),
 * ${XDG_CONFIG_HOME:-~/.config}/containers/auth.json, ${DOCKER_CONFIG:-~/.docker}/config.json. The
 * first file that has something for the registry wins; in it the longest key that is a prefix, by
 * whole components, of HOST[:PORT]/REPOSITORY; a helper for the host before that, a store of helpers
 * after it.
 *
 * A helper is the program docker-credential-NAME in $PATH; the host is written to its standard
 * input. Nothing of a secret is ever part of an error.
 */
#ifndef HOY_IMAGE_CREDENTIALS_H
#define HOY_IMAGE_CREDENTIALS_H

#include "base/arena.h"
#include "base/error.h"

struct credentials {
	const char *user, *password; /* NULL: there is an identity token */
	const char *identity_token;  /* NULL */
};

/* authfile may be NULL. Strings are in the arena. 1 when there are some, 0 when not, or a negative
 * errno. */
int credentials_find(const char *host, const char *repository, const char *authfile,
		     struct arena *a, struct credentials *ret, struct error *err);

/* The same in the text of one file, whose name is for the caller to add. helper: what has to be
 * asked instead, NULL where ret has it all. */
int credentials_read(const char *text, size_t len, const char *host, const char *repository,
		     struct arena *a, struct credentials *ret, const char **helper,
		     struct error *err);

/* Asks a helper (credentials_helper.c); the same outcomes. */
int credentials_ask(const char *helper, const char *host, struct arena *a, struct credentials *ret,
		    struct error *err);
/* What it answered. Outcomes as above, without 0. */
int credentials_answer_read(const char *text, size_t len, struct arena *a, struct credentials *ret,
			    struct error *err);

#endif
