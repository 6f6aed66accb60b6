/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the registry client share.
 *
 *	registry.c		options and configuration → the endpoints to ask
 *	registry_manifest.c, registry_blob.c, registry_push.c	the calls of registry.h
 *	registry_call.c		one call to one endpoint: credentials, redirects
 *	registry_try.c		…and again, when that may help
 *	registry_auth.c		challenges → the Authorization header, tokens
 *	registry_words.c	answers that are no success, in words
 *	http.c			one request, one answer
 */
#ifndef HOY_IMAGE_REGISTRY_PARTS_H
#define HOY_IMAGE_REGISTRY_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "image/challenge.h"
#include "image/http.h"
#include "image/registry.h"

#define REGISTRY_REDIRECTS_MAX 5
#define REGISTRY_TRIES	       6
#define REGISTRY_TRIES_MIRROR  2   /* there is someone else to ask */
#define REGISTRY_TRIES_TOTAL   100 /* for one blob, however much each try brought */
#define REGISTRY_PAUSE	       500
#define REGISTRY_PAUSE_MAX     30000
#define REGISTRY_STALL	       30
#define REGISTRY_WAIT_MAX      60  /* seconds that a registry may ask us to wait (Retry-After) */
#define REGISTRY_TIMEOUT       120 /* seconds for whatever is small: manifests, tokens */

/* What a token is good for: a scope as the registry's token service reads it. */
struct grant {
	struct grant *next;
	const char *scope;
	char *header; /* of Authorization */
	int64_t end;  /* now_ms() after which it isn't used; 0: never */
};

/* A place to ask: the registry itself, or a mirror. */
struct endpoint {
	const char *
		host; /* "docker.io", "mirror.example:5000": as people and configurations name it */
	const char *repository; /* there; a mirror's may have a prefix */
	const char *base;	/* "https://registry-1.docker.io"; under lock until `settled` */
	bool mirror;
	bool http_ok; /* plain http will do: insecure, or on this machine */
	struct http_tls tls;
	const char *credentials; /* "user:password" of the command line, for the registry itself */
	pthread_mutex_t lock;	 /* of what follows */
	bool settled;		 /* it is known whether it speaks https */
	struct challenge challenge;
	struct arena arena;
	struct grant *grants;
};

struct registry {
	struct arena arena;
	struct http *http;
	const char *name; /* "registry.example/web": of the reference, for words */
	struct registry_options options;
	size_t endpoints_n;
	struct endpoint *endpoints; /* in the order of asking; pulls */
	struct endpoint *home;	    /* where pushes go */
	atomic_size_t chosen;	    /* which of the endpoints had the manifest */
	pthread_mutex_t warn_lock;
};

struct call {
	enum http_method method;
	const char *path; /* behind /v2/REPOSITORY/: "manifests/latest" */
	const char *url;  /* whole, instead of path */
	bool push;
	const char *from; /* another repository that is to be read from */
	const char *accept, *content_type;
	uint64_t range;
	unsigned timeout;
	http_sink *sink;
	void *sink_arg;
	http_source *source;
	void *source_arg;
	uint64_t source_size;
};

/* How often something was tried. */
struct tries {
	unsigned row; /* failures in a row without progress */
	unsigned total;
	unsigned max; /* of row */
};

/* One call, with whatever redirects and tokens that takes. 0 when there is an answer. */
int registry_call(struct registry *r, struct endpoint *e, const struct call *call,
		  struct http_response *ret, struct error *err);

/* Whether it may help to try again after this outcome; if so it has waited. result: of
 * registry_call(). err is emptied then. 1: again, 0: no, or the negative errno of the check. */
int registry_again(struct registry *r, struct tries *tries, int result,
		   const struct http_response *response, struct error *err);
struct tries tries_of(const struct registry *r, const struct endpoint *e);
/* registry_call() as often as registry_again() says. */
int registry_calls(struct registry *r, struct endpoint *e, const struct call *call,
		   struct http_response *ret, struct error *err);

/* Sets *ret to the Authorization header for the call (NULL: none is known to be needed), in the
 * arena. */
int registry_auth_header(struct registry *r, struct endpoint *e, const struct call *call,
			 struct arena *a, const char **ret, struct error *err);
/* Learns from an answer of 401 to a request with that header. 1: there is another header now, 0:
 * there is none that would help, or a negative errno. */
int registry_auth_learn(struct registry *r, struct endpoint *e, const struct call *call,
			const char *challenge, const char *sent, struct error *err);
void registry_auth_free(struct endpoint *e);

/* Words what is no success; always negative. what: "manifest", "blob". */
int registry_refusal(struct registry *r, struct endpoint *e, const char *what,
		     const struct http_response *response, struct error *err);
/* What a body of distribution-spec's error format says, in one short line: "manifest unknown", or
 * "" when it says nothing that is understood. */
void registry_error_text(const char *body, size_t len, char *ret, size_t size);

/* A tag or a digest, checked: only that may become part of a URL. 0 or -EINVAL. */
int registry_name(const char *tag_or_digest, struct digest *ret, bool *is_digest,
		  struct error *err);
/* After endpoint i failed with err: whether to go on with the one behind it. If so err became a
 * warning. */
bool registry_next(struct registry *r, size_t i, int result, struct error *err);
/* The step of errors: "pull registry.example/web:1". */
void registry_step(struct registry *r, const char *verb, const char *tag_or_digest,
		   struct error *err);

/* What a registry wants users to be told; header may be NULL. */
void registry_warning(struct registry *r, struct endpoint *e, const char *header);
void registry_warn(struct registry *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "bytes FROM-TO/SIZE" (RFC 9110, 14.4); *size is 0 where it is not said. 0 or -EINVAL. */
int content_range_parse(const char *s, uint64_t *from, uint64_t *size);
/* The seconds that Retry-After asks for, as a number or as a date; -1 when there is none. */
int64_t retry_after_seconds(const char *s);

#endif
