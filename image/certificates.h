/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates: what a directory certs.d has for a registry, as containers-certs.d(5) says it.
 **.crt are authorities to trust besides the system's, NAME.cert with NAME.key is the client's own
 * certificate. The first of these directories that exists is read:
 *
 *	${XDG_CONFIG_HOME:-~/.config}/containers/certs.d/HOST[:PORT]
 *	/etc/containers/certs.d/HOST[:PORT]
 *	/etc/docker/certs.d/HOST[:PORT]
 */
#ifndef HOY_IMAGE_CERTIFICATES_H
#define HOY_IMAGE_CERTIFICATES_H

#include "base/arena.h"
#include "base/error.h"
#include "image/http.h"

/* dir: the one directory to read instead, which must exist; or NULL. Fills ca, cert and key of
 * *ret, in the arena. 0 (also where there is nothing) or a negative errno. */
int certificates_load(const char *host, const char *dir, struct arena *a, struct http_tls *ret,
		      struct error *err);

#endif
