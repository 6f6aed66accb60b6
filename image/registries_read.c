/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a registries.conf → the structs of registries_conf.h. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "image/registries_conf.h"
#include "image/toml.h"
#include "spec/table.h"

struct file {
	struct strings *search;
	struct {
		size_t n;
		struct registries_entry *v;
	} entries;
	struct string_map aliases;
};

static const char *const froms[] = {"all", "digest-only", "tag-only", NULL};

static const struct field mirror_fields[] = {
	FIELD_STRING(struct registries_mirror, location, "location",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_BOOL(struct registries_mirror, insecure, "insecure"),
	FIELD_STRING(struct registries_mirror, from, "pull-from-mirror", .values = froms),
};
static const struct table mirror_table = TABLE(mirror_fields);

static const struct field entry_fields[] = {
	FIELD_STRING(struct registries_entry, prefix, "prefix"),
	FIELD_STRING(struct registries_entry, location, "location"),
	FIELD_BOOL(struct registries_entry, insecure, "insecure"),
	FIELD_BOOL(struct registries_entry, blocked, "blocked"),
	FIELD_BOOL(struct registries_entry, digest_only, "mirror-by-digest-only"),
	FIELD_LIST(struct registries_entry, mirrors, "mirror", mirror_table),
};
static const struct table entry_table = TABLE(entry_fields);

static const struct field file_fields[] = {
	FIELD_STRINGS_PTR(struct file, search, "unqualified-search-registries"),
	FIELD_LIST(struct file, entries, "registry", entry_table),
	FIELD_STRING_MAP(struct file, aliases, "aliases"),
};
static const struct table file_table = TABLE(file_fields);

/* "registry.example/": the slash means nothing. */
static const char *slash_cut(const char *s, struct arena *a)
{
	size_t n = s ? strlen(s) : 0;

	while (n && s[n - 1] == '/')
		n--;
	return n ? arena_memdup(a, s, n) : NULL;
}

static int entry_finish(struct registries_entry *e, size_t i, struct arena *a, struct error *err)
{
	e->prefix = slash_cut(e->prefix, a);
	e->location = slash_cut(e->location, a);
	if (!e->prefix)
		e->prefix = e->location;
	if (!e->prefix) {
		error_field(err, "registry[%zu]", i);
		return error_say(err, EINVAL, "must have a prefix or a location");
	}
	for (size_t m = 0; m < e->mirrors.n; m++) {
		e->mirrors.v[m].location = slash_cut(e->mirrors.v[m].location, a);
		if (!e->mirrors.v[m].location) {
			error_field(err, "registry[%zu].mirror[%zu].location", i, m);
			return error_say(err, EINVAL, "must not be empty");
		}
	}
	return 0;
}

/* In the place of one with the same prefix, or behind the others. */
static void entry_add(struct registries_conf *conf, struct registries_entry *e)
{
	struct registries_entry **at = &conf->entries;

	while (*at && !streq((*at)->prefix, e->prefix))
		at = &(*at)->next;
	e->next = *at ? (*at)->next : NULL;
	*at = e;
}

/* In front: the later one counts. */
static void alias_add(struct registries_conf *conf, const struct string_pair *pair, struct arena *a)
{
	struct registries_alias *alias = arena_alloc(a, sizeof(*alias));

	*alias = (struct registries_alias){conf->aliases, pair->key, pair->value};
	conf->aliases = alias;
}

/* Version 1 had [registries.search] and the like; what it blocks would be passed over. */
static int version_check(const struct json *root, struct error *err)
{
	for (const struct json *j = root->first; j; j = j->next)
		if (streq(j->key, "registries"))
			return error_at(err, j->key,
					"is of version 1, which is too old: [[registry]] is read");
	return 0;
}

int registries_conf_add(struct registries_conf *conf, const char *text, size_t len, struct arena *a,
			struct error *err)
{
	const struct json *root;
	struct file f = {0};
	int r = toml_parse(text, len, a, &root, err);

	if (r == 0)
		r = version_check(root, err);
	if (r == 0)
		r = table_read(&file_table, root, &f, a, err);
	for (size_t i = 0; r == 0 && i < f.entries.n; i++)
		r = entry_finish(&f.entries.v[i], i, a, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < f.entries.n; i++)
		entry_add(conf, &f.entries.v[i]);
	for (size_t i = 0; i < f.aliases.n; i++)
		alias_add(conf, &f.aliases.v[i], a);
	if (f.search)
		conf->search = f.search;
	return 0;
}
