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

struct new {
	struct arena arena;
	struct text insns;
	uint32_t *place; /* of the old instructions that are kept, in the new program; 0: not kept */
	size_t *jumps;	 /* JA instructions of the new program whose k is an old instruction */
	size_t jumps_n;
};

static size_t new_count(const struct new *p)
{
	return p->insns.len / sizeof(struct sock_filter);
}

static struct sock_filter *new_at(const struct new *p, size_t i)
{
	return (struct sock_filter *)(void *)p->insns.s + i;
}

/* Returns where it is. */
static size_t new_add(struct new *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	struct sock_filter f = {code, jt, jf, k};

	text_add_bytes(&p->insns, &f, sizeof(f));
	return new_count(p) - 1;
}

static void new_land(struct new *p, size_t jump)
{
	new_at(p, jump)->k = (uint32_t)(new_count(p) - jump - 1);
}

/* A binary search over the intervals lo to hi - 1; the number is loaded. */
static void new_search(struct new *p, const struct answers *a, size_t lo, size_t hi)
{
	size_t mid = (lo + hi) / 2, at;

	if (hi - lo == 1 && a->v[lo].rest) {
		p->jumps[p->jumps_n++] = new_add(p, JUMP(BPF_JA), 0, 0, a->v[lo].value);
		return;
	}
	if (hi - lo == 1) {
		new_add(p, RETURN, 0, 0, a->v[lo].value);
		return;
	}
	/* The lower half follows and has two instructions per interval, but one. */
	if (2 * (mid - lo) - 1 <= JUMP_MAX - 32) {
		at = new_add(p, JUMP(BPF_JGE), 0, 0, a->v[mid].first);
		new_search(p, a, lo, mid);
		new_at(p, at)->jt = (uint8_t)(new_count(p) - at - 1);
	} else {
		new_add(p, JUMP(BPF_JGE), 0, 1, a->v[mid].first);
		at = new_add(p, JUMP(BPF_JA), 0, 0, 0);
		new_search(p, a, lo, mid);
		new_land(p, at);
	}
	new_search(p, a, mid, hi);
}

static void new_arch(struct new *p, const struct answers *a)
{
	if (a->n > 1)
		new_add(p, LOAD, 0, 0, AT_NUMBER);
	new_search(p, a, 0, a->n);
}

/* Marks what can be reached from the instructions that the searches jump to. All jumps go forward, so
 * one pass does. */
static void kept_mark(const struct old *old, struct new *p)
{
	for (size_t i = 0; i < p->jumps_n; i++)
		p->place[new_at(p, p->jumps[i])->k] = 1;
	for (size_t i = 0; i < old->n; i++) {
		const struct sock_filter *f = &old->v[i];

		if (!p->place[i] || f->code == RETURN)
			continue;
		if (f->code == JUMP(BPF_JA)) {
			p->place[i + 1 + f->k] = 1;
		} else if (BPF_CLASS(f->code) == BPF_JMP) {
			p->place[i + 1 + f->jt] = 1;
			p->place[i + 1 + f->jf] = 1;
		} else {
			p->place[i + 1] = 1;
		}
	}
}

/* Copies it in its old order: distances only shrink, so every jump still fits. */
static void kept_copy(const struct old *old, struct new *p)
{
	size_t begin = new_count(p);

	for (size_t i = 0; i < old->n; i++)
		if (p->place[i])
			p->place[i] = (uint32_t)new_add(p, old->v[i].code, old->v[i].jt,
							old->v[i].jf, old->v[i].k);
	for (size_t i = 0; i < old->n; i++) {
		const struct sock_filter *f = &old->v[i];
		struct sock_filter *to = new_at(p, p->place[i]);
		uint32_t next = p->place[i] + 1;

		if (p->place[i] < begin || BPF_CLASS(f->code) != BPF_JMP)
			continue;
		if (f->code == JUMP(BPF_JA)) {
			to->k = p->place[i + 1 + f->k] - next;
		} else {
			to->jt = (uint8_t)(p->place[i + 1 + f->jt] - next);
			to->jf = (uint8_t)(p->place[i + 1 + f->jf] - next);
		}
	}
	for (size_t i = 0; i < p->jumps_n; i++) {
		struct sock_filter *jump = new_at(p, p->jumps[i]);

		jump->k = p->place[jump->k] - (uint32_t)p->jumps[i] - 1;
	}
}

/* The program up to what is kept. False where it can't be made. */
static bool searches_add(const struct old *old, struct new *p)
{
	uint32_t *starts = arena_alloc(&p->arena, (2 * old->n + 1) * sizeof(*starts));
	struct answers a = {.v = arena_alloc(&p->arena, (2 * old->n + 1) * sizeof(*a.v))};
	uint32_t other = UINT32_MAX; /* an architecture that is none of them */
	size_t n = starts_find(old, starts);

	while (is_arch(old, other))
		other--;
	new_add(p, LOAD, 0, 0, AT_ARCH);
	for (size_t i = 0; i < old->archs_n; i++) {
		size_t past;

		if (!answers_find(old, old->archs[i], starts, n, &a))
			return false;
		new_add(p, JUMP(BPF_JEQ), 1, 0, old->archs[i]);
		past = new_add(p, JUMP(BPF_JA), 0, 0, 0);
		new_arch(p, &a);
		new_land(p, past);
	}
	if (!answers_find(old, other, starts, n, &a))
		return false;
	new_arch(p, &a);
	return true;
}

int seccomp_tree(const struct sock_filter *old_insns, size_t n, const uint32_t *archs,
		 size_t archs_n, struct text *out)
{
	struct old old = {old_insns, n, archs, archs_n};
	struct new p = {.insns = TEXT_INIT};
	int r = -ENOTSUP;

	p.place = arena_alloc(&p.arena, n * sizeof(*p.place) + 1);
	p.jumps = arena_alloc(&p.arena, (archs_n + 1) * (2 * n + 1) * sizeof(*p.jumps));
	if (understood(&old) && searches_add(&old, &p)) {
		kept_mark(&old, &p);
		kept_copy(&old, &p);
		text_add_bytes(out, p.insns.s, p.insns.len);
		r = 0;
	}
	text_free(&p.insns);
	arena_free(&p.arena);
	return r;
}
