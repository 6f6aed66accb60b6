/* SPDX-License-Identifier: Apache-2.0 */
#include "netns/nft.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/fd.h"

#define LIBRARY	  "libnftables.so.1"
#define TRIES_MAX 16

/* What of nftables/libnftables.h is used: its interface is fixed by the library's version 1. */
struct nft_ctx;
static struct {
	void *library;
	struct nft_ctx *(*ctx_new)(unsigned flags);
	void (*ctx_free)(struct nft_ctx *c);
	int (*buffer_output)(struct nft_ctx *c), (*buffer_error)(struct nft_ctx *c);
	const char *(*output)(struct nft_ctx *c), *(*error)(struct nft_ctx *c);
	int (*run)(struct nft_ctx *c, const char *commands);
} nft;

static bool symbol_load(const char *name, void *ret)
{
	/* A pointer to a function is one to data on every system that has dlsym(3). */
	void *p = dlsym(nft.library, name);

	memcpy(ret, &p, sizeof(p));
	return p;
}

static int library_load(struct error *err)
{
	if (nft.library)
		return 0;
	nft.library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (nft.library && symbol_load("nft_ctx_new", &nft.ctx_new) &&
	    symbol_load("nft_ctx_free", &nft.ctx_free) &&
	    symbol_load("nft_ctx_buffer_output", &nft.buffer_output) &&
	    symbol_load("nft_ctx_buffer_error", &nft.buffer_error) &&
	    symbol_load("nft_ctx_get_output_buffer", &nft.output) &&
	    symbol_load("nft_ctx_get_error_buffer", &nft.error) &&
	    symbol_load("nft_run_cmd_from_buffer", &nft.run))
		return 0;
	error_hint(err, "%s", dlerror());
	if (nft.library)
		dlclose(nft.library);
	nft.library = NULL;
	return error_say(err, ENOPKG,
			 "networks need " LIBRARY " (Debian: apt-get install libnftables1)");
}

static void context_free(struct nft_ctx **c)
{
	if (*c)
		nft.ctx_free(*c);
}

/* The first line is what is wrong; those behind it show where. */
static int error_word(const char *text, struct error *err)
{
	const char *colon = strstr(text, "Error: ");

	if (colon)
		text = colon + strlen("Error: ");
	return error_say(err, EINVAL, "change the firewall: nft: %.*s", (int)strcspn(text, "\n"),
			 *text ? text : "it failed without words");
}

/* Commands are written for the rules as they were when it looked: where others have changed them
 * meanwhile, it looks again. */
static bool is_overtaken(const char *text)
{
	return strstr(text, strerror(EINTR)) || strstr(text, "should be restarted") ||
	       strstr(text, strerror(EAGAIN)) || strstr(text, strerror(EBUSY));
}

int nft_run(const char *commands, struct text *out, struct error *err)
{
	unsigned tries = 0;
	int r = library_load(err);

	if (r < 0)
		return r;
	for (;;) {
		_cleanup_(context_free) struct nft_ctx *c = nft.ctx_new(0 /* flags: none */);
		const char *text;

		if (!c || nft.buffer_output(c) || nft.buffer_error(c))
			return error_set(err, ENOMEM, "change the firewall");
		if (nft.run(c, commands) == 0) {
			text = nft.output(c);
			if (out && text)
				text_add(out, text);
			return 0;
		}
		text = nft.error(c);
		if (is_overtaken(text) && ++tries < TRIES_MAX)
			continue;
		return strstr(text, strerror(ENOENT)) ? -ENOENT : error_word(text, err);
	}
}
