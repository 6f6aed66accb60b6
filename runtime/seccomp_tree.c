/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_tree.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fd.h"

#define LOAD	  (BPF_LD | BPF_W | BPF_ABS)
#define JUMP(op)  (BPF_JMP | (op) | BPF_K)
#define RETURN	  (BPF_RET | BPF_K)
#define MASK	  (BPF_ALU | BPF_AND | BPF_K)
#define AT_NUMBER offsetof(struct seccomp_data, nr)
#define AT_ARCH	  offsetof(struct seccomp_data, arch)
#define JUMP_MAX  255 /* a conditional jump's offset is one byte */

/* What the program answers in an interval of numbers. */
struct answer {
	uint32_t first; /* the interval's; it ends before the next one's */
	bool rest;	/* it depends on arguments: `value` is the instruction to go on at */
	uint32_t value; /* of SECCOMP_RET_ */
};

struct answers {
	size_t n;
	struct answer *v;
};

struct old {
	const struct sock_filter *v;
	size_t n;
	const uint32_t *archs;
	size_t archs_n;
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Only instructions that are understood, and no jump leaves the program. */
static bool understood(const struct old *old)
{
	for (size_t i = 0; i < old->n; i++) {
		const struct sock_filter *f = &old->v[i];
		size_t left = old->n - i - 1;

		switch (f->code) {
		case LOAD:
		case MASK:
			if (!left)
				return false;
			break;
		case JUMP(BPF_JEQ):
		case JUMP(BPF_JGT):
		case JUMP(BPF_JGE):
		case JUMP(BPF_JSET):
			if (f->jt >= left || f->jf >= left)
				return false;
			break;
		case JUMP(BPF_JA):
			if (f->k >= left)
				return false;
			break;
		case RETURN:
			break;
		default:
			return false;
		}
	}
	return old->n > 0;
}

static bool is_arch(const struct old *old, uint32_t v)
{
	for (size_t i = 0; i < old->archs_n; i++)
		if (old->archs[i] == v)
			return true;
	return false;
}

/* Is the comparison's outcome the same for all numbers of an interval, or for all architectures
 * that are not listed? */
static bool comparable(const struct old *old, const struct sock_filter *f, uint32_t loaded)
{
	if (f->code == MASK || f->code == JUMP(BPF_JSET))
		return false;
	if (loaded == AT_ARCH)
		return f->code == JUMP(BPF_JEQ) && is_arch(old, f->k);
	return loaded == AT_NUMBER;
}

static bool holds(const struct sock_filter *f, uint32_t a)
{
	switch (f->code) {
	case JUMP(BPF_JEQ):
		return a == f->k;
	case JUMP(BPF_JGT):
		return a > f->k;
	default:
		return a >= f->k;
	}
}

/* Runs the program for a number and an architecture, up to the first load of an argument. False where
 * the answer would not be that of the whole interval. */
static bool ask(const struct old *old, uint32_t arch, uint32_t number, struct answer *ret)
{
	uint32_t a = 0, loaded = UINT32_MAX;

	for (size_t i = 0; i < old->n; i++) {
		const struct sock_filter *f = &old->v[i];

		if (f->code == RETURN) {
			*ret = (struct answer){number, false, f->k};
			return true;
		}
		if (f->code == LOAD) {
			loaded = f->k;
			a = loaded == AT_ARCH ? arch : number;
			if (loaded == AT_ARCH || loaded == AT_NUMBER)
				continue;
			*ret = (struct answer){number, true, (uint32_t)i};
			return true;
		}
		if (f->code == JUMP(BPF_JA)) {
			i += f->k;
			continue;
		}
		if (!comparable(old, f, loaded))
			return false;
		i += holds(f, a) ? f->jt : f->jf;
	}
	return false;
}

/* The first number of every interval: the constants and what follows them, ordered. Some compare with
 * something else than the number; that costs a question and changes nothing. */
static size_t starts_find(const struct old *old, uint32_t *starts)
{
	size_t n = 0, kept = 0;

	starts[n++] = 0;
	for (size_t i = 0; i < old->n; i++) {
		if (BPF_CLASS(old->v[i].code) != BPF_JMP || old->v[i].code == JUMP(BPF_JA))
			continue;
		starts[n++] = old->v[i].k;
		if (old->v[i].k < UINT32_MAX)
			starts[n++] = old->v[i].k + 1;
	}
	qsort(starts, n, sizeof(*starts), compare_u32);
	for (size_t i = 0; i < n; i++)
		if (!i || starts[i] != starts[i - 1])
			starts[kept++] = starts[i];
	return kept;
}

static bool answers_find(const struct old *old, uint32_t arch, const uint32_t *starts, size_t n,
			 struct answers *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct answer one, *last = ret->n ? &ret->v[ret->n - 1] : NULL;

		if (!ask(old, arch, starts[i], &one))
			return false;
		if (!last || last->rest != one.rest || last->value != one.value)
			ret->v[ret->n++] = one;
	}
	return true;
}

/* ---- The new program --------------------------------------------------------------------------- */

/*
 * It is written from its end: whatever is jumped to is there already, and an answer that stands near
 * enough behind is used again. Places count from the end; the last instruction is 0.
 */
struct new {
	struct arena arena;
	struct text insns; /* in reverse */
	uint32_t *place;   /* of the old instructions that are kept */
};

static uint32_t new_count(const struct new *p)
{
	return (uint32_t)(p->insns.len / sizeof(struct sock_filter));
}

static const struct sock_filter *new_at(const struct new *p, uint32_t place)
{
	return (const struct sock_filter *)(const void *)p->insns.s + place;
}

/* Puts an instruction before all others. Returns its place. */
static uint32_t new_add(struct new *p, uint16_t code, uint32_t jt, uint32_t jf, uint32_t k)
{
	struct sock_filter f = {code, (uint8_t)jt, (uint8_t)jf, k};

	text_add_bytes(&p->insns, &f, sizeof(f));
	return new_count(p) - 1;
}

/* How far the place is from an instruction that will be added behind `more` others. */
static uint32_t distance(const struct new *p, uint32_t place, uint32_t more)
{
	return new_count(p) + more - place - 1;
}

/* The place itself, or of a long jump to it where it is too far for a conditional one. */
static uint32_t new_near(struct new *p, uint32_t place)
{
	/* Another jump may come between this and the comparison. */
	if (distance(p, place, 1) <= JUMP_MAX)
		return place;
	return new_add(p, JUMP(BPF_JA), 0, 0, distance(p, place, 0));
}

/* if (op k) goto yes; else goto no. */
static uint32_t new_branch(struct new *p, uint16_t op, uint32_t k, uint32_t yes, uint32_t no)
{
	yes = new_near(p, yes);
	no = new_near(p, no);
	return new_add(p, JUMP(op), distance(p, yes, 0), distance(p, no, 0), k);
}

/* Where the answer is given. */
static uint32_t new_answer(struct new *p, const struct answer *a)
{
	uint32_t n = new_count(p), i;

	if (a->rest)
		return p->place[a->value];
	for (i = n; i-- > 0 && n - i < JUMP_MAX;)
		if (new_at(p, i)->code == RETURN && new_at(p, i)->k == a->value)
			return i;
	return new_add(p, RETURN, 0, 0, a->value);
}

/* A binary search over the intervals lo to hi - 1; the number is loaded. */
static uint32_t new_search(struct new *p, const struct answers *a, size_t lo, size_t hi)
{
	size_t mid = (lo + hi) / 2;
	uint32_t yes, no;

	if (hi - lo == 1)
		return new_answer(p, &a->v[lo]);
	yes = new_search(p, a, mid, hi);
	no = new_search(p, a, lo, mid);
	return new_branch(p, BPF_JGE, a->v[mid].first, yes, no);
}

static uint32_t new_arch(struct new *p, const struct answers *a)
{
	uint32_t search = new_search(p, a, 0, a->n);

	if (a->n == 1)
		return search;
	/* The search ends where it began: its first comparison is what was added last. */
	return new_add(p, LOAD, 0, 0, AT_NUMBER);
}

/* Marks what can be reached from the instructions at which an answer goes on. All jumps go forward,
 * so one pass does. */
static void kept_mark(const struct old *old, bool *kept)
{
	for (size_t i = 0; i < old->n; i++) {
		const struct sock_filter *f = &old->v[i];

		if (!kept[i] || f->code == RETURN)
			continue;
		if (f->code == JUMP(BPF_JA)) {
			kept[i + 1 + f->k] = true;
		} else if (BPF_CLASS(f->code) == BPF_JMP) {
			kept[i + 1 + f->jt] = true;
			kept[i + 1 + f->jf] = true;
		} else {
			kept[i + 1] = true;
		}
	}
}

/* Copies it in its old order: distances only shrink, so every jump still fits. */
static void kept_copy(const struct old *old, const bool *kept, struct new *p)
{
	for (size_t i = old->n; i-- > 0;) {
		const struct sock_filter *f = &old->v[i];
		uint32_t jt = 0, jf = 0, k = f->k;

		if (!kept[i])
			continue;
		if (f->code == JUMP(BPF_JA)) {
			k = distance(p, p->place[i + 1 + f->k], 0);
		} else if (BPF_CLASS(f->code) == BPF_JMP) {
			jt = distance(p, p->place[i + 1 + f->jt], 0);
			jf = distance(p, p->place[i + 1 + f->jf], 0);
		}
		p->place[i] = new_add(p, f->code, jt, jf, k);
	}
}

/* All answers: those of each architecture, and in the last those of any other. */
static struct answers *answers_all(const struct old *old, struct new *p, bool *kept)
{
	struct answers *all = arena_alloc(&p->arena, (old->archs_n + 1) * sizeof(*all));
	uint32_t *starts = arena_alloc(&p->arena, (2 * old->n + 1) * sizeof(*starts));
	size_t n = starts_find(old, starts);
	uint32_t other = UINT32_MAX;

	while (is_arch(old, other))
		other--;
	for (size_t i = 0; i <= old->archs_n; i++) {
		uint32_t arch = i < old->archs_n ? old->archs[i] : other;

		all[i].v = arena_alloc(&p->arena, n * sizeof(*all[i].v));
		if (!answers_find(old, arch, starts, n, &all[i]))
			return NULL;
		for (size_t k = 0; k < all[i].n; k++)
			if (all[i].v[k].rest)
				kept[all[i].v[k].value] = true;
	}
	return all;
}

/* False where it can't be made. */
static bool new_make(const struct old *old, struct new *p)
{
	bool *kept = arena_alloc(&p->arena, old->n * sizeof(*kept));
	struct answers *all = answers_all(old, p, kept);
	uint32_t next;

	if (!all)
		return false;
	kept_mark(old, kept);
	kept_copy(old, kept, p);
	next = new_arch(p, &all[old->archs_n]);
	for (size_t i = old->archs_n; i-- > 0;) {
		uint32_t section = new_arch(p, &all[i]);

		next = new_branch(p, BPF_JEQ, old->archs[i], section, next);
	}
	if (next != new_count(p) - 1)
		new_add(p, JUMP(BPF_JA), 0, 0, distance(p, next, 0));
	new_add(p, LOAD, 0, 0, AT_ARCH);
	return true;
}

int seccomp_tree(const struct sock_filter *old_insns, size_t n, const uint32_t *archs,
		 size_t archs_n, struct text *out)
{
	struct old old = {old_insns, n, archs, archs_n};
	struct new p = {.insns = TEXT_INIT};
	int r = -ENOTSUP;

	if (understood(&old)) {
		p.place = arena_alloc(&p.arena, n * sizeof(*p.place));
		r = new_make(&old, &p) ? 0 : -ENOTSUP;
	}
	for (uint32_t i = new_count(&p); r == 0 && i-- > 0;)
		text_add_bytes(out, new_at(&p, i), sizeof(struct sock_filter));
	text_free(&p.insns);
	arena_free(&p.arena);
	return r;
}
