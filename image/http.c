/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request takes an easy handle from a pool, in which handles keep their connections, and gives it
 * back. (libcurl can share connections between handles, but not between threads.) curl_easy_reset()
 * in between leaves nothing of the last request but those.
 */
#include "image/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/fd.h"
#include "image/http_fault.h"
#include "image/url.h"

#define CONNECT_SECONDS 30L
#define STALL_SPEED	64L /* bytes in a second: slower than that is no transfer */
#define BUFFER_SIZE	(128L * 1024)

struct handle {
	struct handle *next;
	CURL *curl;
};

struct http {
	struct http_settings settings;
	char *user_agent;
	pthread_mutex_t lock;
	struct handle *idle;
};

static pthread_once_t global = PTHREAD_ONCE_INIT;

static void global_begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_open(const struct http_settings *settings, struct http **ret, struct error *err)
{
	struct http *h = calloc(1, sizeof(*h));

	pthread_once(&global, global_begin);
	if (!h)
		return error_set(err, ENOMEM, "http");
	h->settings = *settings;
	h->user_agent = strdup(settings->user_agent);
	pthread_mutex_init(&h->lock, NULL);
	*ret = h;
	return 0;
}

void http_close(struct http *h)
{
	struct handle *i, *next;

	if (!h)
		return;
	for (i = h->idle; i; i = next) {
		next = i->next;
		curl_easy_cleanup(i->curl);
		free(i);
	}
	pthread_mutex_destroy(&h->lock);
	free(h->user_agent);
	free(h);
}

static struct handle *handle_take(struct http *h)
{
	struct handle *i;

	pthread_mutex_lock(&h->lock);
	i = h->idle;
	if (i)
		h->idle = i->next;
	pthread_mutex_unlock(&h->lock);
	if (i) {
		curl_easy_reset(i->curl);
		return i;
	}
	i = calloc(1, sizeof(*i));
	if (i)
		i->curl = curl_easy_init();
	if (!i || !i->curl)
		abort(); /* as the arena does */
	return i;
}

static void handle_give(struct http *h, struct handle *i)
{
	pthread_mutex_lock(&h->lock);
	i->next = h->idle;
	h->idle = i;
	pthread_mutex_unlock(&h->lock);
}

void http_response_free(struct http_response *response)
{
	text_free(&response->body);
	arena_free(&response->arena);
	*response = (struct http_response)HTTP_RESPONSE_INIT;
}

/* ---- What libcurl calls ---------------------------------------------------------------------- */

/* Keeps a header that is known; one that comes more than once is a list (RFC 9110, 5.3). */
static void header_keep(struct http_response *to, const char *name, size_t n, const char *value)
{
	const struct {
		const char *name;
		const char **to;
	} known[] = {
		{"location", &to->location},
		{"content-type", &to->content_type},
		{"content-range", &to->content_range},
		{"docker-content-digest", &to->digest},
		{"www-authenticate", &to->challenge},
		{"retry-after", &to->retry_after},
		{"warning", &to->warning},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strlen(known[i].name) != n || strncasecmp(known[i].name, name, n) != 0)
			continue;
		*known[i].to = *known[i].to
				       ? arena_join(&to->arena, *known[i].to, ", ", value, NULL)
				       : arena_strdup(&to->arena, value);
	}
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_exchange *x = arg;
	const char *colon = memchr(p, ':', n);
	size_t from, to = n;

	(void)size; /* 1 */
	x->header_bytes += n;
	if (x->header_bytes > HTTP_HEADERS_MAX)
		return 0;
	/* What came before was "100 Continue" or the like. */
	if (n >= 5 && !memcmp(p, "HTTP/", 5)) {
		http_response_free(x->response);
		x->headers_end = false;
		return n;
	}
	if (x->headers_end)
		return n; /* a trailer: it says nothing that is believed */
	while (to && strchr("\r\n \t", p[to - 1]))
		to--;
	if (to == 0) {
		x->headers_end = true;
		return n;
	}
	if (!colon || memchr(p, 0, n))
		return n;
	from = (size_t)(colon - p) + 1;
	while (from < to && strchr(" \t", p[from]))
		from++;
	header_keep(x->response, p, (size_t)(colon - p),
		    arena_memdup(&x->response->arena, p + from, from < to ? to - from : 0));
	return n;
}

static void head_complete(struct http_exchange *x)
{
	curl_off_t length = -1;

	if (x->head_complete)
		return;
	x->head_complete = true;
	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &x->response->status);
	curl_easy_getinfo(x->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	x->response->length = length;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_exchange *x = arg;
	struct text *body = &x->response->body;
	size_t room = HTTP_BODY_MAX - body->len;

	(void)size; /* 1 */
	head_complete(x);
	if (x->request->sink && x->response->status / 100 == 2) {
		x->ended = x->request->sink(x->request->sink_arg, x->response, p, n);
		return x->ended < 0 ? n + 1 : n;
	}
	text_add_bytes(body, p, n < room ? n : room);
	x->enough = n > room;
	return x->enough ? n + 1 : n;
}

static size_t on_source(char *p, size_t size, size_t n, void *arg)
{
	struct http_exchange *x = arg;
	ssize_t got = 0;

	(void)size; /* 1 */
	if (x->sent < x->request->source_size) {
		if (n > x->request->source_size - x->sent)
			n = (size_t)(x->request->source_size - x->sent);
		got = x->request->source(x->request->source_arg, x->sent, p, n);
		if (got == 0)
			got = -ENODATA;
	}
	if (got < 0) {
		x->ended = (int)got;
		return CURL_READFUNC_ABORT;
	}
	x->sent += (uint64_t)got;
	return (size_t)got;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct http_exchange *x = arg;

	if (origin != SEEK_SET || offset < 0)
		return CURL_SEEKFUNC_FAIL;
	x->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct http_exchange *x = arg;

	(void)a, (void)b, (void)c, (void)d;
	/* It is called once more after a sink has failed. */
	if (x->ended == 0 && x->settings->check)
		x->ended = x->settings->check(x->settings->check_arg);
	return x->ended < 0;
}

/* ---- A request ------------------------------------------------------------------------------- */

static void tls_set(CURL *c, const struct http_request *q)
{
	struct curl_blob ca = {.flags = CURL_BLOB_NOCOPY};

	if (q->tls->insecure) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (q->tls->ca) {
		ca.data = (void *)q->tls->ca;
		ca.len = strlen(q->tls->ca);
		curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca);
	}
	if (q->tls->cert && q->client_cert) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, q->tls->cert);
		curl_easy_setopt(c, CURLOPT_SSLKEY, q->tls->key);
	}
}

static void method_set(CURL *c, const struct http_request *q)
{
	if (q->method == HTTP_HEAD)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	if (q->method == HTTP_POST) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->source_size);
	}
	if (q->method == HTTP_PUT) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->source_size);
	}
}

static struct curl_slist *header_add(struct curl_slist *list, const char *name, const char *value)
{
	char *line = NULL;

	/* With nothing behind the colon libcurl leaves out what it would send by itself. */
	if (asprintf(&line, value ? "%s: %s" : "%s:", name, value) < 0)
		abort();
	list = curl_slist_append(list, line);
	free(line);
	return list;
}

static struct curl_slist *headers_make(const struct http_request *q)
{
	struct curl_slist *list = NULL;
	char range[64];

	list = header_add(list, "Accept", q->accept ? q->accept : "*/*");
	list = header_add(list, "Content-Type", q->content_type);
	if (q->authorization)
		list = header_add(list, "Authorization", q->authorization);
	if (q->range) {
		snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)q->range);
		list = header_add(list, "Range", range);
	}
	return list;
}

static void request_set(CURL *c, struct http *h, struct http_exchange *x)
{
	const struct http_request *q = x->request;

	curl_easy_setopt(c, CURLOPT_URL, q->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, h->user_agent);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, STALL_SPEED);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)h->settings.stall);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)q->timeout);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->words);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, on_source);
	curl_easy_setopt(c, CURLOPT_READDATA, x);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(c, CURLOPT_SEEKDATA, x);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
	/* A proxy's own loopback is another, and it would see what is never meant to leave this
	 * machine. */
	if (url_is_loopback(q->url))
		curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	method_set(c, q);
	tls_set(c, q);
}

/* OpenSSL writes with write(2), so a server that goes away would end the program by SIGPIPE. It
 * comes to the thread that wrote: kept from this one, whatever the program does with it. */
static CURLcode perform_without_sigpipe(CURL *c)
{
	const struct timespec now = {0};
	sigset_t pipe, saved, before;
	CURLcode code;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&before);
	pthread_sigmask(SIG_BLOCK, &pipe, &saved);
	code = curl_easy_perform(c);
	if (!sigismember(&before, SIGPIPE))
		sigtimedwait(&pipe, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return code;
}

int http_perform(struct http *h, const struct http_request *request, struct http_response *ret,
		 struct error *err)
{
	struct handle *handle = handle_take(h);
	struct http_exchange x = {
		.request = request,
		.response = ret,
		.settings = &h->settings,
		.curl = handle->curl,
		.headers = headers_make(request),
	};
	CURLcode code;
	int r;

	http_response_free(ret);
	request_set(handle->curl, h, &x);
	code = perform_without_sigpipe(handle->curl);
	r = http_fault(&x, code, err);
	if (r == 0)
		head_complete(&x);
	curl_slist_free_all(x.headers);
	handle_give(h, handle);
	return r;
}
