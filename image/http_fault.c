/* SPDX-License-Identifier: Apache-2.0 */
#include "image/http_fault.h"

#include <errno.h>
#include <string.h>

static int unreached(struct http_exchange *x, CURLcode code, struct error *err)
{
	long os = 0;

	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) {
		error_hint(err, "is the name right, and does this machine reach a name server?");
		return error_say(err, EHOSTUNREACH, "the name of the %s can't be resolved",
				 code == CURLE_COULDNT_RESOLVE_PROXY ? "proxy" : "host");
	}
	curl_easy_getinfo(x->curl, CURLINFO_OS_ERRNO, &os);
	if (os)
		return error_set(err, (int)os, "connect");
	return error_say(err, ECONNREFUSED, "can't connect: %s", x->words);
}

static int untrusted(struct http_exchange *x, CURLcode code, struct error *err)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR)
		error_hint(err, "the certificate of its authority belongs into certs.d/HOST; "
				"--tls-verify=false trusts anybody");
	else if (code == CURLE_SSL_CONNECT_ERROR && strstr(x->words, "wrong version number"))
		error_hint(err, "it may speak plain HTTP, which --tls-verify=false allows");
	return error_say(err, EPROTO, "no secure connection: %s",
			 x->words[0] ? x->words : curl_easy_strerror(code));
}

static int cut(struct http_exchange *x, CURLcode code, struct error *err)
{
	curl_off_t connected = 0;

	if (code != CURLE_OPERATION_TIMEDOUT)
		return error_say(err, ECONNRESET, "the connection was cut: %s",
				 x->words[0] ? x->words : curl_easy_strerror(code));
	curl_easy_getinfo(x->curl, CURLINFO_CONNECT_TIME_T, &connected);
	if (!connected)
		return error_say(err, ETIMEDOUT, "no connection in time");
	if (strstr(x->words, "Operation too slow"))
		return error_say(err, ETIMEDOUT, "nothing came for %u seconds", x->settings->stall);
	return error_say(err, ETIMEDOUT, "the answer took longer than %u seconds",
			 x->request->timeout);
}

static int refused(struct http_exchange *x, CURLcode code, struct error *err)
{
	if (x->header_bytes > HTTP_HEADERS_MAX)
		return error_say(err, EPROTO, "the answer has more than %d KiB of headers",
				 HTTP_HEADERS_MAX / 1024);
	return error_say(err, EPROTO, "the answer is not understood: %s",
			 x->words[0] ? x->words : curl_easy_strerror(code));
}

static enum http_failure kind(const struct http_exchange *x, CURLcode code)
{
	if (code == CURLE_OK || x->enough)
		return HTTP_ANSWERED;
	if (x->ended < 0)
		return HTTP_ENDED;
	if (x->header_bytes > HTTP_HEADERS_MAX)
		return HTTP_REFUSED;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
		return HTTP_UNREACHED;
	case CURLE_SSL_CONNECT_ERROR:
		return HTTP_HANDSHAKE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
		return HTTP_UNTRUSTED;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return HTTP_CUT;
	default:
		return HTTP_REFUSED;
	}
}

int http_fault(struct http_exchange *x, CURLcode code, struct error *err)
{
	x->response->failure = kind(x, code);
	switch (x->response->failure) {
	case HTTP_ANSWERED:
		return 0;
	case HTTP_UNREACHED:
		return unreached(x, code, err);
	case HTTP_HANDSHAKE:
	case HTTP_UNTRUSTED:
		return untrusted(x, code, err);
	case HTTP_CUT:
		return cut(x, code, err);
	case HTTP_ENDED:
		/* Who ended it may have said why. */
		return err && err->why[0] ? x->ended
					  : error_set(err, -x->ended, "the transfer was ended");
	default:
		return refused(x, code, err);
	}
}
