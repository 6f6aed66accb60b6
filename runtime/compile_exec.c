/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's process is read back from its plan into the same struct that config.json is
 * read into, changed by the options, and compiled by the same function: what create does to a
 * process, exec can't forget.
 */
#include "runtime/compile_exec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "runtime/compile.h"
#include "spec/names.h"

static struct strings vector_strings(struct arena *a, const void *plan, uint64_t offset)
{
	struct strings s = {.n = plan_vector_count(plan, offset)};
	size_t i;

	s.v = arena_alloc(a, (s.n + 1) * sizeof(*s.v));
	for (i = 0; i < s.n; i++)
		s.v[i] = arena_strdup(a, plan_vector_string(plan, offset, i));
	return s;
}

static struct strings caps_strings(struct arena *a, uint64_t mask)
{
	struct strings s = {.v = arena_alloc(a, 65 * sizeof(*s.v))};
	unsigned i;

	for (i = 0; i < 64; i++)
		if (((mask >> i) & 1) && capability_name(i))
			s.v[s.n++] = capability_name(i);
	return s;
}

/* A limit may stand twice in the plan (RLIMIT_NOFILE): the later one is what was asked for. */
static void rlimit_read(struct process *p, const void *plan, const struct plan_op *op,
			struct arena *a)
{
	const char *type = plan_string(plan, op->arg[0]);
	struct process_rlimit *l;
	size_t i;

	for (i = 0; i < p->rlimits.n && !streq(p->rlimits.v[i].type, type); i++)
		;
	l = &p->rlimits.v[i];
	*l = (struct process_rlimit){arena_strdup(a, type), op->arg[2], op->arg[3]};
	if (i == p->rlimits.n)
		p->rlimits.n++;
}

static void user_read(struct process *p, const void *plan, const struct plan_op *op,
		      struct arena *a)
{
	size_t len;
	const void *gids = plan_blob(plan, op->arg[2], &len);

	p->user.uid = (uint32_t)op->arg[0];
	p->user.gid = (uint32_t)op->arg[1];
	p->user.additional_gids.n = len / sizeof(uint32_t);
	p->user.additional_gids.v = (uint32_t *)(void *)arena_memdup(a, gids, len);
}

static struct scheduler *scheduler_read(const void *plan, const struct plan_op *op, struct arena *a)
{
	struct scheduler *s = arena_alloc(a, sizeof(*s));
	int32_t *numbers = arena_alloc(a, 2 * sizeof(*numbers));
	uint64_t *times = arena_alloc(a, 3 * sizeof(*times));
	static const char *const flags[] = {
		"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",	 "SCHED_FLAG_DL_OVERRUN",
		"SCHED_FLAG_KEEP_POLICY",   "SCHED_FLAG_KEEP_PARAMS",	 "SCHED_FLAG_UTIL_CLAMP_MIN",
		"SCHED_FLAG_UTIL_CLAMP_MAX"};
	unsigned i;

	s->policy = plan_string(plan, op->arg[0]);
	s->flags.v = arena_alloc(a, 8 * sizeof(*s->flags.v));
	for (i = 0; i < 7; i++)
		if ((op->arg[2] >> i) & 1)
			s->flags.v[s->flags.n++] = flags[i];
	numbers[0] = (int32_t)op->arg[3];
	numbers[1] = (int32_t)op->arg[4];
	s->nice = &numbers[0];
	s->priority = &numbers[1];
	for (i = 0; i < 3; i++)
		times[i] = op->arg[5 + i];
	s->runtime = &times[0];
	s->deadline = &times[1];
	s->period = &times[2];
	return s;
}

static struct io_priority *io_priority_read(const void *plan, const struct plan_op *op,
					    struct arena *a)
{
	struct io_priority *io = arena_alloc(a, sizeof(*io));

	io->class = plan_string(plan, op->arg[0]);
	io->priority = arena_alloc(a, sizeof(*io->priority));
	*io->priority = (int32_t)(op->arg[1] & 7);
	return io;
}

static void op_read(struct process *p, struct capabilities *caps, const void *plan,
		    const struct plan_op *op, struct arena *a)
{
	uint32_t *mask;
	int64_t *score;

	switch (op->code) {
	case OP_RLIMIT:
		rlimit_read(p, plan, op, a);
		break;
	case OP_OOM_SCORE:
		score = arena_alloc(a, sizeof(*score));
		*score = (int64_t)op->arg[0];
		p->oom_score_adj = score;
		break;
	case OP_UMASK:
		mask = arena_alloc(a, sizeof(*mask));
		*mask = (uint32_t)op->arg[0];
		p->user.umask = mask;
		break;
	case OP_CAP_BOUNDING:
		caps->bounding = caps_strings(a, op->arg[0]);
		break;
	case OP_CAPS:
		caps->effective = caps_strings(a, op->arg[0]);
		caps->permitted = caps_strings(a, op->arg[1]);
		caps->inheritable = caps_strings(a, op->arg[2]);
		caps->ambient = caps_strings(a, op->arg[3]);
		break;
	case OP_USER:
		user_read(p, plan, op, a);
		break;
	case OP_NO_NEW_PRIVS:
		p->no_new_privileges = true;
		break;
	case OP_CWD:
		p->cwd = arena_strdup(a, plan_string(plan, op->arg[0]));
		break;
	case OP_SCHEDULER:
		p->scheduler = scheduler_read(plan, op, a);
		break;
	case OP_IO_PRIORITY:
		p->io_priority = io_priority_read(plan, op, a);
		break;
	case OP_EXEC_AFFINITY:
		p->exec_cpu_affinity = arena_alloc(a, sizeof(*p->exec_cpu_affinity));
		p->exec_cpu_affinity->initial = plan_string(plan, op->arg[0]);
		p->exec_cpu_affinity->final = plan_string(plan, op->arg[1]);
		break;
	case OP_EXEC:
		p->env = vector_strings(a, plan, op->arg[1]);
		break;
	default:
		break;
	}
}

static struct process *process_read(const void *plan, struct arena *a)
{
	struct process *p = arena_alloc(a, sizeof(*p));
	const struct plan_header *h = plan_header(plan);
	unsigned n;

	p->capabilities = arena_alloc(a, sizeof(*p->capabilities));
	p->rlimits.v = arena_alloc(a, h->ops * sizeof(*p->rlimits.v));
	for (n = 1; n <= h->ops; n++)
		op_read(p, p->capabilities, plan, plan_op(plan, n), a);
	return p;
}

static const struct plan_op *op_find(const void *plan, unsigned code)
{
	const struct plan_header *h = plan_header(plan);
	unsigned n;

	for (n = 1; n <= h->ops; n++)
		if (plan_op(plan, n)->code == code)
			return plan_op(plan, n);
	return NULL;
}

static int id_parse(const char *text, size_t len, const char *option, struct arena *a,
		    uint32_t *ret, struct error *err)
{
	const char *s = arena_memdup(a, text, len);
	unsigned long long v;

	if (parse_u64(s, 0, 4294967294ULL, &v) < 0)
		return error_say(err, EINVAL, "%s: must be a number from 0 to 4294967294, got \"%s\"",
				 option, s);
	*ret = (uint32_t)v;
	return 0;
}

static int user_option(struct process *p, const char *user, struct arena *a, struct error *err)
{
	const char *colon = strchr(user, ':');
	int r = id_parse(user, colon ? (size_t)(colon - user) : strlen(user), "--user", a,
			 &p->user.uid, err);

	if (r == 0 && colon)
		r = id_parse(colon + 1, strlen(colon + 1), "--user", a, &p->user.gid, err);
	return r;
}

static int groups_option(struct process *p, const struct exec_options *opt, struct arena *a,
			 struct error *err)
{
	size_t n = p->user.additional_gids.n, i;
	uint32_t *v = arena_alloc(a, (n + opt->groups_n) * sizeof(*v));
	int r = 0;

	if (n)
		memcpy(v, p->user.additional_gids.v, n * sizeof(*v));
	for (i = 0; i < opt->groups_n && r == 0; i++)
		r = id_parse(opt->groups[i], strlen(opt->groups[i]), "--additional-gids", a,
			     &v[n + i], err);
	p->user.additional_gids.v = v;
	p->user.additional_gids.n = n + opt->groups_n;
	return r;
}

static void strings_append(struct strings *s, const char *const *more, size_t n, struct arena *a)
{
	const char **v = arena_alloc(a, (s->n + n + 1) * sizeof(*v));

	if (s->n)
		memcpy(v, s->v, s->n * sizeof(*v));
	if (n)
		memcpy(v + s->n, more, n * sizeof(*v));
	s->v = v;
	s->n += n;
}

/*
 * A capability that is asked for must survive execve: for root the permitted and effective sets
 * are made from the bounding set, for another user they come from the ambient one.
 */
static int caps_option(struct process *p, const struct exec_options *opt, struct arena *a,
		       struct error *err)
{
	struct capabilities *c = p->capabilities;
	size_t i;

	for (i = 0; i < opt->caps_n; i++)
		if (capability_by_name(opt->caps[i]) < 0)
			return error_say(err, EINVAL, "--cap: unknown capability \"%s\"",
					 opt->caps[i]);
	strings_append(&c->bounding, opt->caps, opt->caps_n, a);
	strings_append(&c->permitted, opt->caps, opt->caps_n, a);
	strings_append(&c->effective, opt->caps, opt->caps_n, a);
	if (p->user.uid != 0) {
		strings_append(&c->inheritable, opt->caps, opt->caps_n, a);
		strings_append(&c->ambient, opt->caps, opt->caps_n, a);
	}
	return 0;
}

static int env_check(const struct exec_options *opt, struct error *err)
{
	size_t i;

	for (i = 0; i < opt->env_n; i++)
		if (!strchr(opt->env[i], '=') || opt->env[i][0] == '=')
			return error_say(err, EINVAL, "--env: must be NAME=VALUE, got \"%s\"",
					 opt->env[i]);
	return 0;
}

static int options_apply(struct process *p, const struct exec_options *opt, struct arena *a,
			 struct error *err)
{
	int r = env_check(opt, err);

	p->args = (struct strings){.n = opt->args_n, .v = (const char **)opt->args};
	strings_append(&p->env, opt->env, opt->env_n, a);
	if (opt->cwd && opt->cwd[0] != '/')
		return error_say(err, EINVAL, "--cwd: must be an absolute path, got \"%s\"",
				 opt->cwd);
	if (opt->cwd)
		p->cwd = opt->cwd;
	p->no_new_privileges |= opt->no_new_privs;
	p->terminal = opt->tty;
	if (r == 0 && opt->user)
		r = user_option(p, opt->user, a, err);
	if (r == 0 && opt->groups_n)
		r = groups_option(p, opt, a, err);
	if (r == 0 && opt->caps_n)
		r = caps_option(p, opt, a, err);
	return r;
}

static void copy_add(struct compile *c, const void *base, enum plan_opcode code)
{
	const struct plan_op *from = op_find(base, code);

	if (from)
		plan_copy_op(c->b, base, from);
}

/* Without a mount namespace of its own the container's root is a directory like any other, and
 * joining leads to the root of the namespace that it lies in. */
static void root_add(struct compile *c, const void *base)
{
	const struct plan_op *pivot = op_find(base, OP_ROOT_PIVOT);
	const struct plan_op *root = op_find(base, OP_OPEN_ROOT);
	struct plan_op *op;

	if (!pivot || pivot->arg[0] != PIVOT_CHROOT)
		return;
	if (!root)
		root = op_find(base, OP_ROOT_ATTACH);
	op = plan_add(c->b, OP_ROOT_ATTACH, ACTOR_WALKER, NULL);
	op->arg[0] = SLOT_NONE;
	op->arg[1] = plan_put_string(c->b, plan_string(base, root->arg[1]));
	copy_add(c, base, OP_ROOT_PIVOT);
}

/* Joining: all namespaces at once by pidfd, but for the pid namespace, into which it was born. */
static void join_add(struct compile *c, const void *base)
{
	static const enum plan_opcode copied[] = {OP_SETSID, OP_KEYRING, OP_PERSONALITY};
	struct plan_op *op;
	unsigned i;

	if (c->namespaces & ~(uint64_t)CLONE_NEWPID) {
		op = plan_add(c->b, OP_JOIN, ACTOR_WALKER, NULL);
		op->arg[0] = SLOT_TARGET;
		op->arg[1] = c->namespaces & ~(uint64_t)CLONE_NEWPID;
	}
	root_add(c, base);
	if (c->user_ns)
		plan_add(c->b, OP_BECOME_ROOT, ACTOR_WALKER, NULL);
	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy_add(c, base, copied[i]);
}

/* The container's filter, as it stands in its plan; NULL without one. */
static const struct seccomp_filter *filter_read(const void *base, struct seccomp_filter *f)
{
	const struct plan_op *op = op_find(base, OP_SECCOMP);
	size_t len;

	if (!op)
		return NULL;
	f->insns = plan_blob(base, op->arg[0], &len);
	f->n = len / sizeof(*f->insns);
	f->flags = (uint32_t)op->arg[1];
	f->words = plan_string(base, op->arg[2]);
	return f;
}

static void oom_add(struct compile *c, const struct process *p, const char *prefix)
{
	struct plan_op *op;

	if (!p->oom_score_adj)
		return;
	op = plan_add(c->b, OP_OOM_SCORE, ACTOR_WALKER,
		      arena_printf(c->env->arena, "%soomScoreAdj", prefix));
	op->arg[0] = (uint64_t)*p->oom_score_adj;
}

int compile_exec(const struct exec_env *env, const void *base, struct plan *ret, uint64_t *join,
		 struct error *err)
{
	static const struct linux_config no_linux;
	static const struct config no_config = {.linux_conf = (struct linux_config *)&no_linux};
	const struct process *p = env->given;
	struct compile_env cenv = {
		.kind = PLAN_EXEC,
		.preserve_fds = env->opt->preserve_fds,
		.caps_available = env->caps_available,
		.console_width = env->console_width,
		.console_height = env->console_height,
		.warn = env->warn,
		.arena = env->arena,
	};
	struct seccomp_filter filter;
	struct plan_builder b;
	struct compile c = {
		.env = &cenv, .config = &no_config, .lc = &no_linux, .b = &b, .err = err};
	const struct plan_op *clone = op_find(base, OP_CLONE);
	struct plan_op *op;
	int r = 0;

	if (!p) {
		struct process *own = process_read(base, env->arena);

		r = options_apply(own, env->opt, env->arena, err);
		p = own;
	}
	if (r < 0)
		return r;
	cenv.seccomp = filter_read(base, &filter);
	c.namespaces = *join = clone ? clone->arg[0] | clone->arg[1] : 0;
	c.user_ns = *join & CLONE_NEWUSER;
	plan_begin(&b, PLAN_EXEC, env->given ? "process.json" : NULL);
	if (p->oom_score_adj) {
		op = plan_add(&b, OP_OPEN_PROC, ACTOR_PARENT, NULL);
		op->arg[0] = SLOT_PROC;
	}
	if (p->exec_cpu_affinity && p->exec_cpu_affinity->initial)
		compile_affinity(&c, ACTOR_PARENT, "execCPUAffinity.initial",
				 p->exec_cpu_affinity->initial);
	plan_add(&b, OP_CLONE, ACTOR_PARENT, NULL);
	/* Before joining: in a user namespace it may not be lowered. */
	oom_add(&c, p, "");
	join_add(&c, base);
	compile_terminal(&c, p, "", false);
	compile_process(&c, p, "");
	compile_process_exec(&c, p, "");
	r = plan_finish(&b, ret);
	return r < 0 ? error_set(err, -r, "make a plan of this size") : 0;
}
