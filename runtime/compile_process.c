/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process: what the process is and may do, from config.json and from the document of
 * `exec --process` alike; prefix is what stands before the fields ("process." or "").
 */
#include <string.h>
#include <sys/personality.h>

#include "runtime/compile.h"
#include "runtime/notify.h"
#include "spec/names.h"

/* As the peers: what execvp would look through where the environment names no PATH. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *field(struct compile *c, const char *prefix, const char *name)
{
	return arena_join(c->env->arena, prefix, name, NULL);
}

const char *env_find(const struct strings *env, const char *name)
{
	size_t n = strlen(name), i = env->n;

	while (i-- > 0)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			return env->v[i] + n + 1;
	return NULL;
}

static void rlimit_add(struct compile *c, const char *where, const struct process_rlimit *l,
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
		const struct process_rlimit *l = &p->rlimits.v[i];
		const char *where = compile_indexed(c, prefix, "rlimits", i);
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
			text_add(out, between);
			text_add(out, capability_name(i));
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
		text_add(&words, i ? ", " : "");
		text_add(&words, names[i]);
		text_add(&words, " ");
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

struct number_name {
	const char *name;
	uint64_t value;
};

static uint64_t number_of(const struct number_name *names, const char *name)
{
	while (names->name && !streq(names->name, name))
		names++;
	return names->value;
}

/* linux/sched.h; SCHED_ISO has a number there but no code (rules_process.c refuses it). */
static const struct number_name policies[] = {
	{"SCHED_OTHER", 0}, {"SCHED_FIFO", 1}, {"SCHED_RR", 2},	      {"SCHED_BATCH", 3},
	{"SCHED_ISO", 4},   {"SCHED_IDLE", 5}, {"SCHED_DEADLINE", 6}, {NULL, 0},
};

static const struct number_name sched_flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", 0x01},  {"SCHED_FLAG_RECLAIM", 0x02},
	{"SCHED_FLAG_DL_OVERRUN", 0x04},     {"SCHED_FLAG_KEEP_POLICY", 0x08},
	{"SCHED_FLAG_KEEP_PARAMS", 0x10},    {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40}, {NULL, 0},
};

static const struct number_name io_classes[] = {
	{"IOPRIO_CLASS_RT", 1}, {"IOPRIO_CLASS_BE", 2}, {"IOPRIO_CLASS_IDLE", 3}, {NULL, 0},
};

static void scheduler_add(struct compile *c, const struct process *p, const char *prefix)
{
	const struct scheduler *s = p->scheduler;
	struct plan_op *op;
	size_t i;

	if (!s)
		return;
	op = plan_add(c->b, OP_SCHEDULER, ACTOR_WALKER, field(c, prefix, "scheduler"));
	op->arg[0] = plan_put_string(c->b, s->policy);
	op->arg[1] = number_of(policies, s->policy);
	for (i = 0; i < s->flags.n; i++)
		op->arg[2] |= number_of(sched_flags, s->flags.v[i]);
	op->arg[3] = s->nice ? (uint64_t)(int64_t)*s->nice : 0;
	op->arg[4] = s->priority ? (uint64_t)(int64_t)*s->priority : 0;
	op->arg[5] = s->runtime ? *s->runtime : 0;
	op->arg[6] = s->deadline ? *s->deadline : 0;
	op->arg[7] = s->period ? *s->period : 0;
}

static void io_priority_add(struct compile *c, const struct process *p, const char *prefix)
{
	const struct io_priority *io = p->io_priority;
	struct plan_op *op;

	if (!io)
		return;
	op = plan_add(c->b, OP_IO_PRIORITY, ACTOR_WALKER, field(c, prefix, "ioPriority"));
	op->arg[0] = plan_put_string(c->b, io->class);
	op->arg[1] = number_of(io_classes, io->class) << 13 | (io->priority ? *io->priority & 7 : 0);
}

void compile_affinity(struct compile *c, enum plan_actor actor, const char *where,
		      const char *cpus)
{
	struct plan_op *op = plan_add(c->b, OP_AFFINITY, actor, where);
	unsigned char mask[CPU_LIST_BYTES];

	if (!cpus || cpu_list_parse(cpus, mask) < 0)
		return;
	op->arg[0] = plan_put_string(c->b, cpus);
	op->arg[1] = plan_put_blob(c->b, mask, sizeof(mask));
}

/* For the first process only the default counts; exec finds its own here (compile_exec.c). */
static void affinity_add(struct compile *c, const struct process *p, const char *prefix)
{
	const struct cpu_affinity *cpus = p->exec_cpu_affinity;
	bool exec = c->env->kind == PLAN_EXEC;
	struct plan_op *op;

	compile_affinity(c, ACTOR_WALKER,
			 exec && cpus && cpus->final ? field(c, prefix, "execCPUAffinity.final") : NULL,
			 exec && cpus ? cpus->final : NULL);
	if (exec || !cpus)
		return;
	op = plan_add(c->b, OP_EXEC_AFFINITY, ACTOR_PARENT, field(c, prefix, "execCPUAffinity"));
	op->arg[0] = plan_put_string(c->b, cpus->initial);
	op->arg[1] = plan_put_string(c->b, cpus->final);
}

void compile_terminal(struct compile *c, const struct process *p, const char *prefix, bool console)
{
	struct plan_op *op;

	if (!p->terminal)
		return;
	op = plan_add(c->b, OP_TERMINAL, ACTOR_WALKER, field(c, prefix, "terminal"));
	op->arg[0] = p->console_size ? p->console_size->width : c->env->console_width;
	op->arg[1] = p->console_size ? p->console_size->height : c->env->console_height;
	op->arg[2] = p->user.uid;
	op->arg[3] = console;
}

void compile_process(struct compile *c, const struct process *p, const char *prefix)
{
	const char *path = env_find(&p->env, "PATH");
	struct plan_op *op;

	rlimits_add(c, p, prefix, false);
	personality_add(c);
	affinity_add(c, p, prefix);
	scheduler_add(c, p, prefix);
	io_priority_add(c, p, prefix);
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

/* The environment, and with a service manager what sd_listen_fds(3) and sd_notify(3) look for. */
static uint64_t env_vector(struct compile *c, const struct process *p)
{
	const struct compile_env *ce = c->env;
	struct arena *a = ce->arena;
	struct strings env = {.n = p->env.n};

	if (!ce->listen_fds && !ce->notify_dir)
		return compile_vector(c->b, &p->env);
	env.v = arena_alloc(a, (env.n + 5) * sizeof(*env.v));
	if (env.n)
		memcpy(env.v, p->env.v, env.n * sizeof(*env.v));
	if (ce->listen_fds) {
		env.v[env.n++] = arena_printf(a, "LISTEN_FDS=%u", ce->listen_fds);
		env.v[env.n++] = "LISTEN_PID=1";
	}
	if (ce->listen_fds && ce->listen_names)
		env.v[env.n++] = arena_join(a, "LISTEN_FDNAMES=", ce->listen_names, NULL);
	if (ce->notify_dir)
		env.v[env.n++] = "NOTIFY_SOCKET=" NOTIFY_CONTAINER;
	return compile_vector(c->b, &env);
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
	op->arg[1] = env_vector(c, p);
}
