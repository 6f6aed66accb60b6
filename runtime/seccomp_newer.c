/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_newer.h"

#ifdef HAVE_LIBSECCOMP

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define X32_BIT	   0x40000000u
#define NUMBER_MAX 1023 /* above all calls of architectures that have such parts */

#define LOAD(what) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
						 offsetof(struct seccomp_data, what)))
#define JUMP(op, k, jt, jf) ((struct sock_filter)BPF_JUMP(BPF_JMP | (op) | BPF_K, k, jt, jf))
#define RETURN(v)	    ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, v))

struct newer {
	const struct seccomp *s;
	const uint32_t *archs;
	unsigned archs_n;
};

static bool names(const struct seccomp *s, const char *name)
{
	for (size_t i = 0; i < s->syscalls.n; i++)
		for (size_t k = 0; k < s->syscalls.v[i].names.n; k++)
			if (streq(s->syscalls.v[i].names.v[k], name))
				return true;
	return false;
}

/* The highest number that the profile names for the architecture, 0 without any. */
static uint32_t last_number(const struct seccomp *s, uint32_t arch)
{
	int last = 0, direct;

	for (size_t i = 0; i < s->syscalls.n; i++)
		for (size_t k = 0; k < s->syscalls.v[i].names.n; k++) {
			int n = seccomp_syscall_resolve_name_arch(arch, s->syscalls.v[i].names.v[k]);

			last = n > last ? n : last;
		}
	/* What has come to be a call of its own after it was a part of socketcall or ipc (i386: accept4 is
	 * 364) has no number to libseccomp when asked by name, but the rules are for both. */
	for (direct = NUMBER_MAX; direct > last; direct--) {
		char *name = seccomp_syscall_resolve_num_arch(arch, direct);

		if (name && names(s, name))
			last = direct;
		free(name);
	}
	return (uint32_t)last;
}

static bool has_arch(const struct newer *n, uint32_t token)
{
	for (unsigned i = 0; i < n->archs_n; i++)
		if (n->archs[i] == token)
			return true;
	return false;
}

static void insn_add(struct text *t, struct sock_filter f)
{
	text_add_bytes(t, &f, sizeof(f));
}

/* Above `last` ENOSYS; else on. The number is loaded. */
static void last_check(struct text *t, uint32_t last)
{
	if (!last)
		return;
	insn_add(t, JUMP(BPF_JGT, last, 0, 1));
	insn_add(t, RETURN(SCMP_ACT_ERRNO(ENOSYS)));
}

/*
 * The check of one architecture, entered with the architecture loaded and left so. x32 is x86_64 with
 * a bit in the number: its calls are above all others and have a last one of their own; where it does
 * not belong to the profile they are libseccomp's to refuse.
 */
static void arch_check(const struct newer *n, uint32_t token, struct text *out)
{
	struct text t = TEXT_INIT;
	size_t len;

	insn_add(&t, LOAD(nr));
	/* s390 hides a number that its kernel doesn't know behind that of setup(2), which is none. */
	if (token == SCMP_ARCH_S390 || token == SCMP_ARCH_S390X) {
		insn_add(&t, JUMP(BPF_JEQ, 0, 0, 1));
		insn_add(&t, RETURN(SCMP_ACT_ERRNO(ENOSYS)));
	}
	if (token == SCMP_ARCH_X86_64) {
		uint32_t last = last_number(n->s, token);
		uint32_t x32 = has_arch(n, SCMP_ARCH_X32) ? last_number(n->s, SCMP_ARCH_X32) : 0;

		insn_add(&t, JUMP(BPF_JGE, X32_BIT, last ? 2 : 0, 0));
		last_check(&t, last);
		insn_add(&t, JUMP(BPF_JGE, X32_BIT, 0, x32 ? 2 : 0));
		last_check(&t, x32);
	} else {
		last_check(&t, last_number(n->s, token));
	}
	insn_add(&t, LOAD(arch));
	len = t.len / sizeof(struct sock_filter);
	insn_add(out, JUMP(BPF_JEQ, token, 0, (uint8_t)len));
	text_add_bytes(out, t.s, t.len);
	text_free(&t);
}

void seccomp_newer(const struct seccomp *s, uint32_t fallback, const uint32_t *archs, unsigned archs_n,
		   struct text *out)
{
	struct newer n = {s, archs, archs_n};
	uint32_t kind = fallback & SECCOMP_RET_ACTION_FULL;

	if (kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG || kind == SECCOMP_RET_TRACE)
		return;
	insn_add(out, LOAD(arch));
	for (unsigned i = 0; i < archs_n; i++)
		if (archs[i] != SCMP_ARCH_X32)
			arch_check(&n, archs[i], out);
}

#endif
