// SPDX-License-Identifier: Apache-2.0
/*
 * Reads registries.conf. In C++, the only such file, because the distribution has no TOML library
 * for C: the ones of its kind are toml++ and toml11, both C++. toml++ reads the whole language,
 * tells line and column, and is bounded in depth; its headers alone are used, without exceptions,
 * so that nothing is thrown through C.
 *
 * Outside come bytes and go structs of registries_conf.h, all in the caller's arena.
 */
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cerrno>

#include "image/registries_toml.h"

namespace
{

using entry = struct registries_entry;
using mirror = struct registries_mirror;

struct reader {
	struct registries_conf *conf;
	struct arena *arena;
	struct error *err;
};

int wrong(const reader &r, const toml::node &node, const char *key, const char *must)
{
	error_say(r.err, EINVAL, "must be %s", must);
	error_field(r.err, "%u:%u: %s", static_cast<unsigned>(node.source().begin.line),
		    static_cast<unsigned>(node.source().begin.column), key);
	return -EINVAL;
}

/* Absent leaves *ret as it is. */
int string_get(const reader &r, const toml::table &t, const char *key, const char **ret)
{
	const toml::node *node = t.get(key);

	if (!node)
		return 0;
	const auto *s = node->as_string();
	if (!s || s->get().find('\0') != std::string::npos)
		return wrong(r, *node, key, "a string");
	*ret = arena_memdup(r.arena, s->get().data(), s->get().size());
	return 0;
}

int bool_get(const reader &r, const toml::table &t, const char *key, bool *ret)
{
	const toml::node *node = t.get(key);

	if (!node)
		return 0;
	const auto *b = node->as_boolean();
	if (!b)
		return wrong(r, *node, key, "true or false");
	*ret = b->get();
	return 0;
}

/* "registry.example/": the slash means nothing. */
void slash_cut(const reader &r, const char **s)
{
	std::string_view v(*s ? *s : "");

	while (!v.empty() && v.back() == '/')
		v.remove_suffix(1);
	*s = v.empty() ? nullptr : arena_memdup(r.arena, v.data(), v.size());
}

int from_get(const reader &r, const toml::table &t, enum registries_from *ret)
{
	static const char key[] = "pull-from-mirror";
	const char *word = nullptr;
	int result = string_get(r, t, key, &word);
	std::string_view v(word ? word : "all");

	if (result < 0)
		return result;
	if (v != "all" && v != "digest-only" && v != "tag-only")
		return wrong(r, *t.get(key), key, "\"all\", \"digest-only\" or \"tag-only\"");
	*ret = v == "all" ? FROM_ALL : v == "tag-only" ? FROM_TAG_ONLY : FROM_DIGEST_ONLY;
	return 0;
}

int mirror_get(const reader &r, const toml::table &t, mirror *m)
{
	int result = string_get(r, t, "location", &m->location);

	if (result == 0)
		result = bool_get(r, t, "insecure", &m->insecure);
	if (result == 0)
		result = from_get(r, t, &m->from);
	if (result < 0)
		return result;
	slash_cut(r, &m->location);
	return m->location ? 0 : wrong(r, t, "registry.mirror.location", "there");
}

/* The array of tables t[key], each through get, as a list in its order. */
template <typename T>
int list_get(const reader &r, const toml::table &t, const char *key, T **ret,
	     int (*get)(const reader &, const toml::table &, T *))
{
	const toml::node *node = t.get(key);

	if (!node)
		return 0;
	const auto *list = node->as_array();
	if (!list)
		return wrong(r, *node, key, "a list of tables");
	for (const auto &i : *list) {
		const auto *table = i.as_table();
		auto *item = static_cast<T *>(arena_alloc(r.arena, sizeof(T)));
		int result = table ? get(r, *table, item) : wrong(r, i, key, "a table");

		if (result < 0)
			return result;
		*ret = item;
		ret = &item->next;
	}
	return 0;
}

int entry_get(const reader &r, const toml::table &t, entry *e)
{
	int result = string_get(r, t, "prefix", &e->prefix);

	if (result == 0)
		result = string_get(r, t, "location", &e->location);
	if (result == 0)
		result = bool_get(r, t, "insecure", &e->insecure);
	if (result == 0)
		result = bool_get(r, t, "blocked", &e->blocked);
	if (result == 0)
		result = bool_get(r, t, "mirror-by-digest-only", &e->digest_only);
	if (result == 0)
		result = list_get(r, t, "mirror", &e->mirrors, mirror_get);
	if (result < 0)
		return result;
	slash_cut(r, &e->location);
	slash_cut(r, &e->prefix);
	if (!e->prefix)
		e->prefix = e->location;
	return e->prefix ? 0 : wrong(r, t, "registry.location", "there, or a prefix");
}

int search_get(const reader &r, const toml::table &t)
{
	static const char key[] = "unqualified-search-registries";
	const toml::node *node = t.get(key);

	if (!node)
		return 0;
	const auto *list = node->as_array();
	if (!list)
		return wrong(r, *node, key, "a list of strings");
	auto **v = static_cast<const char **>(
		arena_alloc(r.arena, (list->size() + 1) * sizeof(char *)));
	for (size_t i = 0; i < list->size(); i++) {
		const auto *s = list->get(i)->as_string();

		if (!s || s->get().find('\0') != std::string::npos)
			return wrong(r, *list->get(i), key, "a list of strings");
		v[i] = arena_memdup(r.arena, s->get().data(), s->get().size());
	}
	r.conf->search = v;
	r.conf->search_n = list->size();
	return 0;
}

int aliases_get(const reader &r, const toml::table &t)
{
	const toml::node *node = t.get("aliases");

	if (!node)
		return 0;
	const auto *table = node->as_table();
	if (!table)
		return wrong(r, *node, "aliases", "a table");
	for (const auto &[key, value] : *table) {
		const auto *s = value.as_string();

		if (!s || s->get().find('\0') != std::string::npos)
			return wrong(r, value, "aliases", "a table of strings");
		auto *alias = static_cast<struct registries_alias *>(
			arena_alloc(r.arena, sizeof(*r.conf->aliases)));
		alias->name = arena_memdup(r.arena, key.str().data(), key.str().size());
		alias->value = arena_memdup(r.arena, s->get().data(), s->get().size());
		/* In front: the later one counts. */
		alias->next = r.conf->aliases;
		r.conf->aliases = alias;
	}
	return 0;
}

/* Each in the place of one with the same prefix, or behind the others. */
void entries_merge(struct registries_conf *conf, entry *list)
{
	for (entry *next; list; list = next) {
		entry **at = &conf->entries;

		next = list->next;
		while (*at && std::string_view((*at)->prefix) != list->prefix)
			at = &(*at)->next;
		list->next = *at ? (*at)->next : nullptr;
		*at = list;
	}
}

int conf_get(const reader &r, const toml::table &t)
{
	entry *list = nullptr;
	int result;

	/* Version 1 had [registries.search] and the like. */
	if (t.get("registries"))
		return wrong(r, *t.get("registries"), "registries",
			     "written as [[registry]]: version 1 is too old");
	result = list_get(r, t, "registry", &list, entry_get);
	if (result == 0)
		result = search_get(r, t);
	if (result == 0)
		result = aliases_get(r, t);
	if (result == 0)
		entries_merge(r.conf, list);
	return result;
}

} // namespace

int registries_toml_add(struct registries_conf *conf, const char *text, size_t len, struct arena *a,
			struct error *err)
{
	toml::parse_result result = toml::parse(std::string_view(text, len));

	if (result)
		return conf_get({conf, a, err}, result.table());
	const toml::parse_error &e = result.error();
	error_say(err, EINVAL, "is not valid TOML: %.*s", static_cast<int>(e.description().size()),
		  e.description().data());
	error_field(err, "%u:%u", static_cast<unsigned>(e.source().begin.line),
		    static_cast<unsigned>(e.source().begin.column));
	return -EINVAL;
}
