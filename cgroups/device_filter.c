/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiler of the device filter.
 *
 * Rules are tried from the last to the first. A register holds those of read, write and mknod that
 * are still undecided: a matching rule that allows takes its own out (all gone: allowed), one that
 * denies decides if one of its own is among them. What no rule decides is up to the verdict: that
 * of the last rule for everything, else denied.
 *
 * Loading costs time at each start, so the program is kept small: rules that later ones hide are
 * dropped, as are the ones at the end that say what the verdict says anyway; neighbours share the
 * tests on type and major number; the undecided accesses are kept only if a rule names some of the
 * three. An access that asks for nothing at all may come out either way.
 *
 * Registers: r0 result, r1 context, r2 type, r3 undecided accesses, r4 major, r5 minor.
 */
#include "cgroups/device_filter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>

#include "base/number.h"

#define FIELD	   "linux.resources.devices"
#define RULES_MAX  4096
#define RULES_FEW  64
#define INSNS_MAX  30000 /* jumps reach 32767 */
#define TYPE_BLOCK BPF_DEVCG_DEV_BLOCK
#define TYPE_CHAR  BPF_DEVCG_DEV_CHAR
#define TYPE_ANY   (TYPE_BLOCK | TYPE_CHAR)
#define ACCESS_ALL (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

struct rule {
	bool allow, has_major, has_minor;
	unsigned types, access;
	uint32_t major, minor;
};

/* Character devices that may always be read, written and made. */
static const struct {
	uint32_t major;
	int minor; /* -1: any */
} default_devices[] = {
	{1, 3},	   {1, 5}, {1, 7}, {1, 8}, {1, 9}, /* null, zero, full, random, urandom */
	{5, 0},	   {5, 1}, {5, 2},		   /* tty, console, ptmx */
	{10, 200},				   /* tun */
	{136, -1},				   /* the terminals of devpts */
};
#define DEFAULT_RULES (sizeof(default_devices) / sizeof(*default_devices))

/* ---- Rules --------------------------------------------------------------------------------- */

static int access_parse(const char *s, unsigned *ret)
{
	unsigned access = 0;

	if (!s) {
		*ret = ACCESS_ALL;
		return 0;
	}
	for (; *s; s++) {
		if (*s == 'r')
			access |= BPF_DEVCG_ACC_READ;
		else if (*s == 'w')
			access |= BPF_DEVCG_ACC_WRITE;
		else if (*s == 'm')
			access |= BPF_DEVCG_ACC_MKNOD;
		else
			return -EINVAL;
	}
	*ret = access;
	return access ? 0 : -EINVAL;
}

static int number_parse(const int64_t *v, size_t i, const char *name, bool *ret_has, uint32_t *ret,
			struct error *err)
{
	if (!v || *v == -1)
		return 0;
	if (*v < 0 || *v > UINT32_MAX) {
		error_field(err, FIELD "[%zu].%s", i, name);
		return error_say(err, EINVAL, "%lld is no device number", (long long)*v);
	}
	*ret_has = true;
	*ret = (uint32_t)*v;
	return 0;
}

static int rule_parse(const struct device_rule *d, size_t i, struct rule *ret, struct error *err)
{
	struct rule r = {.allow = d->allow};
	int e;

	if (!d->type || streq(d->type, "a"))
		r.types = TYPE_ANY;
	else if (streq(d->type, "b"))
		r.types = TYPE_BLOCK;
	else if (streq(d->type, "c"))
		r.types = TYPE_CHAR;
	if (!r.types) {
		error_field(err, FIELD "[%zu].type", i);
		return error_say(err, EINVAL, "\"%s\" is none of a, b and c", d->type);
	}
	if (access_parse(d->access, &r.access) < 0) {
		error_field(err, FIELD "[%zu].access", i);
		return error_say(err, EINVAL, "\"%s\" is not of the letters r, w and m", d->access);
	}
	e = number_parse(d->major, i, "major", &r.has_major, &r.major, err);
	if (e == 0)
		e = number_parse(d->minor, i, "minor", &r.has_minor, &r.minor, err);
	if (e < 0)
		return e;
	if (r.types == TYPE_ANY)
		r.has_major = r.has_minor = false;
	*ret = r;
	return 0;
}

static struct rule default_rule(size_t i)
{
	return (struct rule){
		.allow = true,
		.types = TYPE_CHAR,
		.access = ACCESS_ALL,
		.has_major = true,
		.major = default_devices[i].major,
		.has_minor = default_devices[i].minor >= 0,
		.minor = (uint32_t)default_devices[i].minor,
	};
}

/* Whether every access that b matches is decided by a. */
static bool rule_covers(const struct rule *a, const struct rule *b)
{
	return !(b->types & ~a->types) && !(b->access & ~a->access) &&
	       (!a->has_major || (b->has_major && a->major == b->major)) &&
	       (!a->has_minor || (b->has_minor && a->minor == b->minor));
}

static bool rule_is_total(const struct rule *r)
{
	return r->types == TYPE_ANY && !r->has_major && !r->has_minor && r->access == ACCESS_ALL;
}

/* The rules that matter, in the order in which they are tried. */
struct program_rules {
	struct rule *v;
	size_t n;
	bool verdict;
};

static void rules_reduce(const struct rule *all, size_t n, struct program_rules *ret)
{
	while (n--) {
		const struct rule *r = &all[n];
		bool hidden = false;

		if (rule_is_total(r)) {
			ret->verdict = r->allow;
			break;
		}
		for (size_t i = 0; i < ret->n && !hidden; i++)
			hidden = rule_covers(&ret->v[i], r);
		if (!hidden)
			ret->v[ret->n++] = *r;
	}
	while (ret->n && ret->v[ret->n - 1].allow == ret->verdict)
		ret->n--;
}

/* ---- Code ---------------------------------------------------------------------------------- */

enum { RESULT = BPF_REG_0, CONTEXT, TYPE, ACCESS, MAJOR, MINOR };

/* Offsets of jumps whose targets are not yet known; no real offset is that large. */
#define TO_ALLOW INT16_MAX
#define TO_DENY	 (INT16_MAX - 1)

struct code {
	struct bpf_insn *v;
	size_t n;
	bool denies;		      /* there is a jump to the denial */
	bool reload;		      /* read the numbers anew for each rule */
	size_t type_jump, major_jump; /* those that skip the current group; 0: none is open */
	unsigned types;
	uint32_t major;
};

static void emit(struct code *c, int op, int dst, int src, int off, int64_t imm)
{
	if (off == TO_DENY)
		c->denies = true;
	c->v[c->n++] = (struct bpf_insn){
		.code = (uint8_t)op,
		.dst_reg = (uint8_t)(dst & 15),
		.src_reg = (uint8_t)(src & 15),
		.off = (int16_t)off,
		.imm = (int32_t)(uint32_t)imm,
	};
}

/* 32 bits wide, for a comparison of 64 would extend the sign of a large number. */
static void emit_jump(struct code *c, int op, int reg, uint32_t v, int off)
{
	emit(c, BPF_JMP32 | op | BPF_K, reg, 0, off, v);
}

static void emit_load(struct code *c, int reg, size_t offset)
{
	emit(c, BPF_LDX | BPF_MEM | BPF_W, reg, CONTEXT, (int)offset, 0);
}

static void emit_prologue(struct code *c, const struct program_rules *rules)
{
	bool type = false, major = false, minor = false, partial = false;

	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *r = &rules->v[i];

		type |= r->types != TYPE_ANY;
		major |= r->has_major;
		minor |= r->has_minor;
		partial |= r->access != ACCESS_ALL;
	}
	emit(c, BPF_ALU | BPF_MOV | BPF_K, RESULT, 0, 0, 1);
	/* access_type: the access above 16 bits of type */
	if (type || partial)
		emit_load(c, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	if (partial) {
		emit(c, BPF_ALU | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
		emit(c, BPF_ALU | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	}
	if (type)
		emit(c, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	if (major)
		emit_load(c, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	if (minor)
		emit_load(c, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

static void jump_here(struct code *c, size_t *jump)
{
	if (*jump)
		c->v[*jump].off = (int16_t)(c->n - *jump - 1);
	*jump = 0;
}

static void type_group(struct code *c, unsigned types)
{
	if (c->types == types)
		return;
	jump_here(c, &c->major_jump);
	jump_here(c, &c->type_jump);
	c->types = types;
	if (types == TYPE_ANY)
		return;
	c->type_jump = c->n;
	emit_jump(c, BPF_JNE, TYPE, types, 0);
}

static void major_group(struct code *c, const struct rule *r)
{
	if (c->major_jump && r->has_major && c->major == r->major)
		return;
	jump_here(c, &c->major_jump);
	if (!r->has_major)
		return;
	c->major = r->major;
	c->major_jump = c->n;
	emit_jump(c, BPF_JNE, MAJOR, r->major, 0);
}

/* What the rule says, at a point where all but its minor number is known to match. */
static void emit_decision(struct code *c, const struct rule *r)
{
	int target = r->allow ? TO_ALLOW : TO_DENY;

	if (r->access == ACCESS_ALL) {
		if (r->has_minor)
			emit_jump(c, BPF_JEQ, MINOR, r->minor, target);
		else
			emit(c, BPF_JMP | BPF_JA, 0, 0, target, 0);
		return;
	}
	if (r->has_minor)
		emit_jump(c, BPF_JNE, MINOR, r->minor, r->allow ? 2 : 1);
	if (r->allow) {
		emit(c, BPF_ALU | BPF_AND | BPF_K, ACCESS, 0, 0, ACCESS_ALL & ~r->access);
		emit_jump(c, BPF_JEQ, ACCESS, 0, target);
	} else {
		emit_jump(c, BPF_JSET, ACCESS, r->access, target);
	}
}

static void emit_rule(struct code *c, const struct rule *r)
{
	/* Past a test that matched, the verifier knows the number and follows that path through all
	 * further rules by itself: a square of steps, of which it allows a million. What is read
	 * anew is unknown again, and the paths join. */
	if (c->reload) {
		emit_load(c, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
		emit_load(c, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	}
	type_group(c, r->types);
	if (r->has_major && !r->has_minor && r->access == ACCESS_ALL) {
		/* one test decides; no other rule of this major can follow, for this one hides it
		 */
		jump_here(c, &c->major_jump);
		emit_jump(c, BPF_JEQ, MAJOR, r->major, r->allow ? TO_ALLOW : TO_DENY);
		return;
	}
	major_group(c, r);
	emit_decision(c, r);
}

/* The result is 1 from the start, so a denial is one instruction in front of the exit. */
static void emit_epilogue(struct code *c, bool verdict)
{
	size_t allow, deny = 0;

	jump_here(c, &c->major_jump);
	jump_here(c, &c->type_jump);
	if (verdict) {
		allow = c->n;
		emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	if (!verdict || c->denies) {
		deny = c->n;
		emit(c, BPF_ALU | BPF_MOV | BPF_K, RESULT, 0, 0, 0);
		if (!verdict)
			allow = c->n;
		emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].off == TO_ALLOW)
			c->v[i].off = (int16_t)(allow - i - 1);
		else if (c->v[i].off == TO_DENY)
			c->v[i].off = (int16_t)(deny - i - 1);
	}
}

int device_filter_compile(const struct device_rules *rules, struct arena *a,
			  struct device_filter *ret, struct error *err)
{
	size_t n = rules ? rules->n : 0;
	struct program_rules p = {0};
	struct code c = {.types = TYPE_ANY};
	struct rule *all;

	if (n > RULES_MAX)
		return error_at(err, FIELD, "%zu rules are more than the %d that hoy takes", n,
				RULES_MAX);
	all = arena_alloc(a, (n + DEFAULT_RULES) * sizeof(*all));
	for (size_t i = 0; i < n; i++) {
		int r = rule_parse(&rules->v[i], i, &all[i], err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < DEFAULT_RULES; i++)
		all[n + i] = default_rule(i);
	p.v = arena_alloc(a, (n + DEFAULT_RULES) * sizeof(*p.v));
	rules_reduce(all, n + DEFAULT_RULES, &p);

	/* A rule has at most seven instructions; prologue and epilogue have ten together. */
	_Static_assert(7 * (RULES_MAX + DEFAULT_RULES) + 10 < INSNS_MAX, "jumps reach the end");
	c.v = arena_alloc(a, (7 * p.n + 10) * sizeof(*c.v));
	c.reload = p.n > RULES_FEW;
	emit_prologue(&c, &p);
	for (size_t i = 0; i < p.n; i++)
		emit_rule(&c, &p.v[i]);
	emit_epilogue(&c, p.verdict);
	*ret = (struct device_filter){
		.insns = c.v, .count = c.n, .allows_all = p.n == 0 && p.verdict};
	return 0;
}

/* ---- In words ------------------------------------------------------------------------------ */

static void number_describe(bool has, uint32_t v, struct text *out)
{
	char number[NUMBER_SIZE] = "*";

	if (has)
		number_write(number, v);
	text_add(out, number);
}

static void rule_describe(const struct rule *r, struct text *out)
{
	text_add(out, r->allow ? "allow " : "deny ");
	if (rule_is_total(r)) {
		text_add(out, "all");
		return;
	}
	text_add(out, r->types == TYPE_ANY ? "a " : r->types == TYPE_BLOCK ? "b " : "c ");
	number_describe(r->has_major, r->major, out);
	text_add(out, ":");
	number_describe(r->has_minor, r->minor, out);
	text_add(out, " ");
	text_add(out, r->access & BPF_DEVCG_ACC_READ ? "r" : "");
	text_add(out, r->access & BPF_DEVCG_ACC_WRITE ? "w" : "");
	text_add(out, r->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
}

void device_filter_describe(const struct device_rules *rules, struct text *out)
{
	size_t n = rules ? rules->n : 0, first = 0;
	struct rule verdict = {.types = TYPE_ANY, .access = ACCESS_ALL}, r;

	/* What stands before a rule for everything has no effect. */
	for (size_t i = 0; i < n; i++)
		if (rule_parse(&rules->v[i], i, &r, NULL) == 0 && rule_is_total(&r)) {
			verdict = r;
			first = i + 1;
		}
	rule_describe(&verdict, out);
	for (size_t i = first; i < n; i++)
		if (rule_parse(&rules->v[i], i, &r, NULL) == 0) {
			text_add(out, "; ");
			rule_describe(&r, out);
		}
	for (size_t i = 0; i < DEFAULT_RULES; i++) {
		r = default_rule(i);
		text_add(out, "; ");
		rule_describe(&r, out);
	}
}
