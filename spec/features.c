/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/features.h"

#include "base/text.h"
#include "spec/config.h"
#include "spec/names.h"
#include "spec/table.h"
#include "spec/tables.h"

struct enabled {
	bool enabled;
};

struct features_filters {
	bool enabled;
	struct strings actions, operators, archs, known_flags, supported_flags;
};

struct features {
	const char *oci_version_min, *oci_version_max;
	struct strings hooks, mount_options;
	struct {
		struct strings namespaces, capabilities;
		struct features_cgroup {
			bool v1, v2, systemd, systemd_user, rdma;
		} cgroup;
		struct features_filters seccomp;
		struct enabled apparmor, selinux, intel_rdt, net_devices;
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

static const struct field filters_fields[] = {
	FIELD_BOOL(struct features_filters, enabled, "enabled", .flags = FIELD_ALWAYS),
	FIELD_STRINGS(struct features_filters, actions, "actions"),
	FIELD_STRINGS(struct features_filters, operators, "operators"),
	FIELD_STRINGS(struct features_filters, archs, "archs"),
	FIELD_STRINGS(struct features_filters, known_flags, "knownFlags"),
	FIELD_STRINGS(struct features_filters, supported_flags, "supportedFlags"),
};
static const struct table filters_table = TABLE(filters_fields);

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
	FIELD_OBJECT(LINUX_PART, seccomp, "seccomp", filters_table, .flags = FIELD_ALWAYS),
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

static bool without_agents(const char *name)
{
	return !streq(name, "SCMP_ACT_NOTIFY") &&
	       !streq(name, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
}

/* The names that `keep` says yes to; all without one. */
static struct strings names_kept(const char *const *names, bool (*keep)(const char *name),
				 struct arena *a)
{
	struct strings s = {0};
	size_t n = 0;

	while (names[n])
		n++;
	s.v = arena_alloc(a, (n + 1) * sizeof(*s.v));
	for (size_t i = 0; i < n; i++)
		if (!keep || keep(names[i]))
			s.v[s.n++] = names[i];
	return s;
}

static struct features_filters filters(const struct features_seccomp *seccomp, struct arena *a)
{
	return (struct features_filters){
		.enabled = true,
		.actions = names_kept(seccomp_actions, without_agents, a),
		.operators = names_kept(seccomp_operators, NULL, a),
		.archs = names_kept(seccomp_archs, seccomp->arch_known, a),
		.known_flags = names_kept(seccomp_flag_names, NULL, a),
		.supported_flags = names_kept(seccomp_flag_names, without_agents, a),
	};
}

void features_write(const char *version, const struct features_seccomp *seccomp, struct text *out)
{
	static const char *namespaces[] = {"cgroup", "ipc",  "mount", "network", "time",
					   "pid",    "user", "uts",   NULL};
	struct arena a = ARENA_INIT;
	/* The second is runc's name for it. */
	struct string_pair notes[] = {{"dev.hoy.version", version},
				      {"io.github.seccomp.libseccomp.version",
				       seccomp ? seccomp->version : NULL}};
	struct features f = {.oci_version_min = "1.0.0", .oci_version_max = "1.3.0"};

	f.hooks = hook_names(&a);
	f.mount_options = mount_option_names(&a);
	f.linux_part.namespaces =
		(struct strings){sizeof(namespaces) / sizeof(namespaces[0]) - 1, namespaces};
	f.linux_part.capabilities = capability_list(&a);
	f.linux_part.cgroup.v2 = true;
	f.linux_part.cgroup.rdma = true;
#ifdef HAVE_SYSTEMD
	f.linux_part.cgroup.systemd = true;
	f.linux_part.cgroup.systemd_user = true;
#endif
	if (seccomp)
		f.linux_part.seccomp = filters(seccomp, &a);
	f.annotations = (struct string_map){seccomp ? 2 : 1, notes};
	table_write(&features_table, &f, true, out);
	text_add(out, "\n");
	arena_free(&a);
}
