/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/features.h"

#include "spec/config.h"
#include "spec/names.h"
#include "spec/table.h"
#include "spec/tables.h"

struct enabled {
	bool enabled;
};

struct features {
	const char *oci_version_min, *oci_version_max;
	struct strings hooks, mount_options;
	struct {
		struct strings namespaces, capabilities;
		struct features_cgroup {
			bool v1, v2, systemd, systemd_user, rdma;
		} cgroup;
		struct enabled seccomp, apparmor, selinux, intel_rdt, net_devices;
		struct {
			struct enabled idmap;
		} mount_extensions;
	} linux_part;
	struct string_map annotations;
	struct strings unsafe_annotations;
};

#define LINUX_PART	 __typeof__(((struct features *)0)->linux_part)
#define MOUNT_EXTENSIONS __typeof__(((LINUX_PART *)0)->mount_extensions)

/* FIELD_ALWAYS everywhere: false says "known and not there", absent says nothing (features.md). */
static const struct field enabled_fields[] = {
	FIELD_BOOL(struct enabled, enabled, "enabled", .flags = FIELD_ALWAYS),
};
static const struct table enabled_table = TABLE(enabled_fields);

static const struct field cgroup_fields[] = {
	FIELD_BOOL(struct features_cgroup, v1, "v1", .flags = FIELD_ALWAYS),
	FIELD_BOOL(struct features_cgroup, v2, "v2", .flags = FIELD_ALWAYS),
	FIELD_BOOL(struct features_cgroup, systemd, "systemd", .flags = FIELD_ALWAYS),
	FIELD_BOOL(struct features_cgroup, systemd_user, "systemdUser", .flags = FIELD_ALWAYS),
	FIELD_BOOL(struct features_cgroup, rdma, "rdma", .flags = FIELD_ALWAYS),
};
static const struct table cgroup_table = TABLE(cgroup_fields);

static const struct field mount_extensions_fields[] = {
	FIELD_OBJECT(MOUNT_EXTENSIONS, idmap, "idmap", enabled_table, .flags = FIELD_ALWAYS),
};
static const struct table mount_extensions_table = TABLE(mount_extensions_fields);

static const struct field linux_part_fields[] = {
	FIELD_STRINGS(LINUX_PART, namespaces, "namespaces"),
	FIELD_STRINGS(LINUX_PART, capabilities, "capabilities"),
	FIELD_OBJECT(LINUX_PART, cgroup, "cgroup", cgroup_table, .flags = FIELD_ALWAYS),
	FIELD_OBJECT(LINUX_PART, seccomp, "seccomp", enabled_table, .flags = FIELD_ALWAYS),
	FIELD_OBJECT(LINUX_PART, apparmor, "apparmor", enabled_table, .flags = FIELD_ALWAYS),
	FIELD_OBJECT(LINUX_PART, selinux, "selinux", enabled_table, .flags = FIELD_ALWAYS),
	FIELD_OBJECT(LINUX_PART, intel_rdt, "intelRdt", enabled_table, .flags = FIELD_ALWAYS),
	FIELD_OBJECT(LINUX_PART, mount_extensions, "mountExtensions", mount_extensions_table,
		     .flags = FIELD_ALWAYS),
	FIELD_OBJECT(LINUX_PART, net_devices, "netDevices", enabled_table, .flags = FIELD_ALWAYS),
};
static const struct table linux_part_table = TABLE(linux_part_fields);

static const struct field features_fields[] = {
	FIELD_STRING(struct features, oci_version_min, "ociVersionMin", .flags = FIELD_REQUIRED),
	FIELD_STRING(struct features, oci_version_max, "ociVersionMax", .flags = FIELD_REQUIRED),
	FIELD_STRINGS(struct features, hooks, "hooks"),
	FIELD_STRINGS(struct features, mount_options, "mountOptions"),
	FIELD_OBJECT(struct features, linux_part, "linux", linux_part_table),
	FIELD_STRING_MAP(struct features, annotations, "annotations"),
	FIELD_STRINGS(struct features, unsafe_annotations, "potentiallyUnsafeConfigAnnotations",
		      .flags = FIELD_ALWAYS),
};
static const struct table features_table = TABLE(features_fields);

/* The names of the hooks are the properties of `hooks`. */
static struct strings hook_names(struct arena *a)
{
	const char **v = arena_alloc(a, (hooks_table.n + 1) * sizeof(*v));

	for (size_t i = 0; i < hooks_table.n; i++)
		v[i] = hooks_table.fields[i].key;
	return (struct strings){hooks_table.n, v};
}

/* Without those that refused.c refuses. */
static struct strings mount_option_names(struct arena *a)
{
	size_t all, n = 0;
	const struct mount_option *o = mount_options(&all);
	const char **v = arena_alloc(a, (all + 1) * sizeof(*v));

	for (size_t i = 0; i < all; i++)
		if (o[i].kind != MOUNT_OPTION_IDMAP)
			v[n++] = o[i].name;
	return (struct strings){n, v};
}

static struct strings capability_list(struct arena *a)
{
	const char **v;
	unsigned n = 0;

	while (capability_name(n))
		n++;
	v = arena_alloc(a, (n + 1) * sizeof(*v));
	for (unsigned i = 0; i < n; i++)
		v[i] = capability_name(i);
	return (struct strings){n, v};
}

void features_write(const char *version, struct text *out)
{
	static const char *namespaces[] = {"cgroup", "ipc",  "mount", "network", "time",
					   "pid",    "user", "uts",   NULL};
	struct arena a = ARENA_INIT;
	struct string_pair own = {"dev.hoy.version", version};
	struct features f = {.oci_version_min = "1.0.0", .oci_version_max = "1.3.0"};

	f.hooks = hook_names(&a);
	f.mount_options = mount_option_names(&a);
	f.linux_part.namespaces =
		(struct strings){sizeof(namespaces) / sizeof(namespaces[0]) - 1, namespaces};
	f.linux_part.capabilities = capability_list(&a);
	f.linux_part.cgroup.v2 = true;
	f.annotations = (struct string_map){1, &own};
	table_write(&features_table, &f, true, out);
	text_add(out, "\n");
	arena_free(&a);
}
