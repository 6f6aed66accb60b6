/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `hoy plan`: the operations that `hoy run` would perform. Nothing is touched, and no privilege is
 * needed.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/fd.h"
#include "cmd/output.h"
#include "cmd/run_image.h"
#include "engine/run.h"
#include "plan/argument.h"
#include "plan/describe.h"

/* Words that are wider push their field to the right instead of everybody's. */
#define WORDS_WIDTH 68

enum plan_output {
	PLAN_TEXT,
	PLAN_JSON,
};

static const char *const plan_formats[] = {"text", "json", NULL};

struct plan_command {
	struct run_command run; /* first: the shared tables fill it */
	unsigned format;	/* enum plan_output */
};

_Static_assert(offsetof(struct plan_command, run) == 0, "shared tables count from the start");

static const char *op_field(const void *plan, const struct plan_op *op)
{
	return plan_string(plan, op->field);
}

/* ---- Text ------------------------------------------------------------------------------------ */

static size_t words(const void *plan, const struct plan_op *op, struct text *out)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	plan_describe(plan, op, &t);
	return output_visible(t.s ? t.s : "", out);
}

static size_t words_width(const void *plan, unsigned ops)
{
	size_t width = sizeof("operation") - 1;
	unsigned n;

	for (n = 1; n <= ops; n++) {
		_cleanup_(text_free) struct text t = TEXT_INIT;
		size_t w = words(plan, plan_op(plan, n), &t);

		if (w > width && w <= WORDS_WIDTH)
			width = w;
	}
	return width;
}

static void write_text(const void *plan, struct text *out)
{
	unsigned ops = plan_header(plan)->ops, n;
	size_t width = words_width(plan, ops);

	text_addf(out, "%4s  %-6s  %-*s  %s\n", "#", "actor", (int)width, "operation", "field");
	for (n = 1; n <= ops; n++) {
		const struct plan_op *op = plan_op(plan, n);
		const char *field = op_field(plan, op);
		size_t w;

		text_addf(out, "%4u  %-6s  ", n, plan_actor_name(op->actor));
		w = words(plan, op, out);
		if (field) {
			text_addf(out, "%*s  ", w < width ? (int)(width - w) : 0, "");
			output_visible(field, out);
		}
		text_add(out, "\n");
	}
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void write_string(const char *s, struct text *out)
{
	if (s)
		text_add_json(out, s);
	else
		text_add(out, "null");
}

static void write_vector(const void *plan, uint64_t offset, struct text *out)
{
	size_t n = plan_vector_count(plan, offset), i;

	text_add(out, "[");
	for (i = 0; i < n; i++) {
		if (i)
			text_add(out, ",");
		text_add_json(out, plan_vector_string(plan, offset, i));
	}
	text_add(out, "]");
}

static void write_blob(const void *plan, uint64_t offset, struct text *out)
{
	size_t len;

	plan_blob(plan, offset, &len);
	text_addf(out, "{\"bytes\":%zu}", len);
}

/* An argument by the letter of its signature (plan/format.h). A capital's 0 is null. */
static void write_arg(const void *plan, char type, uint64_t v, struct text *out)
{
	if (((type == 'S' || type == 'V' || type == 'B') && !v) ||
	    (type == 'F' && v == SLOT_NONE)) {
		text_add(out, "null");
		return;
	}
	switch (type) {
	case 's':
	case 'S':
		text_add_json(out, plan_string(plan, v));
		break;
	case 'v':
	case 'V':
		write_vector(plan, v, out);
		break;
	case 'b':
	case 'B':
		write_blob(plan, v, out);
		break;
	case 'd':
		text_addf(out, "%" PRId64, (int64_t)v);
		break;
	default:
		text_addf(out, "%" PRIu64, v);
	}
}

static void write_op(const void *plan, unsigned n, struct text *out)
{
	_cleanup_(text_free) struct text description = TEXT_INIT;
	const struct plan_op *op = plan_op(plan, n);
	const struct plan_op_info *info = plan_op_info(op->code);
	const char *name;
	size_t len;
	unsigned i;

	plan_describe(plan, op, &description);
	text_addf(out, "{\"number\":%u,\"actor\":\"%s\",\"operation\":\"%s\",\"arguments\":{", n,
		  plan_actor_name(op->actor), info->name);
	for (i = 0; info->signature[i]; i++) {
		name = argument_name(op->code, i, &len);
		text_addf(out, "%s\"%.*s\":", i ? "," : "", (int)len, name);
		write_arg(plan, info->signature[i], op->arg[i], out);
	}
	text_add(out, "},\"description\":");
	write_string(description.s, out);
	text_add(out, ",\"field\":");
	write_string(op_field(plan, op), out);
	text_add(out, "}");
}

/* One operation per line: readable, and grep finds whole ones. */
static void write_json(const void *plan, struct text *out)
{
	const struct plan_header *h = plan_header(plan);
	unsigned n;

	text_addf(out, "{\"version\":%u,\"document\":", h->version);
	write_string(plan_string(plan, h->doc), out);
	text_add(out, ",\"operations\":[");
	for (n = 1; n <= h->ops; n++) {
		text_add(out, n > 1 ? ",\n" : "\n");
		write_op(plan, n, out);
	}
	text_add(out, "\n]}\n");
}

/* ---- The verb -------------------------------------------------------------------------------- */

/* Without any word it is the bundle in the current directory. */
static bool is_bundle(const struct call *c)
{
	const struct plan_command *p = c->opt;

	return run_is_bundle(&p->run) || p->run.create.config || (!c->args_n && !p->run.image.rootfs);
}

static bool plan_ends(const void *opt)
{
	return !run_is_bundle(opt);
}

static int plan_words_check(const struct call *c, struct error *err)
{
	struct run_options image;
	int r = run_kind_check(c, is_bundle(c), err);

	if (r == 0 && !is_bundle(c))
		r = run_image_read(c, &image, err);
	if (r < 0 || !is_bundle(c) || c->args_n < 2)
		return r;
	options_hint("plan", err);
	return error_say(err, EINVAL, "unexpected argument \"%s\"", c->args[1]);
}

static int plan_make(const struct call *c, struct plan *ret, struct error *err)
{
	const struct plan_command *p = c->opt;
	struct create_options opt = p->run.create;
	struct run_options image;
	int r;

	if (!is_bundle(c)) {
		r = run_image_read(c, &image, err);
		if (r == 0)
			r = engine_plan(c->rt, &image, ret, err);
		if (r < 0)
			error_doc(err, "plan");
		return r;
	}
	/* Without an ID the cgroup's name shows where it would stand. */
	opt.id = c->args_n ? c->args[0] : "ID";
	if (!opt.bundle)
		opt.bundle = ".";
	return container_plan(c->rt, &opt, false, ret, err);
}

static int plan_run(const struct call *c, struct error *err)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	_cleanup_(plan_drop) struct plan plan = PLAN_INIT;
	const struct plan_command *p = c->opt;
	int r = plan_make(c, &plan, err);

	if (r < 0)
		return r;
	if (p->format == PLAN_JSON)
		write_json(plan.buf, &out);
	else
		write_text(plan.buf, &out);
	return output_text(&out, err);
}

static const struct option_spec plan_options[] = {
	{.name = "format", .value = "FORMAT", .kind = OPTION_CHOICE, .choices = plan_formats,
	 .offset = OPTION_FIELD(unsigned, struct plan_command, format),
	 .help = "text (the default) or json"},
	{0},
};

static const struct option_spec *const plan_tables[] = {plan_options, RUN_TABLES, NULL};

static const char *const plan_text[] = {
	"Prints what \"hoy run\" would do with the same options, without doing any of it and without "
	"privilege: every operation with its number, who performs it (hoy itself is the parent; "
	"the walker is hoy-init, in the container), and the field of config.json that asks for it. "
	"An error of \"hoy run\" names the same operation and field.",
	"Without an image, --rootfs and --bundle it is the bundle in the current directory.",
	NULL,
};

const struct verb verb_plan = {
	.name = "plan",
	.synopsis = "[OPTION...] [IMAGE [COMMAND...]]\n       hoy plan [OPTION...] --rootfs DIR COMMAND...\n"
		    "       hoy plan [OPTION...] [-b BUNDLE [ID]]",
	.help = "print what \"run\" would do, step by step",
	.text = plan_text,
	.tables = plan_tables,
	.options_size = sizeof(struct plan_command),
	.max = VERB_ARGS_ANY,
	.ends = plan_ends,
	.check = plan_words_check,
	.stateless = true,
	.run = plan_run,
};
