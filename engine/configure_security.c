/* SPDX-License-Identifier: Apache-2.0 */
/* What the process may do: capabilities, --security-opt, masked paths, the seccomp profile. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/configure_parts.h"
#include "engine/seccomp_default.h"
#include "engine/values.h"
#include "engine/volume.h"
#include "spec/names.h"
#include "spec/seccomp_profile.h"

#define PROFILE_MAX (1u << 20)

/* ---- Capabilities ---------------------------------------------------------------------------- */

/* podman's set: docker's without MKNOD, NET_RAW and AUDIT_WRITE. The first two were what a
 * container on a shared network or disk attacked its neighbours with, and ping works without
 * (configure.c). */
static const char *const default_caps[] = {
	"CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",		  "CAP_FSETID",
	"CAP_KILL",   "CAP_SETGID",	  "CAP_NET_BIND_SERVICE", "CAP_SETPCAP",
	"CAP_SETUID", "CAP_SETFCAP",	  "CAP_SYS_CHROOT",
};

#define ALL_CAPS UINT64_MAX

/* "NET_ADMIN", "cap_net_admin", "ALL" as bits. */
static int cap_parse(const char *option, const char *text, struct arena *a, uint64_t *ret,
		     struct error *err)
{
	char *name = arena_join(a, "CAP_", text, NULL), *s;
	int number;

	for (s = name; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
	if (starts_with(name, "CAP_CAP_"))
		name += strlen("CAP_");
	if (streq(name, "CAP_ALL")) {
		*ret = ALL_CAPS;
		return 0;
	}
	number = capability_by_name(name);
	if (number < 0)
		return error_say(err, EINVAL, "%s: no such capability is known: \"%.64s\"", option,
				 text);
	*ret = 1ULL << number;
	return 0;
}

/* Named ones as bits, and whether ALL is among them. */
static int caps_parse(const char *option, const struct option_list *list, struct arena *a,
		      uint64_t *ret, bool *all, struct error *err)
{
	uint64_t bits = 0;
	size_t i, k;

	*ret = 0;
	*all = false;
	for (i = 0; i < list->n; i++) {
		struct strings names = value_split(list->v[i], ',', a);

		for (k = 0; k < names.n; k++) {
			int r = cap_parse(option, names.v[k], a, &bits, err);

			if (r < 0)
				return r;
			if (bits == ALL_CAPS)
				*all = true;
			else
				*ret |= bits;
		}
	}
	return 0;
}

static struct strings caps_names(uint64_t bits, struct arena *a)
{
	struct strings names = {0};
	unsigned n;

	for (n = 0; n < 64 && capability_name(n); n++)
		if (bits >> n & 1)
			LIST_ADD(a, &names, capability_name(n));
	return names;
}

/* ALL stands for what the machine can give. */
static int caps_choose(const struct configure *in, uint64_t *ret, uint64_t *asked,
		       struct error *err)
{
	const struct run_options *o = in->opt;
	uint64_t add, drop, all = in->machine->caps, bits = 0;
	bool add_all, drop_all;
	size_t i;
	int r;

	r = caps_parse("--cap-add", &o->cap_add, in->arena, &add, &add_all, err);
	if (r == 0)
		r = caps_parse("--cap-drop", &o->cap_drop, in->arena, &drop, &drop_all, err);
	if (r < 0)
		return r;
	if ((add & drop) || (add_all && drop_all))
		return error_say(err, EINVAL, "--cap-add: \"%s\" is in --cap-drop as well",
				 add & drop ? caps_names(add & drop, in->arena).v[0] : "ALL");
	for (i = 0; i < sizeof(default_caps) / sizeof(default_caps[0]); i++)
		bits |= 1ULL << capability_by_name(default_caps[i]);
	if (drop_all)
		bits = 0;
	if (add_all || o->privileged)
		bits = all;
	*ret = (bits & ~drop) | add;
	*asked = add;
	return 0;
}

int configure_capabilities(const struct configure *in, struct config *c, uint64_t *caps,
			   struct error *err)
{
	struct capabilities *sets = arena_alloc(in->arena, sizeof(*sets));
	uint64_t bits = 0, asked = 0;
	int r = caps_choose(in, &bits, &asked, err);

	if (r < 0)
		return r;
	sets->bounding = sets->permitted = sets->effective = caps_names(bits, in->arena);
	/* Another user than root loses them all when the program is executed. Those that were asked
	 * for by name are meant to stay. */
	if (c->process->user.uid != 0)
		sets->inheritable = sets->ambient = caps_names(asked, in->arena);
	c->process->capabilities = sets;
	*caps = bits;
	return 0;
}

/* ---- --security-opt -------------------------------------------------------------------------- */

/* Paths of mask= and unmask=, separated by colons. */
static int paths_parse(const char *option, const char *text, struct strings *to, struct arena *a,
		       struct error *err)
{
	struct strings paths = value_split(text, ':', a);
	const char *clean;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < paths.n; i++) {
		r = volume_path(option, paths.v[i], a, &clean, err);
		if (r == 0)
			LIST_ADD(a, to, clean);
	}
	return r;
}

static int security_flag(const char *value, bool *ret, struct error *err)
{
	if (!value || streq(value, "true"))
		*ret = true;
	else if (streq(value, "false"))
		*ret = false;
	else
		return value_wrong("--security-opt no-new-privileges", "true or false", value, err);
	return 0;
}

static int security_word(const char *key, const char *value, struct security *s, struct arena *a,
			 struct error *err)
{
	if (streq(key, "no-new-privileges"))
		return security_flag(value, &s->no_new_privileges, err);
	if (!value || !*value)
		return error_say(err, EINVAL, "--security-opt: \"%.64s\" needs a value", key);
	if (streq(key, "seccomp")) {
		s->no_seccomp = streq(value, "unconfined");
		s->seccomp = s->no_seccomp || streq(value, "default") ? NULL : value;
		return 0;
	}
	if (streq(key, "apparmor") || streq(key, "label")) {
		if (streq(value, key[0] == 'a' ? "unconfined" : "disable"))
			return 0;
		return error_say(err, ENOTSUP,
				 "--security-opt: %s is not supported by this version of hoy",
				 key[0] == 'a' ? "AppArmor" : "SELinux");
	}
	if (streq(key, "systempaths") && streq(value, "unconfined"))
		s->all_paths = true;
	else if (streq(key, "unmask") && (streq(value, "ALL") || streq(value, "all")))
		s->all_paths = true;
	else if (streq(key, "mask"))
		return paths_parse("--security-opt mask", value, &s->mask, a, err);
	else if (streq(key, "unmask"))
		return paths_parse("--security-opt unmask", value, &s->unmask, a, err);
	else
		return error_say(err, EINVAL,
				 "--security-opt: unknown word \"%.64s\" (no-new-privileges, "
				 "seccomp=, apparmor=, "
				 "label=, mask=, unmask=, systempaths=unconfined are known)",
				 key);
	return 0;
}

int configure_security(const struct configure *in, struct security *ret, struct error *err)
{
	const struct option_list *list = &in->opt->security;
	struct security s = {
		.no_new_privileges = !in->opt->privileged,
		.no_seccomp = in->opt->privileged,
		.all_paths = in->opt->privileged,
	};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++) {
		/* docker once wrote "seccomp:FILE". */
		size_t n = strcspn(list->v[i], "=:");
		const char *value = list->v[i][n] ? list->v[i] + n + 1 : NULL;

		r = security_word(arena_memdup(in->arena, list->v[i], n), value, &s, in->arena,
				  err);
	}
	if (r == 0)
		*ret = s;
	return r;
}

/* ---- Paths and the profile ------------------------------------------------------------------- */

/* What of /proc and /sys tells about the host, or gives a hand in it. */
static const char *const masked[] = {"/proc/acpi",
				     "/proc/asound",
				     "/proc/interrupts",
				     "/proc/kcore",
				     "/proc/keys",
				     "/proc/latency_stats",
				     "/proc/sched_debug",
				     "/proc/scsi",
				     "/proc/timer_list",
				     "/proc/timer_stats",
				     "/sys/devices/virtual/powercap",
				     "/sys/firmware",
				     NULL};
static const char *const readonly[] = {"/proc/bus",	      "/proc/fs", "/proc/irq", "/proc/sys",
				       "/proc/sysrq-trigger", NULL};

static bool has(const struct strings *s, const char *word)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (streq(s->v[i], word))
			return true;
	return false;
}

static void paths_add(struct strings *to, const char *const *paths, const struct strings *but,
		      struct arena *a)
{
	for (; *paths; paths++)
		if (!has(but, *paths))
			LIST_ADD(a, to, *paths);
}

static int profile_read(const struct configure *in, const char *file, uint64_t caps,
			struct seccomp *ret, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const struct profile_target target = {
		.caps = caps,
		.arch = in->machine->arch,
		.native = in->machine->native,
		.kernel = {in->machine->kernel[0], in->machine->kernel[1]},
	};
	struct seccomp_profile p;
	int r = file_read_at(AT_FDCWD, file, PROFILE_MAX, &t);

	if (r < 0)
		return error_set(err, -r, "--security-opt seccomp: read %.200s", file);
	r = seccomp_profile_parse(t.s ? t.s : "", t.len, file, in->arena, &p, err);
	if (r == 0)
		seccomp_profile_select(&p, &target, in->arena, ret);
	return r;
}

int configure_confine(const struct configure *in, const struct security *s, uint64_t caps,
		      struct config *c, struct error *err)
{
	struct linux_config *l = c->linux_conf;
	int r = 0;

	c->process->no_new_privileges = s->no_new_privileges;
	if (!s->all_paths) {
		paths_add(&l->masked_paths, masked, &s->unmask, in->arena);
		paths_add(&l->readonly_paths, readonly, &s->unmask, in->arena);
	}
	for (size_t i = 0; i < s->mask.n; i++)
		LIST_ADD(in->arena, &l->masked_paths, s->mask.v[i]);
	if (s->no_seccomp)
		return 0;
	l->seccomp = arena_alloc(in->arena, sizeof(*l->seccomp));
	if (s->seccomp)
		r = profile_read(in, s->seccomp, caps, l->seccomp, err);
	else
		seccomp_default(caps, in->machine->arch, in->arena, l->seccomp);
	/* In memory the size is that of the file system. */
	if (!s->seccomp && in->opt->storage.n && !in->opt->writable_tmpfs)
		seccomp_deny_attributes(l->seccomp, in->arena);
	return r;
}
