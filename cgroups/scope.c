/* SPDX-License-Identifier: Apache-2.0 */
/* Names of scopes, and what annotations ask of them. Pure. */
#include "cgroups/scope.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"

#define PATH_FIELD   "linux.cgroupsPath"
#define UNIT_MAX     255
#define LETTERS	     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define UNIT_LETTERS LETTERS "0123456789:-_.\\"

/* ---- Names ------------------------------------------------------------------------------------- */

/* What a name of a unit can't have, the + of an ID, is written as systemd-escape(1) does. */
static void escaped_add(struct text *t, const char *s)
{
	for (; *s; s++)
		if (strchr(UNIT_LETTERS, *s))
			text_add_bytes(t, s, 1);
		else
			text_addf(t, "\\x%02x", (unsigned char)*s);
}

static int path_error(const char *path, const char *why, struct error *err)
{
	error_hint(err, "such as system.slice:hoy:web");
	return error_at(err, PATH_FIELD,
			"\"%s\" is no slice:prefix:name, as the systemd manager takes it: %s", path, why);
}

static bool is_slice(const char *name)
{
	size_t n = strlen(name), ending = strlen(".slice");

	return n > ending && n <= UNIT_MAX && streq(name + n - ending, ".slice") &&
	       name[strspn(name, UNIT_LETTERS)] == 0;
}

/* Control characters and what would be another directory. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == '/' || *s == 0x7f)
			return false;
	return true;
}

/* Cuts "a:b:c" into its three parts. */
static bool parts_split(char *s, const char *parts[3])
{
	size_t i;

	for (i = 0; i < 3; i++) {
		char *colon = strchr(s, ':');

		parts[i] = s;
		if (!colon != (i == 2))
			return false;
		if (colon)
			*colon = 0;
		s = colon ? colon + 1 : s;
	}
	return true;
}

int scope_resolve(const char *cgroups_path, const char *id, bool user, struct arena *a,
		  struct scope *ret, struct error *err)
{
	const char *parts[3] = {user ? "user.slice" : "system.slice", "hoy", id};
	const char *whole = cgroups_path && *cgroups_path ? cgroups_path : NULL, *own_slice = parts[0];
	_cleanup_(text_free) struct text unit = TEXT_INIT;

	if (whole && !parts_split(arena_strdup(a, whole), parts))
		return path_error(whole, "it must have two colons", err);
	/* Without a slice, the manager's own. */
	if (!*parts[0])
		parts[0] = own_slice;
	if (!is_slice(parts[0]))
		return path_error(whole, "the first part must be the name of a slice", err);
	if (!*parts[2] || !is_plain(parts[2]) || !is_plain(parts[1]))
		return path_error(whole, "prefix and name must be parts of a unit's name", err);
	escaped_add(&unit, parts[1]);
	if (*parts[1])
		text_add(&unit, "-");
	escaped_add(&unit, parts[2]);
	text_add(&unit, ".scope");
	if (unit.len > UNIT_MAX)
		return path_error(whole ? whole : id, "the unit's name is too long", err);
	*ret = (struct scope){.slice = parts[0], .unit = arena_strdup(a, unit.s), .user = user};
	return 0;
}

/* ---- Annotations ------------------------------------------------------------------------------- */

/* What decides which processes are in the scope and who manages it. A container's annotations may come from
 * people who may not say that (CVE-2024-3154). */
static const char *const kept[] = {
	"PIDs", "PIDFDs", "Slice", "Delegate", "DelegateSubgroup", "DelegateControllers",
	"DisableControllers", "Controller", "BindsTo", "DevicePolicy",
};

static const char *annotation_fault(const char *name, const char *value)
{
	size_t i;

	if (strlen(name) < 3 || name[strspn(name, LETTERS)])
		return "the name of a property has three letters or more, and letters only";
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (streq(name, kept[i]))
			return "this property belongs to the runtime";
	if (!*value)
		return "it has no value; it must be in GVariant's text format, such as uint64 5";
	for (; *value; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return "its value has a control character";
	return NULL;
}

static void property_add(struct strings *list, const char *line)
{
	list->v[list->n++] = line;
}

int scope_properties(const struct limits *limits, const struct string_map *annotations, const char *id,
		     struct arena *a, struct strings *ret, struct error *err)
{
	const char *const own[] = {
		arena_join(a, "Description='hoy container ", id, "'", NULL),
		"Delegate=true",
		"DefaultDependencies=false",
		/* Nothing stays of one that has failed: its name is free again. */
		"CollectMode='inactive-or-failed'",
		"CPUAccounting=true",
		"MemoryAccounting=true",
		"IOAccounting=true",
		"TasksAccounting=true",
		/* Else the default of systemd, which is none of the container's. A limit comes behind. */
		"TasksMax=uint64 18446744073709551615",
	};
	size_t own_n = sizeof(own) / sizeof(*own), i;
	struct strings of_limits, list = {0};

	scope_limits(limits, a, &of_limits);
	list.v = arena_alloc(a, (own_n + of_limits.n + annotations->n + 1) * sizeof(*list.v));
	for (i = 0; i < own_n; i++)
		property_add(&list, own[i]);
	for (i = 0; i < of_limits.n; i++)
		property_add(&list, of_limits.v[i]);
	for (i = 0; i < annotations->n; i++) {
		const char *name = annotations->v[i].key, *value = annotations->v[i].value, *fault;

		if (!starts_with(name, SCOPE_ANNOTATION))
			continue;
		fault = annotation_fault(name + strlen(SCOPE_ANNOTATION), value);
		if (fault) {
			error_field(err, "annotations[\"%s\"]", name);
			return error_say(err, EINVAL, "%s", fault);
		}
		property_add(&list, arena_join(a, name + strlen(SCOPE_ANNOTATION), "=", value, NULL));
	}
	*ret = list;
	return 0;
}
