/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/size.h"
#include "base/text.h"
#include "engine/values.h"
#include "engine/volume_parts.h"
#include "spec/names.h"

#define NAME_LENGTH_MAX 255 /* NAME_MAX */

/* ---- Names ----------------------------------------------------------------------------------- */

int volume_name_check(const char *name, struct error *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t n = strlen(name);

	if (n && n <= NAME_LENGTH_MAX && !name[strspn(name, letters)] && !strchr("_.-", name[0]))
		return 0;
	return error_say(
		err, EINVAL,
		"a volume's name is 1 to %d letters, digits and _ . - and begins with a letter or "
		"digit, got \"%.64s\"",
		NAME_LENGTH_MAX, name);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

int volume_path(const char *option, const char *path, struct arena *a, const char **ret,
		struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	struct strings parts;
	size_t i;

	if (path[0] != '/')
		return value_wrong(option, "an absolute path in the container", path, err);
	parts = value_split(path, '/', a);
	for (i = 0; i < parts.n; i++) {
		if (streq(parts.v[i], ".."))
			return value_wrong(option, "a path without \"..\"", path, err);
		if (!*parts.v[i] || streq(parts.v[i], "."))
			continue;
		text_add(&out, "/");
		text_add(&out, parts.v[i]);
	}
	*ret = arena_strdup(a, out.len ? out.s : "/");
	return 0;
}

int volume_destination(const char *option, const char *path, struct arena *a, struct mount *m,
		       struct error *err)
{
	int r = volume_path(option, path, a, &m->destination, err);

	if (r == 0 && streq(m->destination, "/"))
		return error_say(err, EINVAL, "%s: the container's / can't be mounted over",
				 option);
	return r;
}

int volume_bind_source(const char *option, const char *path, struct mount *m, struct error *err)
{
	struct stat st;

	if (path[0] != '/') {
		error_hint(err, "a directory of the host is an absolute path, as \"$PWD/%s\"",
			   path);
		return value_wrong(option, "an absolute path of the host", path, err);
	}
	if (stat(path, &st) < 0) {
		error_hint(err, "hoy does not create it: mkdir -p %.200s", path);
		return error_set(err, errno, "%s: %.200s", option, path);
	}
	m->source = path;
	return 0;
}

int volume_source(const char *option, const char *name, struct volume_asked *v, struct error *err)
{
	if (name && volume_name_check(name, err) < 0) {
		error_field(err, "%s", option);
		error_hint(err, "a directory of the host is an absolute path, as \"$PWD/%s\"",
			   name);
		return -EINVAL;
	}
	v->kind = name ? VOLUME_NAMED : VOLUME_ANONYMOUS;
	v->name = name;
	return 0;
}

/* ---- Options --------------------------------------------------------------------------------- */

bool volume_word_is(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (streq(*words, word))
			return true;
	return false;
}

int volume_bind_word(struct bind_words *b, const char *word, struct arena *a, struct error *err)
{
	static const char *const nothing[] = {"rw", "z", "Z", "rbind", NULL};
	static const char *const flags[] = {"nosuid",	   "suid", "nodev",   "dev",
					    "noexec",	   "exec", "noatime", "relatime",
					    "nosymfollow", NULL};
	static const char *const propagations[] = {"shared",	 "rshared",	"slave",
						   "rslave",	 "private",	"rprivate",
						   "unbindable", "runbindable", NULL};

	if (streq(word, "ro"))
		b->readonly = true;
	else if (streq(word, "bind"))
		b->plain = true;
	else if (streq(word, "nocopy") || streq(word, "copy"))
		b->nocopy = streq(word, "nocopy");
	else if (volume_word_is(word, propagations))
		b->propagation = mount_option_find(word)->name;
	else if (volume_word_is(word, flags))
		LIST_ADD(a, &b->flags, word);
	else if (!volume_word_is(word, nothing))
		return error_say(err, EINVAL,
				 "%s: unknown option \"%.64s\" (ro, rw, nosuid, nodev, noexec, "
				 "bind, rbind, copy, nocopy, z, Z "
				 "and the propagations shared, slave, private are known)",
				 b->option, word);
	return 0;
}

void volume_bind_options(const struct bind_words *b, struct arena *a, struct strings *ret)
{
	size_t i;

	*ret = (struct strings){0};
	LIST_ADD(a, ret, b->plain ? "bind" : "rbind");
	LIST_ADD(a, ret, b->propagation ? b->propagation : "rprivate");
	if (b->readonly)
		LIST_ADD(a, ret, b->plain ? "ro" : "rro");
	for (i = 0; i < b->flags.n; i++)
		LIST_ADD(a, ret, b->flags.v[i]);
}

/* size= and mode= by their form; the others are numbers. The kernel would name the option, not
 * ours. */
static int tmpfs_value(const char *option, const char *word, struct error *err)
{
	const char *equals = strchr(word, '='), *v = equals + 1;
	size_t n = (size_t)(equals - word);
	int64_t bytes;

	if (n == 4 && starts_with(word, "size")) {
		size_t len = strlen(v);

		if (len && v[len - 1] == '%' && strspn(v, "0123456789") == len - 1 && len > 1 &&
		    len < 5)
			return 0;
		if (size_parse(v, &bytes) == 0 && bytes >= 0)
			return 0;
		return error_say(err, EINVAL, "%s: size: must be a size like 64M, got \"%.64s\"",
				 option, v);
	}
	if (n == 4 && starts_with(word, "mode")) {
		if (*v && !v[strspn(v, "01234567")] && strlen(v) <= 5)
			return 0;
		return error_say(err, EINVAL, "%s: mode: must be octal like 1777, got \"%.64s\"",
				 option, v);
	}
	if (*v && !v[strspn(v, "0123456789")])
		return 0;
	return error_say(err, EINVAL, "%s: %.*s: must be a number, got \"%.64s\"", option, (int)n,
			 word, v);
}

/* The kernel knows no "64MiB": sizes go as bytes. */
static const char *tmpfs_kernel(const char *word, struct arena *a)
{
	int64_t bytes;

	if (!starts_with(word, "size=") || size_parse(word + 5, &bytes) < 0)
		return word;
	return arena_printf(a, "size=%lld", (long long)bytes);
}

int volume_tmpfs_word(const char *option, const char *word, struct strings *out, struct arena *a,
		      struct error *err)
{
	static const char *const flags[] = {
		"ro",	"rw",	   "nosuid",   "suid",	      "nodev",	   "dev", "noexec",
		"exec", "noatime", "relatime", "nosymfollow", "tmpcopyup", NULL};
	static const char *const values[] = {"size=", "mode=", "uid=", "gid=", "nr_inodes=", NULL};
	size_t i;
	int r = 0;

	for (i = 0; values[i]; i++) {
		if (!starts_with(word, values[i]))
			continue;
		r = tmpfs_value(option, word, err);
		if (r == 0)
			LIST_ADD(a, out, tmpfs_kernel(word, a));
		return r;
	}
	if (!volume_word_is(word, flags))
		return error_say(err, EINVAL,
				 "%s: unknown option \"%.64s\" (size=, mode=, uid=, gid=, "
				 "nr_inodes=, ro, rw, "
				 "exec, suid, dev and their opposites are known)",
				 option, word);
	LIST_ADD(a, out, word);
	return 0;
}

/* ---- -v -------------------------------------------------------------------------------------- */

int volume_parse(const char *text, struct arena *a, struct volume_asked *ret, struct error *err)
{
	struct strings parts = value_split(text, ':', a), words;
	struct bind_words b = {.option = "-v"};
	struct volume_asked v = {0};
	const char *source = parts.n > 1 ? parts.v[0] : NULL;
	size_t i;
	int r;

	if (parts.n > 3 || !*parts.v[0] || (source && !*parts.v[1]))
		return value_wrong("-v", "[SOURCE:]CONTAINER[:OPTION,...]", text, err);
	r = volume_destination("-v", parts.v[source ? 1 : 0], a, &v.mount, err);
	if (r == 0)
		r = source && source[0] == '/' ? volume_bind_source("-v", source, &v.mount, err)
					       : volume_source("-v", source, &v, err);
	words = parts.n == 3 ? value_split(parts.v[2], ',', a) : (struct strings){0};
	for (i = 0; r == 0 && i < words.n; i++)
		r = volume_bind_word(&b, words.v[i], a, err);
	if (r < 0)
		return r;
	if (!v.kind)
		v.kind = VOLUME_HOST;
	v.mount.type = "bind";
	v.nocopy = b.nocopy;
	volume_bind_options(&b, a, &v.mount.options);
	*ret = v;
	return 0;
}

/* ---- --tmpfs --------------------------------------------------------------------------------- */

void volume_tmpfs_begin(struct mount *m, struct arena *a)
{
	m->type = m->source = "tmpfs";
	LIST_ADD(a, &m->options, "nosuid");
	LIST_ADD(a, &m->options, "nodev");
	LIST_ADD(a, &m->options, "noexec");
}

int volume_tmpfs_parse(const char *text, struct arena *a, struct volume_asked *ret,
		       struct error *err)
{
	const char *colon = strchr(text, ':');
	const char *path = colon ? arena_memdup(a, text, (size_t)(colon - text)) : text;
	struct strings words = colon ? value_split(colon + 1, ',', a) : (struct strings){0};
	struct volume_asked v = {.kind = VOLUME_NONE};
	size_t i;
	int r = volume_destination("--tmpfs", path, a, &v.mount, err);

	volume_tmpfs_begin(&v.mount, a);
	for (i = 0; r == 0 && i < words.n; i++)
		r = volume_tmpfs_word("--tmpfs", words.v[i], &v.mount.options, a, err);
	if (r == 0)
		*ret = v;
	return r;
}
