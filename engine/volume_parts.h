/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_parts: what the parsers of -v, --tmpfs (volume.c) and --mount (volume_mount.c) share. All return
 * 0, or negative errno with err, which names the option.
 */
#ifndef HOY_ENGINE_VOLUME_PARTS_H
#define HOY_ENGINE_VOLUME_PARTS_H

#include "engine/volume.h"

/* What the words of one bind or volume add up to. */
struct bind_words {
	const char *option; /* "-v" */
	const char *propagation;
	bool plain; /* not recursive */
	bool readonly, nocopy;
	struct strings flags; /* nosuid and so on */
};

/* words: NULL-ended. */
bool volume_word_is(const char *word, const char *const *words);
int volume_bind_word(struct bind_words *b, const char *word, struct arena *a, struct error *err);
void volume_bind_options(const struct bind_words *b, struct arena *a, struct strings *ret);
/* A tmpfs without options, and one word more for it. */
void volume_tmpfs_begin(struct mount *m, struct arena *a);
int volume_tmpfs_word(const char *option, const char *word, struct strings *out, struct arena *a,
		      struct error *err);
int volume_destination(const char *option, const char *path, struct arena *a, struct mount *m,
		       struct error *err);
/* The source of a bind, which must be there. */
int volume_bind_source(const char *option, const char *path, struct mount *m, struct error *err);
/* That of a volume; NULL: an anonymous one. */
int volume_source(const char *option, const char *name, struct volume_asked *v, struct error *err);

#endif
