/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenge: what a server wants to see before it answers (WWW-Authenticate, RFC 9110, 11.6.1), as
 * registries use it: Basic, or Bearer with the place where tokens are given out.
 */
#ifndef HOY_IMAGE_CHALLENGE_H
#define HOY_IMAGE_CHALLENGE_H

#include "base/arena.h"

enum challenge_scheme { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge {
	enum challenge_scheme scheme;
	const char *realm, *service, *scope, *error; /* NULL where absent */
};

/* Reads a list of challenges and picks the one to answer: Bearer with a realm before Basic.
 * Whatever the bytes are, the outcome is one of the three. Strings belong to the arena. */
void challenge_parse(const char *header, struct arena *a, struct challenge *ret);

#endif
