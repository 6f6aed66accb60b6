/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a config.json made into a plan, and the plan into lines "actor words [field]".
 */
#ifndef HOY_TEST_COMPILED_H
#define HOY_TEST_COMPILED_H

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "plan/describe.h"
#include "runtime/compile.h"

#define ALL_CAPS ((1ULL << 41) - 1)

#define NAMESPACES "{'type':'mount'},{'type':'pid'},{'type':'uts'},{'type':'ipc'},{'type':'network'}"
/* Parts of an object end in a comma. */
#define CONFIG(top, process, linux, namespaces)                                            \
	"{'ociVersion':'1.0.2','root':{'path':'r'}," top "'process':{" process             \
	"'cwd':'/','args':['sh']},'linux':{" linux "'namespaces':[" namespaces "]}}"
#define TOP(json)     CONFIG(json ",", "", "", NAMESPACES)
#define PROCESS(json) CONFIG("", json ",", "", NAMESPACES)
#define LINUX(json)   CONFIG("", "", json ",", NAMESPACES)

struct compiled {
	struct arena arena;
	struct warnings warn;
	struct error err;
	struct plan plan;
	char message[4096]; /* "" when there is a plan */
};

static inline void compiled_free(struct compiled *c)
{
	plan_drop(&c->plan);
	warn_free(&c->warn);
	arena_free(&c->arena);
	*c = (struct compiled){.plan = PLAN_INIT};
}

static inline struct compile_env compiled_env(void)
{
	return (struct compile_env){
		.id = "web",
		.bundle = "/b",
		.rootfs = "/b/r",
		.cgroup_path = "/hoy-web",
		.cgroup_mount = "/sys/fs/cgroup",
		.kind = PLAN_RUN,
		.caps_available = ALL_CAPS,
	};
}

/* A copy of text in which ' stands for ". */
static inline char *compiled_quotes(const char *text)
{
	char *doc = strdup(text), *p;

	if (!doc)
		abort();
	for (p = doc; *p; p++)
		if (*p == '\'')
			*p = '"';
	return doc;
}

/* Compiles the text; what was in c is freed. Returns c->message. */
static inline const char *compiled_make(struct compiled *c, const char *text,
					struct compile_env env)
{
	char *doc = compiled_quotes(text);
	const struct config *config;
	struct plan_builder b;
	int r;

	compiled_free(c);
	env.arena = &c->arena;
	env.warn = &c->warn;
	r = config_parse(doc, strlen(doc), "c", &c->arena, &c->warn, &config, &c->err);
	free(doc);
	if (r == 0)
		r = compile_bundle(&env, config, &b, &c->err);
	if (r == 0) {
		r = plan_finish(&b, &c->plan);
		if (r < 0)
			error_set(&c->err, -r, "the plan is refused");
	}
	if (r < 0)
		error_text(&c->err, c->message, sizeof(c->message));
	return c->message;
}

static inline const char *compiled_warned(const struct compiled *c)
{
	return c->warn.lines.s ? c->warn.lines.s : "";
}

static inline bool compiled_listed(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *p = list;

	while ((p = strstr(p, name))) {
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
		p += n;
	}
	return false;
}

/* The plan's operations, those whose names are in `only` ("mount bind"), or all for NULL. */
static inline void compiled_lines(const void *plan, const char *only, struct text *out)
{
	const struct plan_header *h = plan_header(plan);
	unsigned n;

	text_add(out, "");
	for (n = 1; n <= h->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);

		if (only && !compiled_listed(only, plan_op_info(op->code)->name))
			continue;
		text_addf(out, "%s ", plan_actor_name(op->actor));
		plan_describe(plan, op, out);
		if (op->field)
			text_addf(out, " [%s]", plan_string(plan, op->field));
		text_add(out, "\n");
	}
}

/* The operation number `nth` (from 0) of that kind, NULL without one. */
static inline const struct plan_op *compiled_op(const void *plan, unsigned code, unsigned nth)
{
	unsigned n;

	for (n = 1; n <= plan_header(plan)->ops; n++)
		if (plan_op(plan, n)->code == code && nth-- == 0)
			return plan_op(plan, n);
	return NULL;
}

#endif
