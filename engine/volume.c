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
#include "spec/names.h"

#define VOLUMES_LATER "volumes are not supported by this version of hoy"

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

static int destination(const char *option, const char *path, struct arena *a, struct mount *m,
		       struct error *err)
{
	int r = volume_path(option, path, a, &m->destination, err);

	if (r == 0 && streq(m->destination, "/"))
		return error_say(err, EINVAL, "%s: the container's / can't be mounted over",
				 option);
	return r;
}

static int source(const char *option, const char *path, struct mount *m, struct error *err)
{
	struct stat st;

	if (path[0] != '/') {
		error_hint(err, "a directory of the host is an absolute path, as \"$PWD/%s\"",
			   path);
		return error_say(err, EINVAL, "%s: \"%.200s\" names a volume, and " VOLUMES_LATER,
				 option, path);
	}
	if (stat(path, &st) < 0) {
		error_hint(err, "hoy does not create it: mkdir -p %.200s", path);
		return error_set(err, errno, "%s: %.200s", option, path);
	}
	m->type = "bind";
	m->source = path;
	return 0;
}

/* ---- Options --------------------------------------------------------------------------------- */

/* What the words of one bind add up to. */
struct bind_words {
	const char *option; /* "-v" */
	const char *propagation;
	bool plain; /* not recursive */
	bool readonly;
	struct strings flags; /* nosuid and so on */
};

static bool is_among(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (streq(*words, word))
			return true;
	return false;
}

static int bind_word(struct bind_words *b, const char *word, struct arena *a, struct error *err)
{
	static const char *const nothing[] = {"rw", "z", "Z", "rbind", "nocopy", NULL};
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
	else if (is_among(word, propagations))
		b->propagation = mount_option_find(word)->name;
	else if (is_among(word, flags))
		LIST_ADD(a, &b->flags, word);
	else if (!is_among(word, nothing))
		return error_say(err, EINVAL,
				 "%s: unknown option \"%.64s\" (ro, rw, nosuid, nodev, noexec, "
				 "bind, rbind, z, Z "
				 "and the propagations shared, slave, private are known)",
				 b->option, word);
	return 0;
}

static void bind_options(const struct bind_words *b, struct arena *a, struct strings *ret)
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

static int tmpfs_word(const char *option, const char *word, struct strings *out, struct arena *a,
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
	if (!is_among(word, flags))
		return error_say(err, EINVAL,
				 "%s: unknown option \"%.64s\" (size=, mode=, uid=, gid=, "
				 "nr_inodes=, ro, rw, "
				 "exec, suid, dev and their opposites are known)",
				 option, word);
	LIST_ADD(a, out, word);
	return 0;
}

/* ---- -v -------------------------------------------------------------------------------------- */

int volume_parse(const char *text, struct arena *a, struct mount *ret, struct error *err)
{
	struct strings parts = value_split(text, ':', a), words;
	struct bind_words b = {.option = "-v"};
	struct mount m = {0};
	size_t i;
	int r;

	if (parts.n == 1) {
		error_hint(err, "--tmpfs %.200s is memory that ends with the container", text);
		return error_say(err, EINVAL,
				 "-v: \"%.200s\" asks for an anonymous volume, and " VOLUMES_LATER,
				 text);
	}
	if (parts.n > 3 || !*parts.v[0] || !*parts.v[1])
		return value_wrong("-v", "HOST:CONTAINER[:OPTION,...]", text, err);
	r = destination("-v", parts.v[1], a, &m, err);
	if (r == 0)
		r = source("-v", parts.v[0], &m, err);
	words = parts.n == 3 ? value_split(parts.v[2], ',', a) : (struct strings){0};
	for (i = 0; r == 0 && i < words.n; i++)
		r = bind_word(&b, words.v[i], a, err);
	if (r < 0)
		return r;
	bind_options(&b, a, &m.options);
	*ret = m;
	return 0;
}

/* ---- --tmpfs --------------------------------------------------------------------------------- */

static void tmpfs_begin(struct mount *m, struct arena *a)
{
	m->type = m->source = "tmpfs";
	LIST_ADD(a, &m->options, "nosuid");
	LIST_ADD(a, &m->options, "nodev");
	LIST_ADD(a, &m->options, "noexec");
}

int volume_tmpfs_parse(const char *text, struct arena *a, struct mount *ret, struct error *err)
{
	const char *colon = strchr(text, ':');
	const char *path = colon ? arena_memdup(a, text, (size_t)(colon - text)) : text;
	struct strings words = colon ? value_split(colon + 1, ',', a) : (struct strings){0};
	struct mount m = {0};
	size_t i;
	int r = destination("--tmpfs", path, a, &m, err);

	tmpfs_begin(&m, a);
	for (i = 0; r == 0 && i < words.n; i++)
		r = tmpfs_word("--tmpfs", words.v[i], &m.options, a, err);
	if (r == 0)
		*ret = m;
	return r;
}

/* ---- --mount --------------------------------------------------------------------------------- */

/* The words of --mount, each as often as it was given; the last counts. */
struct mount_words {
	const char *type, *source, *target;
	struct bind_words bind;
	struct strings tmpfs;
	const char *only_bind, *only_tmpfs; /* a word that belongs to one of the types */
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

	if (is_among(key, (const char *const[]){"readonly", "ro", NULL}))
		return flag_value(key, value, &w->bind.readonly, err);
	if (streq(key, "bind-nonrecursive")) {
		w->only_bind = key;
		return flag_value(key, value, &w->bind.plain, err);
	}
	if (!value)
		return error_say(err, EINVAL, "--mount: \"%.64s\" needs a value", key);
	if (streq(key, "type"))
		w->type = value;
	else if (is_among(key, sources))
		w->source = value;
	else if (is_among(key, targets))
		w->target = value;
	else if (streq(key, "bind-propagation")) {
		w->only_bind = key;
		return bind_word(&w->bind, value, a, err);
	} else if (streq(key, "tmpfs-size") || streq(key, "tmpfs-mode")) {
		w->only_tmpfs = key;
		return tmpfs_word("--mount",
				  arena_join(a, key + strlen("tmpfs-"), "=", value, NULL),
				  &w->tmpfs, a, err);
	} else {
		return error_say(
			err, EINVAL,
			"--mount: unknown word \"%.64s\" (type, source, target, readonly, "
			"bind-propagation, bind-nonrecursive, tmpfs-size, tmpfs-mode are known)",
			key);
	}
	return 0;
}

static int mount_finish(struct mount_words *w, struct arena *a, struct mount *m, struct error *err)
{
	bool bind = w->type && streq(w->type, "bind");
	size_t i;
	int r;

	if (!w->type || streq(w->type, "volume"))
		return error_say(err, EINVAL,
				 "--mount: must say type=bind or type=tmpfs: " VOLUMES_LATER);
	if (!bind && !streq(w->type, "tmpfs"))
		return error_say(err, EINVAL, "--mount: type: must be bind or tmpfs, got \"%.64s\"",
				 w->type);
	if (bind ? w->only_tmpfs : w->only_bind)
		return error_say(err, EINVAL, "--mount: \"%s\" does not belong to type=%s",
				 bind ? w->only_tmpfs : w->only_bind, w->type);
	if (!w->target || (bind && !w->source))
		return error_say(err, EINVAL, "--mount: %s= is needed",
				 w->target ? "source" : "target");
	if (!bind && w->source)
		return error_say(err, EINVAL, "--mount: \"source\" does not belong to type=tmpfs");
	r = destination("--mount", w->target, a, m, err);
	if (r < 0)
		return r;
	if (bind) {
		bind_options(&w->bind, a, &m->options);
		return source("--mount", w->source, m, err);
	}
	tmpfs_begin(m, a);
	for (i = 0; i < w->tmpfs.n; i++)
		LIST_ADD(a, &m->options, w->tmpfs.v[i]);
	if (w->bind.readonly)
		LIST_ADD(a, &m->options, "ro");
	return 0;
}

int volume_mount_parse(const char *text, struct arena *a, struct mount *ret, struct error *err)
{
	struct strings words = value_split(text, ',', a);
	struct mount_words w = {.bind.option = "--mount"};
	struct mount m = {0};
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
		r = mount_finish(&w, a, &m, err);
	if (r == 0)
		*ret = m;
	return r;
}
