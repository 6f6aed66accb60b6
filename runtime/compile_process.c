/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process: what the process is and may do, from config.json and from the document of
 * `exec --process` alike; prefix is what stands before the fields ("process." or "").
 */
#include <string.h>
#include <sys/personality.h>

#include "runtime/compile.h"
#include "spec/names.h"

/* As the peers: what execvp would look through where the environment names no PATH. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *field(struct compile *c, const char *prefix, const char *name)
{
	return arena_printf(c->env->arena, "%s%s", prefix, name);
}

/* Value of a variable in an environment, the last one counts (as in shells); NULL without. */
static const char *env_find(const struct strings *env, const char *name)
{
	size_t n = strlen(name), i = env->n;

	while (i-- > 0)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			return env->v[i] + n + 1;
	return NULL;
}

static void rlimit_add(struct compile *c, const char *where, const struct rlimit *l,
		       uint64_t soft)
{
	struct plan_op *op = plan_add(c->b, OP_RLIMIT, ACTOR_WALKER, where);

	op->arg[0] = plan_put_string(c->b, l->type);
	op->arg[1] = (uint64_t)rlimit_by_name(l->type);
	op->arg[2] = soft;
	op->arg[3] = l->hard;
}

/*
 * The walker itself still opens files: RLIMIT_NOFILE is brought to its full height while there is
 * the privilege to raise it, and to its size at the very end (`late`), which needs none.
 */
static void rlimits_add(struct compile *c, const struct process *p, const char *prefix, bool late)
{
	size_t i;

	for (i = 0; i < p->rlimits.n; i++) {
		const struct rlimit *l = &p->rlimits.v[i];
		const char *where = arena_printf(c->env->arena, "%srlimits[%zu]", prefix, i);
		bool files = streq(l->type, "RLIMIT_NOFILE");

		if (late && files)
			rlimit_add(c, where, l, l->soft);
		else if (!late && (!files || l->hard >= 1024))
			rlimit_add(c, where, l, files ? l->hard : l->soft);
	}
}

static uint64_t cap_mask(const struct strings *s)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		int cap = capability_by_name(s->v[i]);

		if (cap >= 0)
			mask |= 1ULL << cap;
	}
	return mask;
}

/* config.md, capabilities: what can't be granted is left out with a warning. */
static uint64_t cap_limit(struct compile *c, uint64_t mask, uint64_t allowed, const char *set,
			  const char *why)
{
	uint64_t lost = mask & ~allowed;
	unsigned i;

	for (i = 0; i < 64; i++)
		if ((lost >> i) & 1)
			warn_add(c->env->warn, "%s: %s can't be granted: %s", set,
				 capability_name(i) ? capability_name(i) : "unknown capability", why);
	return mask & allowed;
}

/* "CAP_KILL CAP_CHOWN", or "none": for the eyes of `hoy plan` only. */
static void cap_names(uint64_t mask, struct text *out)
{
	const char *between = "";
	unsigned i;

	if (!mask)
		text_add(out, "none");
	for (i = 0; i < 64; i++)
		if ((mask >> i) & 1) {
			text_addf(out, "%s%s", between, capability_name(i));
			between = " ";
		}
}

static void cap_sets_add(struct compile *c, const char *where, const uint64_t sets[4])
{
	static const char *const names[] = {"effective", "permitted", "inheritable", "ambient"};
	struct plan_op *op = plan_add(c->b, OP_CAPS, ACTOR_WALKER, where);
	struct text words = TEXT_INIT;
	unsigned i;

	for (i = 0; i < 4; i++) {
		text_addf(&words, "%s%s ", i ? ", " : "", names[i]);
		cap_names(sets[i], &words);
		op->arg[i] = sets[i];
	}
	op->arg[4] = plan_put_string(c->b, words.s);
	text_free(&words);
}

/*
 * Where the filter is loaded. The kernel takes one from whoever has CAP_SYS_ADMIN or no_new_privs.
 *
 * Without no_new_privs that is before the user's change takes the capability away. The profile must
 * then allow what the walker still has to do: setgroups, setresgid, setresuid, capset, prctl;
 * openat2 or openat, read, close, fstat, stat, faccessat2 (HOME, look-up); for create listen, accept4,
 * getsockopt, recvmsg, rt_sigaction; prlimit64 with a limit of open files; what startContainer hooks
 * need; write, execve, exit_group. Every profile that engines write does. What can be done before is
 * done before: the working directory, the descriptors.
 *
 * With no_new_privs it is behind everything, right before execve, which the profile must allow, and
 * write and exit_group only so that a failure can be told in words.
 */
static void seccomp_add(struct compile *c)
{
	const struct seccomp_filter *f = c->env->seccomp;
	struct plan_op *op = plan_add(c->b, OP_SECCOMP, ACTOR_WALKER, "linux.seccomp");

	op->arg[0] = plan_put_blob(c->b, f->insns, f->n * sizeof(*f->insns));
	op->arg[1] = f->flags;
	op->arg[2] = plan_put_string(c->b, f->words);
}

static void close_fds_add(struct compile *c)
{
	struct plan_op *op = plan_add(c->b, OP_CLOSE_FDS, ACTOR_WALKER, NULL);

	op->arg[0] = 3 + c->env->preserve_fds;
}

static void caps_add(struct compile *c, const struct process *p, const char *prefix)
{
	static const struct capabilities none;
	const struct capabilities *caps = p->capabilities ? p->capabilities : &none;
	const char *where = p->capabilities ? field(c, prefix, "capabilities") : NULL;
	/* The creator of a user namespace has every capability in it. */
	uint64_t have = c->user_ns ? ~0ULL : c->env->caps_available;
	static const char lack[] = "hoy does not have it";
	uint64_t bounding, permitted, effective, inheritable, ambient;
	struct text words = TEXT_INIT;
	struct plan_op *op;

	bounding = cap_limit(c, cap_mask(&caps->bounding), have, "capabilities.bounding", lack);
	permitted = cap_limit(c, cap_mask(&caps->permitted), have, "capabilities.permitted", lack);
	effective = cap_limit(c, cap_mask(&caps->effective) & have, permitted,
			      "capabilities.effective", "it is not in permitted");
	inheritable = cap_limit(c, cap_mask(&caps->inheritable) & have, bounding | permitted,
				"capabilities.inheritable", "it is not in bounding");
	ambient = cap_limit(c, cap_mask(&caps->ambient) & have, permitted & inheritable,
			    "capabilities.ambient", "it is not in permitted and inheritable");
	op = plan_add(c->b, OP_CAP_BOUNDING, ACTOR_WALKER, where);
	op->arg[0] = bounding;
	cap_names(bounding, &words);
	op->arg[1] = plan_put_string(c->b, words.s);
	text_free(&words);
	op = plan_add(c->b, OP_CWD, ACTOR_WALKER, field(c, prefix, "cwd"));
	op->arg[0] = plan_put_string(c->b, p->cwd);
	if (!p->no_new_privileges && c->env->seccomp) {
		close_fds_add(c);
		seccomp_add(c);
	}
	op = plan_add(c->b, OP_USER, ACTOR_WALKER, field(c, prefix, "user"));
	op->arg[0] = p->user.uid;
	op->arg[1] = p->user.gid;
	if (p->user.additional_gids.n)
		op->arg[2] = plan_put_blob(c->b, p->user.additional_gids.v,
					   p->user.additional_gids.n * sizeof(uint32_t));
	cap_sets_add(c, where, (const uint64_t[]){effective, permitted, inheritable, ambient});
}

static void personality_add(struct compile *c)
{
	const struct personality *p = c->lc ? c->lc->personality : NULL;
	struct plan_op *op;

	if (!p)
		return;
	op = plan_add(c->b, OP_PERSONALITY, ACTOR_WALKER, "linux.personality");
	op->arg[0] = streq(p->domain, "LINUX32") ? PER_LINUX32 : PER_LINUX;
}

void compile_process(struct compile *c, const struct process *p, const char *prefix)
{
	const char *path = env_find(&p->env, "PATH");
	struct plan_op *op;

	rlimits_add(c, p, prefix, false);
	personality_add(c);
	op = plan_add(c->b, OP_UMASK, ACTOR_WALKER,
		      p->user.umask ? field(c, prefix, "user.umask") : NULL);
	op->arg[0] = p->user.umask ? *p->user.umask : 0022;
	caps_add(c, p, prefix);
	if (p->no_new_privileges)
		plan_add(c->b, OP_NO_NEW_PRIVS, ACTOR_WALKER, field(c, prefix, "noNewPrivileges"));
	if (!env_find(&p->env, "HOME")) {
		op = plan_add(c->b, OP_HOME, ACTOR_WALKER, field(c, prefix, "env"));
		op->arg[0] = p->user.uid;
	}
	op = plan_add(c->b, OP_LOOKUP, ACTOR_WALKER, field(c, prefix, "args[0]"));
	op->arg[0] = plan_put_string(c->b, p->args.v[0]);
	op->arg[1] = plan_put_string(c->b, path ? path : DEFAULT_PATH);
}

void compile_process_exec(struct compile *c, const struct process *p, const char *prefix)
{
	struct plan_op *op;

	rlimits_add(c, p, prefix, true);
	if (p->no_new_privileges || !c->env->seccomp)
		close_fds_add(c);
	if (p->no_new_privileges && c->env->seccomp)
		seccomp_add(c);
	op = plan_add(c->b, OP_EXEC, ACTOR_WALKER, field(c, prefix, "args"));
	op->arg[0] = compile_vector(c->b, &p->args);
	op->arg[1] = compile_vector(c->b, &p->env);
}
