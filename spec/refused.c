/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/refused.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "spec/config.h"

static const struct refused list[] = {
	{"process.apparmorProfile", "AppArmor", false},
	{"process.selinuxLabel", "SELinux", false},
	{"mounts[].options[]=idmap", "mounts with id mappings", false},
	{"mounts[].options[]=ridmap", "mounts with id mappings", false},
	{"mounts[].uidMappings", "mounts with id mappings", false},
	{"mounts[].gidMappings", "mounts with id mappings", false},
	{"linux.seccomp.defaultAction=SCMP_ACT_NOTIFY", "seccomp agents", false},
	{"linux.seccomp.syscalls[].action=SCMP_ACT_NOTIFY", "seccomp agents", false},
	{"linux.seccomp.listenerPath", "seccomp agents", false},
	{"linux.seccomp.listenerMetadata", "seccomp agents", false},
	{"linux.mountLabel", "SELinux", false},
	{"linux.intelRdt", "resctrl", true},
	{"linux.memoryPolicy", "NUMA memory policies", false},
	{"linux.netDevices", "moving network devices", false},
};

const struct refused *refused_list(size_t *n)
{
	*n = sizeof(list) / sizeof(list[0]);
	return list;
}

struct search {
	const struct refused *entry;
	char path[256]; /* where it was found; what is too long is cut */
};

static bool find_in(struct search *s, const struct table *t, const void *from, const char *rest,
		    size_t used);

/* Every look goes through here, hit or miss: no printf. Returns how much of the path is used now. */
static size_t path_add(struct search *s, size_t used, const char *word)
{
	size_t len = strlen(word), room = sizeof(s->path) - 1 - used;

	if (len > room)
		len = room;
	memcpy(s->path + used, word, len);
	s->path[used + len] = 0;
	return used + len;
}

static size_t add_index(struct search *s, size_t used, size_t index)
{
	char number[NUMBER_SIZE];

	number_write(number, (unsigned)index);
	used = path_add(s, used, "[");
	used = path_add(s, used, number);
	return path_add(s, used, "]");
}

/* In every entry of the list at `at`; rest is what follows "[]". */
static bool find_in_list(struct search *s, const struct field *f, const void *at, const char *rest,
			 size_t used)
{
	const struct any_list *entries = at;

	for (size_t i = 0; i < entries->n; i++) {
		const char *entry = (const char *)entries->v + i * f->size;
		bool found = f->kind == KIND_STRINGS
				     ? streq(((const char *const *)entries->v)[i], rest + 1)
				     : find_in(s, f->sub, entry, rest + 1, add_index(s, used, i));

		if (!found)
			continue;
		if (f->kind == KIND_STRINGS)
			add_index(s, used, i);
		return true;
	}
	return false;
}

static bool find_at(struct search *s, const struct field *f, const void *at, const char *rest,
		    size_t used)
{
	bool pointer = f->kind == KIND_OBJECT_PTR;

	if (pointer && !*(const void *const *)at)
		return false;
	switch (*rest) {
	case '\0':
		return s->entry->even_if_empty || field_is_set(f, at);
	case '=':
		return *(const char *const *)at && streq(*(const char *const *)at, rest + 1);
	case '[':
		return find_in_list(s, f, at, rest + 2, used);
	default:
		return find_in(s, f->sub, pointer ? *(const void *const *)at : at, rest + 1, used);
	}
}

static bool find_in(struct search *s, const struct table *t, const void *from, const char *rest,
		    size_t used)
{
	size_t len = strcspn(rest, ".[=");

	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->fields[i];

		if (strlen(f->key) != len || memcmp(f->key, rest, len) != 0)
			continue;
		used = path_add(s, used, used ? "." : "");
		used = path_add(s, used, f->key);
		return find_at(s, f, (const char *)from + f->offset, rest + len, used);
	}
	return false;
}

int refused_check(const struct table *t, const void *doc, const char *prefix, struct error *err)
{
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct search s = {.entry = &list[i]};

		if (!starts_with(list[i].property, prefix))
			continue;
		if (!find_in(&s, t, doc, list[i].property + strlen(prefix), 0))
			continue;
		error_field(err, "%s", s.path);
		return error_say(err, ENOTSUP, "is not supported by this version of hoy (%s)",
				 list[i].what);
	}
	return 0;
}
