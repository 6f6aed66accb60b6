/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hooks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "spec/state.h"

/* What the state on standard input says at each kind (runtime.md, Lifecycle). */
static const char *status_at(const char *kind)
{
	if (streq(kind, "startContainer"))
		return "created";
	if (streq(kind, "poststart"))
		return "running";
	return streq(kind, "poststop") ? "stopped" : "creating";
}

static bool runs_in_container(const char *kind)
{
	return streq(kind, "createContainer") || streq(kind, "startContainer");
}

void hooks_compile(struct compile *c, const struct hook_list *list, const char *kind)
{
	struct text before = TEXT_INIT, after = TEXT_INIT;
	struct state s = {
		.oci_version = STATE_OCI_VERSION,
		.id = c->env->id,
		.status = status_at(kind),
		.bundle = c->env->bundle,
		.annotations = c->config->annotations,
	};
	size_t i;

	if (!list->n)
		return;
	state_write_hook(&s, &before, &after);
	for (i = 0; i < list->n; i++) {
		const struct hook *h = &list->v[i];
		struct plan_op *op;

		op = plan_add(c->b, OP_HOOK,
			      runs_in_container(kind) ? ACTOR_WALKER : ACTOR_PARENT,
			      arena_printf(c->env->arena, "hooks.%s[%zu]", kind, i));
		op->arg[0] = plan_put_string(c->b, kind);
		op->arg[1] = plan_put_string(c->b, h->path);
		op->arg[2] = h->args.n ? compile_vector(c->b, &h->args)
				       : plan_put_vector(c->b, &h->path, 1);
		op->arg[3] = h->env ? compile_vector(c->b, h->env) : 0;
		op->arg[4] = h->timeout ? (uint64_t)*h->timeout : 0;
		op->arg[5] = plan_put_string(c->b, before.s);
		op->arg[6] = plan_put_string(c->b, after.s);
	}
	text_free(&before);
	text_free(&after);
}

/* A vector of the plan as an array of its own (the plan itself is not relocated: it is stored). */
static char **vector_array(const void *plan, uint64_t offset)
{
	size_t n = plan_vector_count(plan, offset), i;
	char **v = calloc(n + 1, sizeof(*v));

	if (!v)
		abort();
	for (i = 0; i < n; i++)
		v[i] = (char *)plan_vector_string(plan, offset, i);
	return v;
}

static int result_error(const struct process_result *res, struct error *err)
{
	char out[PROCESS_OUTPUT_MAX + 3] = "";

	if (res->exec_errno)
		return error_set(err, res->exec_errno, "%s", "");
	if (res->timed_out)
		return error_say(err, ETIMEDOUT, "timed out");
	if (res->output_n)
		snprintf(out, sizeof(out), ": %.*s", (int)res->output_n, res->output);
	if (WIFSIGNALED(res->status))
		return error_say(err, EIO, "killed by signal %d%s", WTERMSIG(res->status), out);
	return error_say(err, EIO, "exit status %d%s", WEXITSTATUS(res->status), out);
}

int hook_run(const void *plan, const struct plan_op *op, int pid, struct error *err)
{
	char number[16];
	struct process_spec spec = {
		.path = plan_string(plan, op->arg[1]),
		.timeout = (unsigned)op->arg[4],
		.input = {plan_string(plan, op->arg[5]), number, plan_string(plan, op->arg[6])},
	};
	struct process_result res;
	char **argv = vector_array(plan, op->arg[2]);
	char **envp = op->arg[3] ? vector_array(plan, op->arg[3]) : NULL;
	int r;

	snprintf(number, sizeof(number), "%d", pid);
	spec.argv = argv;
	spec.envp = envp ? envp : environ;
	r = process_run(&spec, &res);
	free(argv);
	free(envp);
	if (r < 0)
		r = error_set(err, -r, "%s", "");
	else if (res.exec_errno || res.timed_out || res.status)
		r = result_error(&res, err);
	if (r < 0) {
		error_doc(err, plan_string(plan, plan_header(plan)->doc));
		error_field(err, "%s", plan_string(plan, op->field));
		error_step(err, "run the %s hook %s", plan_string(plan, op->arg[0]), spec.path);
	}
	return r;
}

int hooks_run(const void *plan, const char *kind, int pid, struct warnings *warn,
	      struct error *err)
{
	const struct plan_header *h = plan_header(plan);
	unsigned n;
	int r;

	for (n = 1; n <= h->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);
		struct error one = ERROR_INIT;
		char text[2048];

		if (op->code != OP_HOOK || !streq(plan_string(plan, op->arg[0]), kind))
			continue;
#ifdef HOY_FAULTS
		if (h->fail_op == n) {
			warn_add(warn, "%s: failed on demand", plan_string(plan, op->field));
			continue;
		}
#endif
		r = hook_run(plan, op, pid, warn ? &one : err);
		if (r == 0)
			continue;
		if (!warn)
			return r;
		warn_add(warn, "%s", error_text(&one, text, sizeof(text)));
	}
	return 0;
}
