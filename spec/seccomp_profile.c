/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/seccomp_profile.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"
#include "spec/names.h"
#include "spec/tables.h"

/* ---- Tables ---------------------------------------------------------------------------------- */

static const struct field filter_fields[] = {
	FIELD_STRINGS(struct profile_filter, caps, "caps"),
	FIELD_STRINGS(struct profile_filter, arches, "arches"),
	FIELD_STRING(struct profile_filter, min_kernel, "minKernel"),
};
static const struct table filter_table = TABLE(filter_fields);

static const struct field rule_fields[] = {
	FIELD_STRINGS(struct profile_rule, rule.names, "names"),
	FIELD_STRING(struct profile_rule, name, "name"),
	FIELD_STRING(struct profile_rule, rule.action, "action", .flags = FIELD_REQUIRED,
		     .values = seccomp_actions),
	FIELD_U32_PTR(struct profile_rule, rule.errno_ret, "errnoRet"),
	FIELD_LIST(struct profile_rule, rule.args, "args", seccomp_arg_table),
	FIELD_OBJECT(struct profile_rule, includes, "includes", filter_table),
	FIELD_OBJECT(struct profile_rule, excludes, "excludes", filter_table),
};
static const struct table rule_table = TABLE(rule_fields);

static const struct field arch_fields[] = {
	FIELD_STRING(struct profile_arch, architecture, "architecture", .flags = FIELD_REQUIRED,
		     .values = seccomp_archs),
	FIELD_STRINGS(struct profile_arch, sub_architectures, "subArchitectures",
		      .values = seccomp_archs),
};
static const struct table arch_table = TABLE(arch_fields);

static const struct field profile_fields[] = {
	FIELD_STRING(struct seccomp_profile, base.default_action, "defaultAction",
		     .flags = FIELD_REQUIRED, .values = seccomp_actions),
	FIELD_U32_PTR(struct seccomp_profile, base.default_errno_ret, "defaultErrnoRet"),
	FIELD_STRINGS(struct seccomp_profile, base.architectures, "architectures",
		      .values = seccomp_archs),
	FIELD_STRINGS_PTR(struct seccomp_profile, base.flags, "flags",
			  .values = seccomp_flag_names),
	FIELD_STRING(struct seccomp_profile, base.listener_path, "listenerPath"),
	FIELD_STRING(struct seccomp_profile, base.listener_metadata, "listenerMetadata"),
	FIELD_LIST(struct seccomp_profile, arch_map, "archMap", arch_table),
	FIELD_LIST(struct seccomp_profile, syscalls, "syscalls", rule_table),
};
static const struct table profile_table = TABLE(profile_fields);

/* ---- Reading --------------------------------------------------------------------------------- */

/* "4.8" */
static int kernel_parse(const char *text, unsigned *ret)
{
	unsigned long long v;
	char part[8];
	size_t i, n;

	for (i = 0; i < 2; i++) {
		n = strspn(text, "0123456789");
		if (!n || n >= sizeof(part) || text[n] != (i ? 0 : '.'))
			return -EINVAL;
		memcpy(part, text, n);
		part[n] = 0;
		parse_u64(part, 0, 9999999, &v);
		ret[i] = (unsigned)v;
		text += n + 1;
	}
	return 0;
}

static int filter_check(const struct profile_filter *f, size_t i, const char *which,
			struct error *err)
{
	unsigned version[2];

	for (size_t k = 0; k < f->caps.n; k++) {
		if (capability_by_name(f->caps.v[k]) >= 0)
			continue;
		error_field(err, "syscalls[%zu].%s.caps[%zu]", i, which, k);
		return error_say(err, EINVAL, "no such capability is known: \"%.64s\"",
				 f->caps.v[k]);
	}
	if (f->min_kernel && kernel_parse(f->min_kernel, version) < 0) {
		error_field(err, "syscalls[%zu].%s.minKernel", i, which);
		return error_say(err, EINVAL, "must be a version like 4.8, got \"%.64s\"",
				 f->min_kernel);
	}
	return 0;
}

static int rule_check(struct profile_rule *p, size_t i, struct arena *a, struct error *err)
{
	int r;

	if (p->name && p->rule.names.n) {
		error_field(err, "syscalls[%zu]", i);
		return error_say(err, EINVAL, "has both name and names");
	}
	if (p->name)
		LIST_ADD(a, &p->rule.names, p->name);
	if (!p->rule.names.n) {
		error_field(err, "syscalls[%zu].names", i);
		return error_say(err, EINVAL, "must have at least one entry");
	}
	r = filter_check(&p->includes, i, "includes", err);
	return r < 0 ? r : filter_check(&p->excludes, i, "excludes", err);
}

int seccomp_profile_parse(const char *text, size_t len, const char *doc, struct arena *a,
			  struct seccomp_profile *ret, struct error *err)
{
	struct seccomp_profile p = {0};
	const struct json *tree;
	int r;

	r = json_parse(text, len, a, &tree, err);
	if (r == 0)
		r = table_read(&profile_table, tree, &p, a, err);
	if (r == 0 && p.base.architectures.n && p.arch_map.n) {
		error_field(err, "archMap");
		r = error_say(err, EINVAL, "must not stand beside architectures");
	}
	for (size_t i = 0; r == 0 && i < p.syscalls.n; i++)
		r = rule_check(&p.syscalls.v[i], i, a, err);
	if (r == 0)
		*ret = p;
	else
		error_doc(err, doc);
	return r;
}

/* ---- Selecting ------------------------------------------------------------------------------- */

static bool has_cap(const struct profile_target *t, const char *name)
{
	return t->caps >> capability_by_name(name) & 1;
}

static bool has_arch(const struct profile_target *t, const struct strings *arches)
{
	for (size_t i = 0; i < arches->n; i++)
		if (streq(arches->v[i], t->arch))
			return true;
	return false;
}

static bool is_since(const struct profile_target *t, const char *min)
{
	unsigned v[2] = {0, 0};

	kernel_parse(min, v);
	return t->kernel[0] > v[0] || (t->kernel[0] == v[0] && t->kernel[1] >= v[1]);
}

static bool included(const struct profile_filter *f, const struct profile_target *t)
{
	for (size_t i = 0; i < f->caps.n; i++)
		if (!has_cap(t, f->caps.v[i]))
			return false;
	return (!f->arches.n || has_arch(t, &f->arches)) &&
	       (!f->min_kernel || is_since(t, f->min_kernel));
}

static bool excluded(const struct profile_filter *f, const struct profile_target *t)
{
	for (size_t i = 0; i < f->caps.n; i++)
		if (has_cap(t, f->caps.v[i]))
			return true;
	return has_arch(t, &f->arches) || (f->min_kernel && is_since(t, f->min_kernel));
}

static void archs_select(const struct seccomp_profile *p, const struct profile_target *t,
			 struct arena *a, struct strings *ret)
{
	for (size_t i = 0; i < p->arch_map.n; i++) {
		const struct profile_arch *m = &p->arch_map.v[i];

		if (!t->native || !streq(m->architecture, t->native))
			continue;
		LIST_ADD(a, ret, m->architecture);
		for (size_t k = 0; k < m->sub_architectures.n; k++)
			LIST_ADD(a, ret, m->sub_architectures.v[k]);
		return;
	}
}

void seccomp_profile_select(const struct seccomp_profile *p, const struct profile_target *target,
			    struct arena *a, struct seccomp *ret)
{
	struct seccomp s = p->base;

	if (p->arch_map.n)
		archs_select(p, target, a, &s.architectures);
	for (size_t i = 0; i < p->syscalls.n; i++) {
		const struct profile_rule *rule = &p->syscalls.v[i];

		if (included(&rule->includes, target) && !excluded(&rule->excludes, target))
			LIST_ADD(a, &s.syscalls, rule->rule);
	}
	*ret = s;
}
