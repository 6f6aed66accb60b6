/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: the keys by which a person leaves a container that runs on, as docker and podman have them: words
 * with commas between them, each a character, "ctrl-" and one of a to z @ [ \ ] ^ _, or "DEL". "" is none.
 *
 * What is typed passes through keys_filter. Bytes that may be the beginning of the keys are held until it is
 * clear that they are not; nothing is lost or comes in another order, whatever pieces it comes in.
 */
#ifndef HOY_ENGINE_KEYS_H
#define HOY_ENGINE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define KEYS_MAX     32
#define KEYS_DEFAULT "ctrl-p,ctrl-q"

struct keys {
	unsigned char v[KEYS_MAX];
	size_t n;    /* 0: there are none */
	size_t held; /* so many of the first were typed */
};

/* text: NULL is KEYS_DEFAULT. 0, or -EINVAL with words for --detach-keys. */
int keys_parse(const char *text, struct keys *ret, struct error *err);
/* in: n bytes that were typed. out has room for n + KEYS_MAX and gets those that are to go on; returns
 * how many these are. *left: the keys were among them; what was typed behind them is dropped. */
size_t keys_filter(struct keys *k, const char *in, size_t n, char *out, bool *left);
/* At the end of what is typed: those that are held. out has room for KEYS_MAX. */
size_t keys_flush(struct keys *k, char *out);

#endif
