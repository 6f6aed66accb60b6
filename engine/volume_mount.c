/* SPDX-License-Identifier: Apache-2.0 */
/* --mount: docker's long words for what -v and --tmpfs say. */
#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"
#include "engine/values.h"
#include "engine/volume_parts.h"

/* The words of --mount, each as often as it was given; the last counts. */
struct mount_words {
	const char *type, *source, *target;
	struct bind_words bind;
	struct strings tmpfs;
	const char *only_bind, *only_tmpfs,
		*only_volume; /* a word that belongs to one of the types */
};

static int flag_value(const char *key, const char *value, bool *ret, struct error *err)
{
	if (!value || streq(value, "true") || streq(value, "1"))
		*ret = true;
	else if (streq(value, "false") || streq(value, "0"))
		*ret = false;
	else
		return error_say(err, EINVAL, "--mount: %s: must be true or false, got \"%.64s\"",
				 key, value);
	return 0;
}

static int mount_word(struct mount_words *w, const char *key, const char *value, struct arena *a,
		      struct error *err)
{
	static const char *const sources[] = {"source", "src", NULL};
	static const char *const targets[] = {"target", "destination", "dst", NULL};

	if (volume_word_is(key, (const char *const[]){"readonly", "ro", NULL}))
		return flag_value(key, value, &w->bind.readonly, err);
	if (streq(key, "bind-nonrecursive")) {
		w->only_bind = key;
		return flag_value(key, value, &w->bind.plain, err);
	}
	if (streq(key, "volume-nocopy")) {
		w->only_volume = key;
		return flag_value(key, value, &w->bind.nocopy, err);
	}
	if (!value)
		return error_say(err, EINVAL, "--mount: \"%.64s\" needs a value", key);
	if (streq(key, "type"))
		w->type = value;
	else if (volume_word_is(key, sources))
		w->source = value;
	else if (volume_word_is(key, targets))
		w->target = value;
	else if (streq(key, "bind-propagation")) {
		w->only_bind = key;
		return volume_bind_word(&w->bind, value, a, err);
	} else if (streq(key, "tmpfs-size") || streq(key, "tmpfs-mode")) {
		w->only_tmpfs = key;
		return volume_tmpfs_word("--mount",
					 arena_join(a, key + strlen("tmpfs-"), "=", value, NULL),
					 &w->tmpfs, a, err);
	} else {
		return error_say(err, EINVAL,
				 "--mount: unknown word \"%.64s\" (type, source, target, readonly, "
				 "bind-propagation, bind-nonrecursive, tmpfs-size, tmpfs-mode, "
				 "volume-nocopy "
				 "are known)",
				 key);
	}
	return 0;
}

enum mount_type { MOUNT_VOLUME, MOUNT_BIND, MOUNT_TMPFS };

/* Without a word it is a volume, as docker has it. */
static int type_find(const struct mount_words *w, enum mount_type *ret, struct error *err)
{
	static const char *const types[] = {"volume", "bind", "tmpfs"};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (streq(w->type ? w->type : "volume", types[i])) {
			*ret = (enum mount_type)i;
			return 0;
		}
	return error_say(err, EINVAL, "--mount: type: must be volume, bind or tmpfs, got \"%.64s\"",
			 w->type);
}

/* Words that belong to another type. */
static int words_check(const struct mount_words *w, enum mount_type type, struct error *err)
{
	const char *wrong = type == MOUNT_BIND ? NULL : w->only_bind;

	if (type != MOUNT_TMPFS && w->only_tmpfs)
		wrong = w->only_tmpfs;
	if (type != MOUNT_VOLUME && w->only_volume)
		wrong = w->only_volume;
	if (type == MOUNT_TMPFS && w->source)
		wrong = "source";
	if (wrong)
		return error_say(err, EINVAL, "--mount: \"%s\" does not belong to type=%s", wrong,
				 w->type ? w->type : "volume");
	if (!w->target || (type == MOUNT_BIND && !w->source))
		return error_say(err, EINVAL, "--mount: %s= is needed",
				 w->target ? "source" : "target");
	return 0;
}

static void tmpfs_finish(const struct mount_words *w, struct arena *a, struct mount *m)
{
	size_t i;

	volume_tmpfs_begin(m, a);
	for (i = 0; i < w->tmpfs.n; i++)
		LIST_ADD(a, &m->options, w->tmpfs.v[i]);
	if (w->bind.readonly)
		LIST_ADD(a, &m->options, "ro");
}

static int mount_finish(const struct mount_words *w, struct arena *a, struct volume_asked *v,
			struct error *err)
{
	enum mount_type type = MOUNT_VOLUME;
	int r = type_find(w, &type, err);

	if (r == 0)
		r = words_check(w, type, err);
	if (r == 0)
		r = volume_destination("--mount", w->target, a, &v->mount, err);
	if (r < 0)
		return r;
	if (type == MOUNT_TMPFS) {
		tmpfs_finish(w, a, &v->mount);
		return 0;
	}
	v->kind = VOLUME_HOST;
	v->nocopy = w->bind.nocopy;
	v->mount.type = "bind";
	volume_bind_options(&w->bind, a, &v->mount.options);
	return type == MOUNT_BIND ? volume_bind_source("--mount", w->source, &v->mount, err)
				  : volume_source("--mount", w->source, v, err);
}

int volume_mount_parse(const char *text, struct arena *a, struct volume_asked *ret,
		       struct error *err)
{
	struct strings words = value_split(text, ',', a);
	struct mount_words w = {.bind.option = "--mount"};
	struct volume_asked v = {0};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < words.n; i++) {
		const char *equals = strchr(words.v[i], '=');
		const char *key =
			equals ? arena_memdup(a, words.v[i], (size_t)(equals - words.v[i]))
			       : words.v[i];

		r = mount_word(&w, key, equals ? equals + 1 : NULL, a, err);
	}
	if (r == 0)
		r = mount_finish(&w, a, &v, err);
	if (r == 0)
		*ret = v;
	return r;
}
