/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/rules.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "spec/names.h"

#define HOSTNAME_BYTES 64 /* __NEW_UTS_LEN, for both names */

/* One dot-separated list of identifiers of a version: "rc.1". */
static bool is_identifiers(const char *s, size_t len)
{
	bool empty = true;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.' && empty)
			return false;
		if (s[i] != '.' && s[i] != '-' && !isalnum((unsigned char)s[i]))
			return false;
		empty = s[i] == '.';
	}
	return !empty;
}

/* The length of the number at s, without superfluous zeros; 0 if there is none. */
static size_t number_length(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return s[0] == '0' && n > 1 ? 0 : n;
}

/* SemVer 2.0.0: MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]. */
static bool is_semver(const char *s)
{
	size_t n;

	for (int part = 0; part < 3; part++) {
		n = number_length(s);
		if (!n || (part < 2 && s[n] != '.'))
			return false;
		s += n + (part < 2);
	}
	if (*s == '-') {
		n = strcspn(++s, "+");
		if (!is_identifiers(s, n))
			return false;
		s += n;
	}
	return !*s || (*s == '+' && is_identifiers(s + 1, strlen(s + 1)));
}

/* Minor versions above ours are accepted: they only add properties, which are ignored (spec.md). */
static int check_version(const char *version, struct error *err)
{
	if (!is_semver(version))
		return error_at(err, "ociVersion",
				"must be a version like \"1.3.0\" (SemVer 2.0.0), got \"%.64s\"",
				version);
	if (!starts_with(version, "1."))
		return error_at(err, "ociVersion",
				"must be a version 1 of the runtime specification, got \"%.64s\"",
				version);
	return 0;
}

bool config_has_namespace(const struct config *c, const char *type)
{
	const struct namespaces *list = &c->linux_conf->namespaces;

	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i].type, type))
			return true;
	return false;
}

static int check_uts_name(const struct config *c, const char *field, const char *name,
			  struct error *err)
{
	if (!name)
		return 0;
	if (!config_has_namespace(c, "uts"))
		return error_at(err, field, "needs an entry of type \"uts\" in linux.namespaces");
	if (strlen(name) > HOSTNAME_BYTES)
		return error_at(err, field, "must not be longer than %d bytes, got %zu",
				HOSTNAME_BYTES, strlen(name));
	for (const char *s = name; *s; s++)
		if (iscntrl((unsigned char)*s))
			return error_at(err, field, "must not contain control characters");
	return 0;
}

/* The path without ".", ".." and doubled slashes, by its letters alone; it begins with "/". */
static const char *clean_path(const char *path, struct arena *a)
{
	char *out = arena_alloc(a, strlen(path) + 2);
	size_t len = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len && out[--len] != '/')
				;
		} else if (n && !(n == 1 && path[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

/*
 * Whatever lies over a file of /proc is what the container, and hoy when it enters it, takes for
 * the kernel's (CVE-2019-16884, CVE-2025-52881). These are the ones that engines and lxcfs have
 * reason to replace.
 */
static const char *const over_proc[] = {"cpuinfo",
					"diskstats",
					"loadavg",
					"meminfo",
					"slabinfo",
					"stat",
					"swaps",
					"sys/crypto/fips_enabled",
					"sys/kernel/ns_last_pid",
					"uptime",
					NULL};

static int check_over_proc(const struct mount *m, bool bind, size_t i, struct arena *a,
			   struct error *err)
{
	const char *path = clean_path(m->destination, a);

	if (streq(path, "/proc")) {
		/* What a bind really brings can be seen only when it is opened. */
		if (bind || streq(m->type, "proc"))
			return 0;
		error_field(err, "mounts[%zu].type", i);
		return error_say(err, EINVAL, "must be \"proc\" on /proc, got \"%.64s\"", m->type);
	}
	if (!starts_with(path, "/proc/"))
		return 0;
	for (const char *const *p = over_proc; *p; p++)
		if (streq(path + strlen("/proc/"), *p))
			return 0;
	error_field(err, "mounts[%zu].destination", i);
	return error_say(err, EINVAL, "nothing may be mounted on \"%.200s\"", m->destination);
}

struct mount_traits {
	bool bind, remount;
	size_t data; /* an option of the file system's own; n: none */
	size_t copy_up;
};

static struct mount_traits mount_traits(const struct mount *m)
{
	struct mount_traits t = {.data = m->options.n, .copy_up = m->options.n};

	for (size_t i = 0; i < m->options.n; i++) {
		const struct mount_option *o = mount_option_find(m->options.v[i]);

		if (!o && t.data == m->options.n)
			t.data = i;
		if (o && o->kind == MOUNT_OPTION_TMPCOPYUP)
			t.copy_up = i;
		t.bind |= o && o->kind == MOUNT_OPTION_BIND;
		t.remount |= o && o->kind == MOUNT_OPTION_REMOUNT;
	}
	return t;
}

static int check_mount_options(const struct mount *m, const struct mount_traits *t, size_t i,
			       struct error *err)
{
	for (size_t k = 0; k < m->options.n; k++) {
		if (!*m->options.v[k]) {
			error_field(err, "mounts[%zu].options[%zu]", i, k);
			return error_say(err, EINVAL, "must not be empty");
		}
	}
	if (t->bind && t->data < m->options.n) {
		error_field(err, "mounts[%zu].options[%zu]", i, t->data);
		return error_say(err, EINVAL,
				 "\"%.200s\" is an option of a file system, and a bind has none",
				 m->options.v[t->data]);
	}
	if (t->copy_up < m->options.n && (t->bind || !m->type || !streq(m->type, "tmpfs"))) {
		error_field(err, "mounts[%zu].options[%zu]", i, t->copy_up);
		return error_say(err, EINVAL, "\"tmpcopyup\" is for mounts of type \"tmpfs\"");
	}
	return 0;
}

static int apply_mount(struct mount *m, size_t i, struct arena *a, struct warnings *warn,
		       struct error *err)
{
	struct mount_traits t = mount_traits(m);
	int r;

	if (*m->destination != '/') {
		warn_add(warn,
			 "mounts[%zu].destination: \"%s\" is relative, taken from / (deprecated)",
			 i, m->destination);
		m->destination = arena_printf(a, "/%s", m->destination);
	}
	if (!m->type && !t.bind && !t.remount) {
		error_field(err, "mounts[%zu].type", i);
		return error_say(err, EINVAL,
				 "is required, for options has neither bind nor rbind");
	}
	if (m->type && streq(m->type, "bind") && !t.bind && !t.remount) {
		error_field(err, "mounts[%zu].type", i);
		return error_say(err, EINVAL, "\"bind\" needs the option bind or rbind");
	}
	if (t.bind && !t.remount && !m->source) {
		error_field(err, "mounts[%zu].source", i);
		return error_say(err, EINVAL, "is required for a bind mount");
	}
	if (!m->uid_mappings.n != !m->gid_mappings.n) {
		error_field(err, "mounts[%zu].%s", i,
			    m->uid_mappings.n ? "gidMappings" : "uidMappings");
		return error_say(err, EINVAL, "is required with %s",
				 m->uid_mappings.n ? "uidMappings" : "gidMappings");
	}
	r = check_mount_options(m, &t, i, err);
	if (r < 0 || t.remount)
		return r;
	return check_over_proc(m, t.bind, i, a, err);
}

/* Without a mount namespace of its own the container's mounts would be the host's. */
static int check_mount_namespace(const struct config *c, struct error *err)
{
	const struct linux_config *l = c->linux_conf;
	const char *field = c->mounts.n		  ? "mounts"
			    : l->masked_paths.n	  ? "linux.maskedPaths"
			    : l->readonly_paths.n ? "linux.readonlyPaths"
			    : l->devices.n	  ? "linux.devices"
			    : l->rootfs_propagation ? "linux.rootfsPropagation"
			    : c->root->readonly	    ? "root.readonly"
						    : NULL;

	if (!field || config_has_namespace(c, "mount"))
		return 0;
	return error_at(err, field, "needs an entry of type \"mount\" in linux.namespaces");
}

int rules_apply_config(struct config *c, struct arena *a, struct warnings *warn, struct error *err)
{
	int r = check_version(c->oci_version, err);

	if (r < 0)
		return r;
	if (c->process) {
		r = rules_apply_process(c->process, "process.", a, warn, err);
		if (r < 0)
			return r;
	}
	r = check_uts_name(c, "hostname", c->hostname, err);
	if (r < 0)
		return r;
	r = check_uts_name(c, "domainname", c->domainname, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->mounts.n; i++) {
		r = apply_mount(&c->mounts.v[i], i, a, warn, err);
		if (r < 0)
			return r;
	}
	r = rules_apply_linux(c, a, err);
	if (r < 0)
		return r;
	return check_mount_namespace(c, err);
}
