/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of `linux`. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "spec/names.h"
#include "spec/rules.h"

#define MAPPINGS_MAX 340 /* UID_GID_MAP_MAX_EXTENTS */

static int check_namespaces(const struct linux_config *l, struct error *err)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < l->namespaces.n; i++) {
		const struct namespace *ns = &l->namespaces.v[i];
		uint64_t flag = namespace_flag(ns->type);

		if (seen & flag) {
			error_field(err, "linux.namespaces[%zu].type", i);
			return error_say(err, EINVAL, "\"%s\" is listed twice", ns->type);
		}
		seen |= flag;
	}
	return 0;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

/* What the kernel refuses with a bare EINVAL (user_namespaces(7)). */
static int check_mappings(const struct id_mappings *list, const char *field, struct error *err)
{
	if (list->n > MAPPINGS_MAX)
		return error_at(err, field, "must have at most %d entries, got %zu", MAPPINGS_MAX,
				list->n);
	for (size_t i = 0; i < list->n; i++) {
		const struct id_mapping *m = &list->v[i];

		if (m->size > UINT32_MAX - m->container_id || m->size > UINT32_MAX - m->host_id) {
			error_field(err, "%s[%zu].size", field, i);
			return error_say(err, EINVAL, "goes beyond the last id, 4294967294");
		}
		for (size_t k = 0; k < i; k++) {
			const struct id_mapping *o = &list->v[k];

			if (!overlap(m->container_id, m->size, o->container_id, o->size) &&
			    !overlap(m->host_id, m->size, o->host_id, o->size))
				continue;
			error_field(err, "%s[%zu]", field, i);
			return error_say(err, EINVAL, "overlaps with entry %zu", k);
		}
	}
	return 0;
}

static bool is_mapped(const struct id_mappings *list, uint32_t id)
{
	for (size_t i = 0; i < list->n; i++)
		if (id >= list->v[i].container_id && id - list->v[i].container_id < list->v[i].size)
			return true;
	return false;
}

static const char *namespace_path(const struct linux_config *l, const char *type)
{
	for (size_t i = 0; i < l->namespaces.n; i++)
		if (streq(l->namespaces.v[i].type, type))
			return l->namespaces.v[i].path;
	return NULL;
}

/* The set-up runs as user and group 0 of the new namespace, the process as its own. */
static int check_mapped_users(const struct config *c, struct error *err)
{
	const struct linux_config *l = c->linux_conf;
	const struct user *u = c->process ? &c->process->user : NULL;

	if (!is_mapped(&l->uid_mappings, 0))
		return error_at(err, "linux.uidMappings", "must map the container's user 0");
	if (!is_mapped(&l->gid_mappings, 0))
		return error_at(err, "linux.gidMappings", "must map the container's group 0");
	if (u && !is_mapped(&l->uid_mappings, u->uid))
		return error_at(err, "process.user.uid", "%u is not mapped by linux.uidMappings",
				u->uid);
	if (u && !is_mapped(&l->gid_mappings, u->gid))
		return error_at(err, "process.user.gid", "%u is not mapped by linux.gidMappings",
				u->gid);
	for (size_t i = 0; u && i < u->additional_gids.n; i++) {
		if (is_mapped(&l->gid_mappings, u->additional_gids.v[i]))
			continue;
		error_field(err, "process.user.additionalGids[%zu]", i);
		return error_say(err, EINVAL, "%u is not mapped by linux.gidMappings",
				 u->additional_gids.v[i]);
	}
	return 0;
}

static int check_user_namespace(const struct config *c, struct error *err)
{
	const struct linux_config *l = c->linux_conf;
	int r = check_mappings(&l->uid_mappings, "linux.uidMappings", err);

	if (r < 0)
		return r;
	r = check_mappings(&l->gid_mappings, "linux.gidMappings", err);
	if (r < 0)
		return r;
	if (!config_has_namespace(c, "user")) {
		if (!l->uid_mappings.n && !l->gid_mappings.n)
			return 0;
		return error_at(err, l->uid_mappings.n ? "linux.uidMappings" : "linux.gidMappings",
				"needs an entry of type \"user\" in linux.namespaces");
	}
	if (namespace_path(l, "user"))
		return 0; /* it has its own mappings; engines repeat them here */
	if (!l->uid_mappings.n || !l->gid_mappings.n)
		return error_at(err, l->uid_mappings.n ? "linux.gidMappings" : "linux.uidMappings",
				"is required with a new user namespace");
	return check_mapped_users(c, err);
}

static int check_time_offsets(const struct config *c, struct error *err)
{
	const struct time_offsets *t = c->linux_conf->time_offsets;

	if (!t || (!t->boottime && !t->monotonic))
		return 0;
	if (!config_has_namespace(c, "time"))
		return error_at(err, "linux.timeOffsets",
				"needs an entry of type \"time\" in linux.namespaces");
	/* The kernel fixes them with the first process of the namespace. */
	if (namespace_path(c->linux_conf, "time"))
		return error_at(err, "linux.timeOffsets",
				"can't be set in a time namespace that is there already");
	return 0;
}

static int apply_devices(struct linux_config *l, struct error *err)
{
	for (size_t i = 0; i < l->devices.n; i++) {
		struct device *d = &l->devices.v[i];

		if (!streq(d->type, "p") && (!d->major || !d->minor)) {
			error_field(err, "linux.devices[%zu].%s", i, d->major ? "minor" : "major");
			return error_say(err, EINVAL, "is required for a device of type \"%s\"",
					 d->type);
		}
		if (d->file_mode)
			*d->file_mode &= 07777;
	}
	return 0;
}

/* Letters, digits and what interface names and the kernel's own need; so no "..", no "+", "=", no
 * line ends (CVE-2022-0811, CVE-2024-3154). */
static bool is_sysctl_path(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (!n || (n <= 2 && strspn(path, ".") >= n))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!isalnum((unsigned char)path[i]) && !strchr("_-.@:", path[i]))
				return false;
		path += n;
		if (*path == '/' && !*++path)
			return false;
	}
	return true;
}

static int check_sysctl(const struct config *c, const struct string_pair *s, struct arena *a,
			struct error *err)
{
	const char *path = sysctl_path(s->key, a), *type;

	if (!is_sysctl_path(path) || strstr(path, ".."))
		return error_say(err, EINVAL, "is not the name of a kernel parameter");
	if (strpbrk(s->value, "\n\r"))
		return error_say(err, EINVAL, "the value must be one line");
	type = sysctl_namespace(path);
	if (!type)
		return error_say(err, EINVAL, "belongs to no namespace: it would change the host");
	if (streq(path, "kernel/hostname")) {
		error_hint(err, "use the property \"hostname\"");
		return error_say(err, EINVAL, "may not be set here");
	}
	if (!config_has_namespace(c, type))
		return error_say(
			err, EINVAL,
			"needs an entry of type \"%s\" in linux.namespaces: it would change "
			"the host",
			type);
	return 0;
}

static int check_sysctls(const struct config *c, struct arena *a, struct error *err)
{
	const struct string_map *map = &c->linux_conf->sysctl;

	for (size_t i = 0; i < map->n; i++) {
		int r = check_sysctl(c, &map->v[i], a, err);

		if (r < 0) {
			error_field(err, "linux.sysctl[\"%s\"]", map->v[i].key);
			return r;
		}
	}
	return 0;
}

/* The action's number in the filter has sixteen bits; as an errno libseccomp takes what is below the
 * kernel's last one, 4095. */
static int check_errno_ret(const char *action, const uint32_t *number, struct error *err)
{
	bool is_errno = streq(action, "SCMP_ACT_ERRNO");
	uint32_t max = is_errno ? 4094 : 65535;

	if (!number)
		return 0;
	if (!is_errno && !streq(action, "SCMP_ACT_TRACE"))
		return error_say(err, EINVAL, "must not be there: %s takes no number", action);
	if (*number > max)
		return error_say(err, EINVAL, "must be from 0 to %u for %s, got %u", max, action,
				 *number);
	return 0;
}

static int check_seccomp_rule(const struct seccomp_rule *rule, size_t i, struct error *err)
{
	if (check_errno_ret(rule->action, rule->errno_ret, err) < 0) {
		error_field(err, "linux.seccomp.syscalls[%zu].errnoRet", i);
		return -EINVAL;
	}
	for (size_t k = 0; k < rule->names.n; k++) {
		if (*rule->names.v[k])
			continue;
		error_field(err, "linux.seccomp.syscalls[%zu].names[%zu]", i, k);
		return error_say(err, EINVAL, "must not be empty");
	}
	return 0;
}

static int check_seccomp(const struct seccomp *s, struct error *err)
{
	if (!s)
		return 0;
	if (check_errno_ret(s->default_action, s->default_errno_ret, err) < 0) {
		error_field(err, "linux.seccomp.defaultErrnoRet");
		return -EINVAL;
	}
	for (size_t i = 0; i < s->syscalls.n; i++) {
		int r = check_seccomp_rule(&s->syscalls.v[i], i, err);

		if (r < 0)
			return r;
	}
	/* The kernel refuses it without a listener. */
	for (size_t i = 0; s->flags && i < s->flags->n; i++) {
		if (!streq(s->flags->v[i], "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"))
			continue;
		error_field(err, "linux.seccomp.flags[%zu]", i);
		return error_say(err, EINVAL, "\"%s\" is for SCMP_ACT_NOTIFY only", s->flags->v[i]);
	}
	return 0;
}

int rules_apply_linux(struct config *c, struct arena *a, struct error *err)
{
	struct linux_config *l = c->linux_conf;
	int r = check_namespaces(l, err);

	if (r < 0)
		return r;
	r = check_user_namespace(c, err);
	if (r < 0)
		return r;
	r = check_time_offsets(c, err);
	if (r < 0)
		return r;
	r = apply_devices(l, err);
	if (r < 0)
		return r;
	r = check_sysctls(c, a, err);
	if (r < 0)
		return r;
	r = check_seccomp(l->seccomp, err);
	if (r < 0)
		return r;
	if (l->personality && l->personality->flags.n)
		return error_at(
			err, "linux.personality.flags[0]",
			"must not be there: the specification has no flags yet, got \"%.64s\"",
			l->personality->flags.v[0]);
	return l->resources ? rules_apply_resources(l->resources, "linux.resources.", err) : 0;
}
