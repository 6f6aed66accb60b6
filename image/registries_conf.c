/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registries_conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "image/config_paths.h"

#define FILE_MAX (1024 * 1024)
#define SYSTEM	 "/etc/containers/registries.conf"

/* ---- Files ----------------------------------------------------------------------------------- */

/* -ENOENT without words when it is not there. */
static int file_add(struct registries_conf *conf, const char *path, struct arena *a,
		    struct error *err)
{
	struct text text = TEXT_INIT;
	int r = file_read_at(AT_FDCWD, path, FILE_MAX, &text);

	if (r < 0 && r != -ENOENT)
		error_set(err, -r, "read it");
	else if (r == 0)
		r = registries_conf_add(conf, text.s, text.len, a, err);
	text_free(&text);
	if (r < 0 && r != -ENOENT)
		error_doc(err, path);
	return r;
}

static int is_conf(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && streq(e->d_name + n - 5, ".conf");
}

static int directory_add(struct registries_conf *conf, const char *path, struct arena *a,
			 struct error *err)
{
	struct dirent **v;
	int n = scandir(path, &v, is_conf, alphasort), r = 0;

	if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (n < 0)
		return error_set(err, errno, "read %s", path);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = file_add(conf, arena_join(a, path, "/", v[i]->d_name, NULL), a, err);
		free(v[i]);
	}
	free(v);
	return r;
}

static int first_add(struct registries_conf *conf, const char *user, struct arena *a,
		     struct error *err)
{
	const char *named = config_variable("CONTAINERS_REGISTRIES_CONF");
	int r = -ENOENT;

	if (named) {
		r = file_add(conf, named, a, err);
		return r == -ENOENT ? error_set(err, ENOENT,
						"read %s ($CONTAINERS_REGISTRIES_CONF)", named)
				    : r;
	}
	if (user)
		r = file_add(conf, user, a, err);
	if (r == -ENOENT)
		r = file_add(conf, SYSTEM, a, err);
	return r == -ENOENT ? 0 : r;
}

int registries_conf_load(struct arena *a, const struct registries_conf **ret, struct error *err)
{
	struct registries_conf *conf = arena_alloc(a, sizeof(*conf));
	const char *home = config_home(a);
	const char *user = home ? arena_join(a, home, "/containers/registries.conf", NULL) : NULL;
	int r = first_add(conf, user, a, err);

	if (r == 0)
		r = directory_add(conf, SYSTEM ".d", a, err);
	if (r == 0 && user)
		r = directory_add(conf, arena_join(a, user, ".d", NULL), a, err);
	if (r == 0)
		*ret = conf;
	return r;
}

/* ---- Matching -------------------------------------------------------------------------------- */

/* How much of ref the prefix is, by whole components; 0: it is none. "*.example.com" is one of
 * every host below example.com, but not of that. */
static size_t prefix_match(const char *prefix, const char *ref)
{
	size_t n = strlen(prefix), at = 0;

	if (starts_with(prefix, "*.")) {
		size_t host = strcspn(ref, "/"), tail = strcspn(prefix, "/") - 1;

		if (tail >= host)
			return 0;
		at = host - tail;
		prefix++;
		n--;
	}
	if (!n || strncmp(ref + at, prefix, n) != 0)
		return 0;
	at += n;
	return !ref[at] || strchr("/:@", ref[at]) ? at : 0;
}

const struct registries_entry *registries_conf_find(const struct registries_conf *conf,
						    const char *ref, size_t *matched)
{
	const struct registries_entry *best = NULL;
	size_t longest = 0;

	for (const struct registries_entry *e = conf->entries; e; e = e->next) {
		size_t at = prefix_match(e->prefix, ref), n = strlen(e->prefix);

		if (at && n > longest) {
			best = e;
			longest = n;
			*matched = at;
		}
	}
	return best;
}

const char *registries_conf_alias(const struct registries_conf *conf, const char *name)
{
	for (const struct registries_alias *i = conf->aliases; i; i = i->next)
		if (streq(i->name, name))
			return i->value[0] ? i->value : NULL;
	return NULL;
}

/* ---- Places ---------------------------------------------------------------------------------- */

/* The place that location (NULL: what is written) makes of a reference, of whose text `matched`
 * bytes are replaced. */
static int place_of(const char *location, bool insecure, bool mirror, const char *text,
		    size_t matched, struct arena *a, struct registries_place *ret,
		    struct error *err)
{
	struct reference ref;
	const char *moved = location ? arena_join(a, location, text + matched, NULL) : text;
	int r = reference_parse(moved, a, &ref, err);

	if (r < 0) {
		error_hint(err, "registries.conf has the location \"%.150s\"",
			   location ? location : "");
		return r;
	}
	*ret = (struct registries_place){ref.host, ref.repository, insecure, mirror};
	return 0;
}

static bool mirror_serves(const struct registries_entry *e, const struct registries_mirror *m,
			  bool by_digest)
{
	if (by_digest)
		return !m->from || !streq(m->from, "tag-only");
	return !e->digest_only && (!m->from || !streq(m->from, "digest-only"));
}

int registries_conf_places(const struct registries_conf *conf, const struct reference *ref,
			   struct arena *a, struct registries_places *ret, struct error *err)
{
	const char *text = reference_text(ref, a);
	size_t matched = 0, mirrors;
	const struct registries_entry *e = registries_conf_find(conf, text, &matched);
	struct registries_places p = {
		.home = {ref->host, ref->repository, e && e->insecure, false}};
	int r = 0;

	if (e && e->blocked) {
		error_hint(err, "registries.conf has blocked = true for \"%.150s\"", e->prefix);
		return error_say(err, EACCES, "%s may not be used", ref->host);
	}
	mirrors = e ? e->mirrors.n : 0;
	p.v = arena_alloc(a, (mirrors + 1) * sizeof(*p.v));
	for (size_t i = 0; i < mirrors && r == 0; i++) {
		const struct registries_mirror *m = &e->mirrors.v[i];

		if (mirror_serves(e, m, ref->has_digest))
			r = place_of(m->location, m->insecure, true, text, matched, a, &p.v[p.n++],
				     err);
	}
	if (r == 0)
		r = place_of(e ? e->location : NULL, e && e->insecure, false, text, matched, a,
			     &p.v[p.n++], err);
	if (r == 0)
		*ret = p;
	return r;
}
