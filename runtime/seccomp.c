/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

uint32_t seccomp_flags(const struct seccomp *s)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} known[] = {
		/* One thread is all that the walker has; the kernel takes the flag all the same. */
		{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
		{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
		{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	};
	uint32_t flags = 0;

	if (!s->flags)
		return SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < s->flags->n; i++)
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (streq(s->flags->v[i], known[k].name))
				flags |= known[k].flag;
	return flags;
}

#ifndef HAVE_LIBSECCOMP

int seccomp_compile(const struct seccomp *s, struct arena *a, struct seccomp_filter *ret,
		    struct error *err)
{
	(void)s;
	(void)a;
	(void)ret;
	error_field(err, "linux.seccomp");
	return error_say(err, ENOTSUP, "is not supported: this hoy was built without libseccomp");
}

const char *seccomp_library(char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return NULL;
}

bool seccomp_arch_known(const char *name)
{
	(void)name;
	return false;
}

#else /* HAVE_LIBSECCOMP */

#include <fcntl.h>
#include <seccomp.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "runtime/seccomp_newer.h"
#include "runtime/seccomp_tree.h"

#define ARCHS_MAX  32
/* Every kernel that hoy runs on knows KILL_PROCESS and LOG (4.14). Said to libseccomp, it doesn't ask
 * the kernel, which may be another one than the filter's. */
#define API_LEVEL 3

/* A profile in the making. */
struct making {
	const struct seccomp *s;
	scmp_filter_ctx ctx;
	uint32_t fallback;	   /* the default action */
	uint32_t archs[ARCHS_MAX]; /* SCMP_ARCH_*, the native one first */
	unsigned archs_n;
	struct arena *arena;
	struct error *err;
};

const char *seccomp_library(char *buf, size_t size)
{
	const struct scmp_version *v = seccomp_version();

	snprintf(buf, size, "%u.%u.%u", v->major, v->minor, v->micro);
	return buf;
}

/* "SCMP_ARCH_X86_64" is "x86_64" to libseccomp. 0: unknown. */
static uint32_t arch_token(const char *name)
{
	char lower[32];
	size_t i;

	if (!starts_with(name, "SCMP_ARCH_"))
		return 0;
	name += strlen("SCMP_ARCH_");
	for (i = 0; name[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
	lower[i] = 0;
	return seccomp_arch_resolve_name(lower);
}

bool seccomp_arch_known(const char *name)
{
	return arch_token(name) != 0;
}

/* The action as libseccomp and the kernel write it; the rules have checked name and number. */
static uint32_t action_value(const char *name, const uint32_t *errno_ret)
{
	static const struct {
		const char *name;
		uint32_t value;
	} actions[] = {
		{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
		{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
		{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
		{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
		{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
		{"SCMP_ACT_LOG", SCMP_ACT_LOG},
	};
	uint32_t number = errno_ret ? *errno_ret : EPERM;

	if (streq(name, "SCMP_ACT_ERRNO"))
		return SCMP_ACT_ERRNO(number);
	if (streq(name, "SCMP_ACT_TRACE"))
		return SCMP_ACT_TRACE(number);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (streq(name, actions[i].name))
			return actions[i].value;
	return SCMP_ACT_KILL_PROCESS;
}

static void arch_note(struct making *m, uint32_t token)
{
	for (unsigned i = 0; i < m->archs_n; i++)
		if (m->archs[i] == token)
			return;
	if (m->archs_n < ARCHS_MAX)
		m->archs[m->archs_n++] = token;
}

static int archs_add(struct making *m)
{
	const struct strings *names = &m->s->architectures;

	arch_note(m, seccomp_arch_native());
	for (size_t i = 0; i < names->n; i++) {
		uint32_t token = arch_token(names->v[i]);
		int r = token ? seccomp_arch_add(m->ctx, token) : -EINVAL;

		if (r == 0 || r == -EEXIST) {
			arch_note(m, token);
			continue;
		}
		error_field(m->err, "linux.seccomp.architectures[%zu]", i);
		if (!token)
			return error_say(m->err, EINVAL, "libseccomp does not know \"%s\"",
					 names->v[i]);
		return error_say(m->err, EINVAL, "\"%s\" can't be in one filter with this machine's",
				 names->v[i]);
	}
	return 0;
}

static struct scmp_arg_cmp condition(const struct seccomp_arg *a)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} operators[] = {
		{"SCMP_CMP_NE", SCMP_CMP_NE}, {"SCMP_CMP_LT", SCMP_CMP_LT},
		{"SCMP_CMP_LE", SCMP_CMP_LE}, {"SCMP_CMP_EQ", SCMP_CMP_EQ},
		{"SCMP_CMP_GE", SCMP_CMP_GE}, {"SCMP_CMP_GT", SCMP_CMP_GT},
		{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	};
	struct scmp_arg_cmp c = {
		.arg = a->index,
		.op = SCMP_CMP_EQ,
		.datum_a = a->value,
		.datum_b = a->value_two ? *a->value_two : 0,
	};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (streq(a->op, operators[i].name))
			c.op = operators[i].op;
	return c;
}

/* Adds the rule for one system call. libseccomp joins conditions by "and", and takes one per argument:
 * where an argument stands twice, each condition is a rule of its own. */
static int rule_add(struct making *m, const struct seccomp_rule *rule, int number, uint32_t action)
{
	struct scmp_arg_cmp c[6];
	unsigned seen = 0;
	bool twice = false;
	int r = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		unsigned bit = 1u << rule->args.v[i].index;

		twice |= seen & bit;
		seen |= bit;
		if (!twice)
			c[i] = condition(&rule->args.v[i]);
	}
	if (!twice)
		return seccomp_rule_add_array(m->ctx, action, number, (unsigned)rule->args.n, c);
	for (size_t i = 0; i < rule->args.n && r == 0; i++) {
		c[0] = condition(&rule->args.v[i]);
		r = seccomp_rule_add_array(m->ctx, action, number, 1, c);
	}
	return r;
}

static int rules_add(struct making *m)
{
	for (size_t i = 0; i < m->s->syscalls.n; i++) {
		const struct seccomp_rule *rule = &m->s->syscalls.v[i];
		uint32_t action = action_value(rule->action, rule->errno_ret);

		if (action == m->fallback)
			continue;
		for (size_t k = 0; k < rule->names.n; k++) {
			int number = seccomp_syscall_resolve_name(rule->names.v[k]), r = 0;

			if (number != __NR_SCMP_ERROR)
				r = rule_add(m, rule, number, action);
			if (r >= 0 || r == -EEXIST)
				continue;
			error_field(m->err, "linux.seccomp.syscalls[%zu].names[%zu]", i, k);
			return error_set(m->err, -r, "libseccomp refuses the rule for \"%s\"",
					 rule->names.v[k]);
		}
	}
	return 0;
}

/* ---- Together ----------------------------------------------------------------------------------- */

/* What libseccomp makes of the rules, appended to out: it writes to a descriptor only. */
static int export(struct making *m, struct text *out)
{
	_cleanup_fd_ int fd = sys_memfd_create("hoy-seccomp", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : seccomp_export_bpf(m->ctx, fd);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = fd_read_all(fd, 64u << 20, out);
	if (r == 0 && out->len % sizeof(struct sock_filter))
		r = -EIO;
	return r;
}

/* The whole program, as a tree of hoy's or, should libseccomp ever write what that doesn't read, of
 * its own. */
static int program_make(struct making *m, struct text *out)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	uint32_t archs[ARCHS_MAX];
	unsigned n = 0;
	int r;

	for (unsigned i = 0; i < m->archs_n; i++)
		if (m->archs[i] != SCMP_ARCH_X32) /* it comes with x86_64, by the same name */
			archs[n++] = m->archs[i];
	seccomp_newer(m->s, m->fallback, m->archs, m->archs_n, &t);
	r = export(m, &t);
	if (r < 0)
		return r;
	if (seccomp_tree((const void *)t.s, t.len / sizeof(struct sock_filter), archs, n, out) == 0)
		return 0;
	text_free(&t);
	seccomp_newer(m->s, m->fallback, m->archs, m->archs_n, &t);
	/* Up to 2.5.4 a tree of no rules is a wrong one; linear is as good for few. */
	if (m->s->syscalls.n)
		seccomp_attr_set(m->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = export(m, &t);
	if (r == 0)
		text_add_bytes(out, t.s, t.len);
	return r;
}

static int making_compile(struct making *m, struct text *out)
{
	int r;

	seccomp_api_set(API_LEVEL);
	m->fallback = action_value(m->s->default_action, m->s->default_errno_ret);
	m->ctx = seccomp_init(m->fallback);
	if (!m->ctx)
		return error_at(m->err, "linux.seccomp", "libseccomp can't make a filter");
	r = archs_add(m);
	if (r == 0)
		r = rules_add(m);
	if (r < 0)
		return r;
	r = program_make(m, out);
	if (r < 0) {
		error_field(m->err, "linux.seccomp");
		return error_set(m->err, -r, "let libseccomp compile the filter");
	}
	if (out->len / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return error_at(m->err, "linux.seccomp",
				"is too large for the kernel: %zu instructions, at most %d",
				out->len / sizeof(struct sock_filter), BPF_MAXINSNS);
	return 0;
}

/* ---- In words ----------------------------------------------------------------------------------- */

static void action_text(uint32_t action, struct text *out)
{
	static const struct {
		uint32_t value;
		const char *words;
	} words[] = {
		{SCMP_ACT_KILL_THREAD, "kill thread"},
		{SCMP_ACT_KILL_PROCESS, "kill process"},
		{SCMP_ACT_TRAP, "trap"},
		{SCMP_ACT_ALLOW, "allow"},
		{SCMP_ACT_LOG, "log"},
	};
	uint32_t data = action & SECCOMP_RET_DATA;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].value == action)
			text_add(out, words[i].words);
	if (action == SCMP_ACT_ERRNO(data))
		text_addf(out, "errno %u", data);
	if (action == SCMP_ACT_TRACE(data))
		text_addf(out, "trace %u", data);
}

static const struct seccomp_rule *rule_at(const struct making *m, size_t i, uint32_t *action)
{
	const struct seccomp_rule *rule = &m->s->syscalls.v[i];

	*action = action_value(rule->action, rule->errno_ret);
	return rule;
}

/* Names in rules without arguments that have the action of rule `first`; 0 where an earlier rule has
 * it too. A name that stands twice counts twice. */
static size_t calls_count(const struct making *m, size_t first)
{
	uint32_t wanted, action;
	size_t n = 0;

	rule_at(m, first, &wanted);
	for (size_t i = 0; i < m->s->syscalls.n; i++) {
		const struct seccomp_rule *rule = rule_at(m, i, &action);

		if (action != wanted || rule->args.n)
			continue;
		if (i < first)
			return 0;
		for (size_t k = 0; k < rule->names.n; k++)
			n += seccomp_syscall_resolve_name(rule->names.v[k]) != __NR_SCMP_ERROR;
	}
	return n;
}

static const char *describe(const struct making *m)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	size_t with_args = 0, unknown = 0;
	uint32_t action;

	text_add(&t, "default ");
	action_text(m->fallback, &t);
	for (size_t i = 0; i < m->s->syscalls.n; i++) {
		const struct seccomp_rule *rule = rule_at(m, i, &action);
		size_t n = action == m->fallback ? 0 : calls_count(m, i);

		with_args += rule->args.n > 0;
		for (size_t k = 0; k < rule->names.n; k++)
			unknown += seccomp_syscall_resolve_name(rule->names.v[k]) == __NR_SCMP_ERROR;
		if (!n)
			continue;
		text_add(&t, ", ");
		action_text(action, &t);
		text_addf(&t, "%s %zu call%s", action == SCMP_ACT_ALLOW ? "" : " for", n,
			  n == 1 ? "" : "s");
	}
	if (with_args)
		text_addf(&t, ", %zu rule%s with arguments", with_args, with_args == 1 ? "" : "s");
	text_addf(&t, ", %u architecture%s", m->archs_n, m->archs_n == 1 ? "" : "s");
	if (unknown)
		text_addf(&t, ", %zu unknown name%s skipped", unknown, unknown == 1 ? "" : "s");
	return arena_strdup(m->arena, t.s);
}

int seccomp_compile(const struct seccomp *s, struct arena *a, struct seccomp_filter *ret,
		    struct error *err)
{
	_cleanup_(text_free) struct text program = TEXT_INIT;
	struct making m = {.s = s, .arena = a, .err = err};
	int r = making_compile(&m, &program);

	if (r == 0) {
		ret->n = program.len / sizeof(struct sock_filter);
		ret->insns = (const void *)arena_memdup(a, program.s, program.len);
		ret->flags = seccomp_flags(s);
		ret->words = describe(&m);
	}
	if (m.ctx)
		seccomp_release(m.ctx);
	return r;
}

#endif
