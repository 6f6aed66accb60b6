/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "image/certificates.h"
#include "image/registries_conf.h"
#include "image/registry_parts.h"

#define USER_AGENT "hoy/" PACKAGE_VERSION
/* Docker Hub is the one registry whose name isn't where it is. */
#define HUB_SERVER "registry-1.docker.io"

/* ---- Endpoints ------------------------------------------------------------------------------- */

/* This machine, whatever a resolver says: there plain http tells nobody anything. */
static bool host_is_loopback(const char *host)
{
	char name[sizeof("255.255.255.255")];
	size_t n = strcspn(host, ":");
	struct in_addr v4;

	if (starts_with(host, "[::1]"))
		return true;
	if (n >= sizeof(name))
		return false;
	memcpy(name, host, n);
	name[n] = 0;
	return streq(name, "localhost") ||
	       (inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET);
}

static int endpoint_init(struct registry *r, const struct registries_place *place,
			 struct endpoint *ret, struct error *err)
{
	struct endpoint e = {
		.host = place->host,
		.repository = place->repository,
		.mirror = place->mirror,
		.credentials = place->mirror ? NULL : r->options.credentials,
	};
	bool hub = streq(e.host, REFERENCE_HOST);
	int result = certificates_load(e.host, r->options.cert_dir, &r->arena, &e.tls, err);

	if (result < 0)
		return result;
	e.tls.insecure = place->insecure || r->options.insecure;
	e.http_ok = e.tls.insecure || host_is_loopback(e.host);
	e.base = arena_join(&r->arena, "https://", hub ? HUB_SERVER : e.host, NULL);
	*ret = e;
	pthread_mutex_init(&ret->lock, NULL);
	return 0;
}

static int endpoints_init(struct registry *r, const struct reference *ref, struct error *err)
{
	const struct registries_conf *conf;
	struct registries_places places;
	int result = registries_conf_load(&r->arena, &conf, err);

	if (result == 0)
		result = registries_conf_places(conf, ref, &r->arena, &places, err);
	if (result < 0)
		return result;
	/* And one for pushes, which go to where the name says. */
	r->endpoints = arena_alloc(&r->arena, (places.n + 1) * sizeof(*r->endpoints));
	for (size_t i = 0; i < places.n; i++) {
		result = endpoint_init(r, &places.v[i], &r->endpoints[i], err);
		if (result < 0)
			return result;
		r->endpoints_n++;
	}
	result = endpoint_init(r, &places.home, &r->endpoints[places.n], err);
	if (result == 0)
		r->home = &r->endpoints[places.n];
	return result;
}

/* ---- Open and close -------------------------------------------------------------------------- */

static const char *copy(struct registry *r, const char *s)
{
	return s ? arena_strdup(&r->arena, s) : NULL;
}

static int options_init(struct registry *r, const struct registry_options *options,
			struct error *err)
{
	struct registry_options *o = &r->options;

	*o = *options;
	o->authfile = copy(r, options->authfile);
	o->credentials = copy(r, options->credentials);
	o->cert_dir = copy(r, options->cert_dir);
	o->user_agent = options->user_agent ? copy(r, options->user_agent) : USER_AGENT;
	o->tries = options->tries ? options->tries : REGISTRY_TRIES;
	o->pause = options->pause ? options->pause : REGISTRY_PAUSE;
	o->stall = options->stall ? options->stall : REGISTRY_STALL;
	if (o->credentials && !strchr(o->credentials, ':'))
		return error_say(err, EINVAL, "credentials are written USER:PASSWORD");
	return 0;
}

int registry_open(const struct reference *ref, const struct registry_options *options,
		  struct registry **ret, struct error *err)
{
	struct registry *r = calloc(1, sizeof(*r));
	struct http_settings settings;
	int result;

	if (!r)
		abort(); /* as the arena does */
	pthread_mutex_init(&r->warn_lock, NULL);
	r->name = arena_join(&r->arena, ref->host, "/", ref->repository, NULL);
	result = options_init(r, options, err);
	if (result == 0)
		result = endpoints_init(r, ref, err);
	if (result == 0) {
		settings = (struct http_settings){
			.user_agent = r->options.user_agent,
			.stall = r->options.stall,
			.check = r->options.check,
			.check_arg = r->options.check_arg,
		};
		result = http_open(&settings, &r->http, err);
	}
	if (result < 0) {
		registry_close(r);
		return result;
	}
	*ret = r;
	return 0;
}

static void endpoint_free(struct endpoint *e)
{
	registry_auth_free(e);
	pthread_mutex_destroy(&e->lock);
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->endpoints_n; i++)
		endpoint_free(&r->endpoints[i]);
	if (r->home)
		endpoint_free(r->home);
	http_close(r->http);
	pthread_mutex_destroy(&r->warn_lock);
	arena_free(&r->arena);
	free(r);
}

/* ---- What the calls share -------------------------------------------------------------------- */

int registry_name(const char *tag_or_digest, struct digest *ret, bool *is_digest, struct error *err)
{
	*is_digest = strchr(tag_or_digest, ':') != NULL;
	return *is_digest ? digest_parse(tag_or_digest, ret, err)
			  : reference_tag_check(tag_or_digest, err);
}

void registry_step(struct registry *r, const char *verb, const char *tag_or_digest,
		   struct error *err)
{
	error_step(err, "%s %s%s%s", verb, r->name, strchr(tag_or_digest, ':') ? "@" : ":",
		   tag_or_digest);
}

bool registry_next(struct registry *r, size_t i, int result, struct error *err)
{
	char text[2048];
	struct error of_mirror = err ? *err : (struct error)ERROR_INIT;

	if (i + 1 >= r->endpoints_n ||
	    (r->options.check && r->options.check(r->options.check_arg) < 0))
		return false;
	if (err)
		*err = (struct error)ERROR_INIT;
	else
		of_mirror.code = -result;
	registry_warn(r, "mirror %s: %s", r->endpoints[i].host,
		      error_text(&of_mirror, text, sizeof(text)));
	return true;
}

void registry_warn(struct registry *r, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&r->warn_lock);
	warn_add(r->options.warn, "%s", line);
	pthread_mutex_unlock(&r->warn_lock);
}
