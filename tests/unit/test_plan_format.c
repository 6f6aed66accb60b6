/* SPDX-License-Identifier: Apache-2.0 */
/* The plan's format: what the builder writes, what the check refuses, and that no corrupted plan
 * that it takes leads out of the buffer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helpers.h"
#include "plan/argument.h"
#include "plan/describe.h"

#define HEADER(p) ((struct plan_header *)(p).buf)
#define OP(p, n)  ((struct plan_op *)plan_op((p).buf, n))

/* Reads all that the signature says is there. */
static size_t arguments_read(const void *plan, const struct plan_op *op)
{
	const char *sig = plan_op_info(op->code)->signature;
	size_t sum = op->field ? strlen(plan_string(plan, op->field)) : 0, n, k;
	unsigned i;

	for (i = 0; sig[i]; i++) {
		if (strchr("sS", sig[i]) && op->arg[i])
			sum += strlen(plan_string(plan, op->arg[i]));
		if (strchr("bB", sig[i])) {
			const unsigned char *p = plan_blob(plan, op->arg[i], &n);

			for (k = 0; k < n; k++)
				sum += p[k];
		}
		if (strchr("vV", sig[i])) {
			n = plan_vector_count(plan, op->arg[i]);
			for (k = 0; k < n; k++)
				sum += strlen(plan_vector_string(plan, op->arg[i], k));
		}
	}
	return sum;
}

/* Reads a whole plan, as those do who have checked it. */
static void plan_read(const void *plan)
{
	const struct plan_header *h = plan_header(plan);
	struct text words = TEXT_INIT;
	size_t sum = 0;
	unsigned n;

	for (n = 1; n <= h->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);

		words.len = 0;
		plan_describe(plan, op, &words);
		sum += arguments_read(plan, op) + words.len + strlen(plan_actor_name(op->actor));
	}
	if (h->doc)
		sum += strlen(plan_string(plan, h->doc));
	assert_true(sum < SIZE_MAX);
	text_free(&words);
}

/* A copy of exactly its size, so that a byte beyond it shows. */
static void *copied(const struct plan *p)
{
	void *copy = malloc(p->size);

	assert_non_null(copy);
	memcpy(copy, p->buf, p->size);
	return copy;
}

static void test_round_trip(void **state)
{
	static const char *const words[] = {"sh", "-c", "", "x y"};
	struct plan p = PLAN_INIT;
	struct plan_builder b;
	struct plan_op *op;
	unsigned slot;
	size_t len;
	char **v;

	(void)state;
	plan_begin(&b, PLAN_RUN, "config.json");
	slot = plan_slot_new(&b);
	assert_int_equal(slot, SLOT_FIRST);
	assert_int_equal(plan_slot_new(&b), SLOT_FIRST + 1);
	op = plan_add(&b, OP_EXEC, ACTOR_WALKER, "process.args");
	op->arg[0] = plan_put_vector(&b, words, 4);
	op->arg[1] = plan_put_vector(&b, NULL, 0);
	op = plan_add(&b, OP_USER, ACTOR_WALKER, NULL);
	op->arg[0] = 4294967294;
	op->arg[2] = plan_put_blob(&b, "\1\0\0\0\2\0\0\0", 8);
	op = plan_add(&b, OP_USER, ACTOR_PARENT, NULL);
	op = plan_add(&b, OP_USER, ACTOR_PARENT, NULL);
	op->arg[2] = plan_put_blob(&b, "", 0);
	op = plan_add(&b, OP_ROOT_ATTACH, ACTOR_BOTH, "");
	op->arg[0] = slot;
	assert_int_equal(plan_finish(&b, &p), 0);

	assert_int_equal(plan_check(p.buf, p.size), 0);
	assert_int_equal(plan_header(p.buf)->kind, PLAN_RUN);
	assert_int_equal(plan_header(p.buf)->ops, 5);
	assert_int_equal(plan_header(p.buf)->slots, SLOT_FIRST + 2);
	assert_int_equal(plan_header(p.buf)->fail_op, 0);
	assert_string_equal(plan_string(p.buf, plan_header(p.buf)->doc), "config.json");
	assert_int_equal(OP(p, 1)->code, OP_EXEC);
	assert_int_equal(OP(p, 1)->actor, ACTOR_WALKER);
	assert_string_equal(plan_string(p.buf, OP(p, 1)->field), "process.args");
	assert_int_equal(plan_vector_count(p.buf, OP(p, 1)->arg[0]), 4);
	assert_string_equal(plan_vector_string(p.buf, OP(p, 1)->arg[0], 0), "sh");
	assert_string_equal(plan_vector_string(p.buf, OP(p, 1)->arg[0], 2), "");
	assert_string_equal(plan_vector_string(p.buf, OP(p, 1)->arg[0], 3), "x y");
	/* A vector without strings is one all the same. */
	assert_true(OP(p, 1)->arg[1] != 0);
	assert_int_equal(plan_vector_count(p.buf, OP(p, 1)->arg[1]), 0);
	assert_int_equal(plan_vector_count(p.buf, 0), 0);
	assert_int_equal(OP(p, 2)->field, 0);
	assert_null(plan_string(p.buf, 0));
	assert_memory_equal(plan_blob(p.buf, OP(p, 2)->arg[2], &len), "\1\0\0\0\2\0\0\0", 8);
	assert_int_equal(len, 8);
	assert_null(plan_blob(p.buf, OP(p, 3)->arg[2], &len));
	assert_int_equal(len, 0);
	assert_non_null(plan_blob(p.buf, OP(p, 4)->arg[2], &len));
	assert_int_equal(len, 0);
	assert_string_equal(plan_string(p.buf, OP(p, 5)->field), "");
	plan_read(p.buf);

	/* Pointers take the offsets' place, and HOME has room behind them. */
	v = plan_vector_relocate(p.buf, OP(p, 1)->arg[0]);
	assert_string_equal(v[0], "sh");
	assert_string_equal(v[3], "x y");
	assert_null(v[4]);
	v[4] = (char *)"spare";
	v[5] = NULL;
	v = plan_vector_relocate(p.buf, OP(p, 1)->arg[1]);
	assert_null(v[0]);
	v[0] = (char *)"spare";
	v[1] = NULL;
	assert_string_equal(plan_string(p.buf, OP(p, 1)->field), "process.args");
	plan_drop(&p);
	assert_null(p.buf);
}

static void test_empty_plan(void **state)
{
	struct plan p = PLAN_INIT;
	struct plan_builder b;

	(void)state;
	plan_begin(&b, PLAN_EXEC, NULL);
	assert_int_equal(plan_finish(&b, &p), 0);
	assert_int_equal(p.size, sizeof(struct plan_header));
	assert_int_equal(plan_check(p.buf, p.size), 0);
	assert_int_equal(plan_header(p.buf)->doc, 0);
	plan_drop(&p);
	plan_begin(&b, PLAN_EXEC, "x");
	plan_add(&b, OP_SETSID, ACTOR_WALKER, "f");
	plan_abandon(&b);
	assert_null(b.data.s);
}

/* What the table says of every operation fits the format. */
static void test_table(void **state)
{
	unsigned code, i;
	size_t len;

	(void)state;
	for (code = 0; code < OP_COUNT; code++) {
		const struct plan_op_info *info = plan_op_info(code);

		assert_true(info->name[0]);
		assert_int_equal(strspn(info->signature, "sSvVbBfFudox"), strlen(info->signature));
		for (i = 0; i < PLAN_ARGS; i++)
			assert_true(!argument_name(code, i, &len) == (i >= strlen(info->signature)));
		for (i = 0; i < code; i++)
			assert_string_not_equal(info->name, plan_op_info(i)->name);
	}
}

/* An operation that has each letter, and what a wrong argument there leads to. */
static void test_every_type_is_checked(void **state)
{
	static const struct {
		char type;
		unsigned code, arg;
		bool zero; /* 0 is taken */
	} rows[] = {
		{'s', OP_MASK, 0, false},
		{'S', OP_ROOT_ATTACH, 1, true},
		{'v', OP_EXEC, 0, false},
		{'V', OP_EXEC, 1, true},
		{'b', OP_DEVICE_FILTER, 0, false},
		{'B', OP_USER, 2, true},
		{'f', OP_JOIN, 0, true},
		{'u', OP_RLIMIT, 1, true},
		{'d', OP_OOM_SCORE, 0, true},
		{'o', OP_UMASK, 0, true},
		{'x', OP_CLONE, 0, true},
	};
	struct plan p = sample_plan();
	size_t i, k;

	(void)state;
	assert_non_null(p.buf);
	for (i = 0; i < ROWS(rows); i++) {
		struct plan_op *op = OP(p, rows[i].code);
		uint64_t good = op->arg[rows[i].arg], bad[] = {
			1, sizeof(struct plan_header) - 1, HEADER(p)->ops_offset,
			p.size - 1, p.size, UINT32_MAX, 1ULL << 32 | good, UINT64_MAX,
			UINT64_MAX - 7, 1ULL << 63,
		};
		bool number = strchr("udox", rows[i].type);

		assert_int_equal(op->code, rows[i].code);
		assert_int_equal(plan_op_info(op->code)->signature[rows[i].arg], rows[i].type);
		op->arg[rows[i].arg] = 0;
		assert_int_equal(plan_check(p.buf, p.size), rows[i].zero ? 0 : -EINVAL);
		for (k = 0; k < ROWS(bad); k++) {
			/* Slot 1 is one, and 31 is none. */
			if (rows[i].type == 'f' && k == 0)
				continue;
			op->arg[rows[i].arg] = bad[k];
			assert_int_equal(plan_check(p.buf, p.size), number ? 0 : -EINVAL);
		}
		op->arg[rows[i].arg] = good;
	}
	/* Slots: up to their number. */
	OP(p, OP_JOIN)->arg[0] = HEADER(p)->slots - 1;
	assert_int_equal(plan_check(p.buf, p.size), 0);
	OP(p, OP_JOIN)->arg[0] = HEADER(p)->slots;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	OP(p, OP_JOIN)->arg[0] = SLOT_NONE;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	plan_drop(&p);
}

static void test_header(void **state)
{
	struct plan p = sample_plan();
	struct plan_header good;

	(void)state;
	assert_non_null(p.buf);
	good = *HEADER(p);
#define REFUSED(part, value, r)                                                                    \
	do {                                                                                       \
		HEADER(p)->part = (value);                                                         \
		assert_int_equal(plan_check(p.buf, p.size), r);                                    \
		*HEADER(p) = good;                                                                 \
	} while (0)
	REFUSED(magic, 0, -EINVAL);
	REFUSED(magic, 0x504c414e, -EINVAL);
	REFUSED(version, 0, -EPROTO);
	REFUSED(version, PLAN_VERSION + 1, -EPROTO);
	REFUSED(version, 0xffff, -EPROTO);
	REFUSED(size, good.size - 1, -EINVAL);
	REFUSED(size, good.size + 72, -EINVAL);
	REFUSED(ops, good.ops - 1, -EINVAL);
	REFUSED(ops, good.ops + 1, -EINVAL);
	REFUSED(ops, UINT32_MAX, -EINVAL);
	REFUSED(ops_offset, good.ops_offset + 4, -EINVAL);
	REFUSED(ops_offset, good.ops_offset + 72, -EINVAL);
	REFUSED(ops_offset, 0, -EINVAL);
	REFUSED(slots, SLOT_MAX + 1, -EINVAL);
	REFUSED(doc, 1, -EINVAL);
	REFUSED(doc, good.ops_offset, -EINVAL);
#undef REFUSED
	assert_int_equal(plan_check(p.buf, p.size), 0);
	plan_drop(&p);
}

static void test_operations(void **state)
{
	struct plan p = sample_plan();

	(void)state;
	assert_non_null(p.buf);
	OP(p, 1)->code = OP_NONE;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	OP(p, 1)->code = OP_COUNT;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	OP(p, 1)->code = 0xffff;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	OP(p, 1)->code = 1;
	OP(p, 1)->actor = 0;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	OP(p, 1)->actor = ACTOR_BOTH + 1;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	OP(p, 1)->actor = ACTOR_PARENT;
	OP(p, 1)->field = HEADER(p)->ops_offset;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	OP(p, 1)->field = 0;
	assert_int_equal(plan_check(p.buf, p.size), 0);
	plan_drop(&p);
}

static void test_unaligned(void **state)
{
	struct plan p = sample_plan();
	unsigned by;

	(void)state;
	assert_non_null(p.buf);
	for (by = 1; by < 8; by++) {
		OP(p, OP_EXEC)->arg[0] += by;
		assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
		OP(p, OP_EXEC)->arg[0] -= by;
		OP(p, OP_DEVICE_FILTER)->arg[0] += by;
		assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
		OP(p, OP_DEVICE_FILTER)->arg[0] -= by;
	}
	assert_int_equal(plan_check(p.buf, p.size), 0);
	plan_drop(&p);
}

/* The last string runs into the operations when its end is taken away. */
static void test_unterminated(void **state)
{
	struct plan p = PLAN_INIT;
	struct plan_builder b;
	uint64_t at;
	char *end;

	(void)state;
	plan_begin(&b, PLAN_RUN, NULL);
	plan_add(&b, OP_MASK, ACTOR_WALKER, NULL)->arg[0] = at = plan_put_string(&b, "last");
	assert_int_equal(plan_finish(&b, &p), 0);
	end = (char *)p.buf + HEADER(p)->ops_offset;
	memset((char *)p.buf + at, 'x', (size_t)(end - ((char *)p.buf + at)));
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	end[-1] = 0;
	assert_int_equal(plan_check(p.buf, p.size), 0);
	plan_drop(&p);
}

/* Words of a vector and of a blob. */
static void test_vectors_and_blobs(void **state)
{
	static const uint64_t counts[] = {4, 5, 100, 1ULL << 32, 1ULL << 61, UINT64_MAX - 2,
					  UINT64_MAX};
	static const char *const words[] = {"a", "b"};
	struct plan p = PLAN_INIT;
	struct plan_builder b;
	struct plan_op *op;
	uint64_t *vector, *blob;
	size_t i;

	(void)state;
	plan_begin(&b, PLAN_RUN, NULL);
	op = plan_add(&b, OP_MOUNT_CHANGE, ACTOR_WALKER, NULL);
	op->arg[0] = plan_put_string(&b, "/x");
	op->arg[2] = plan_put_blob(&b, "1234", 4);
	op->arg[1] = plan_put_vector(&b, words, 2);
	assert_int_equal(plan_finish(&b, &p), 0);
	vector = (uint64_t *)(void *)((char *)p.buf + OP(p, 1)->arg[1]);
	blob = (uint64_t *)(void *)((char *)p.buf + OP(p, 1)->arg[2]);
	for (i = 0; i < ROWS(counts); i++) {
		vector[0] = counts[i];
		assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	}
	/* One less: then what should be the end is a string. */
	vector[0] = 1;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	/* One more: then the end is where a string should be. */
	vector[0] = 3;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	vector[0] = 2;
	vector[2] = p.size;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	vector[2] = vector[1];
	assert_int_equal(plan_check(p.buf, p.size), 0);
	for (i = 2; i < ROWS(counts); i++) {
		blob[0] = counts[i];
		assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	}
	blob[0] = HEADER(p)->ops_offset - OP(p, 1)->arg[2] - 8;
	assert_int_equal(plan_check(p.buf, p.size), 0);
	plan_read(p.buf);
	blob[0]++;
	assert_int_equal(plan_check(p.buf, p.size), -EINVAL);
	plan_drop(&p);
}

static void test_truncated(void **state)
{
	struct plan p = sample_plan();
	size_t size;

	(void)state;
	assert_non_null(p.buf);
	for (size = 0; size < p.size; size++) {
		struct plan cut = {p.buf, size};
		char *copy;

		if (!size)
			cut.size = 1;
		copy = copied(&cut);
		assert_int_equal(plan_check(copy, size), -EINVAL);
		/* The header agrees. */
		if (size >= sizeof(struct plan_header)) {
			((struct plan_header *)(void *)copy)->size = (uint32_t)size;
			assert_int_equal(plan_check(copy, size), -EINVAL);
		}
		free(copy);
	}
	assert_int_equal(plan_check(p.buf, PLAN_SIZE_MAX + 1), -EINVAL);
	plan_drop(&p);
}

/* Every word of a real plan, with values that break things. */
static void test_every_word_corrupted(void **state)
{
	struct plan p = sample_plan();
	uint64_t values[10];
	size_t at, i, taken = 0, refused = 0;
	unsigned width;

	(void)state;
	assert_non_null(p.buf);
	values[0] = 0;
	values[1] = 1;
	values[2] = UINT64_MAX;
	values[3] = p.size;
	values[4] = p.size - 1;
	values[5] = HEADER(p)->ops_offset;
	values[6] = HEADER(p)->ops_offset - 1;
	values[7] = HEADER(p)->ops_offset - 8;
	values[8] = sizeof(struct plan_header);
	values[9] = 1ULL << 31;
	for (width = 4; width <= 8; width += 4)
		for (at = 0; at + width <= p.size; at += width)
			for (i = 0; i < ROWS(values); i++) {
				char *copy = copied(&p);

				memcpy(copy + at, &values[i], width);
				if (plan_check(copy, p.size) == 0) {
					plan_read(copy);
					taken++;
				} else {
					refused++;
				}
				free(copy);
			}
	assert_true(taken > 1000);
	assert_true(refused > 1000);
	plan_drop(&p);
}

static void test_copied_operations(void **state)
{
	struct plan from = sample_plan(), to = PLAN_INIT;
	struct plan_builder b;
	unsigned n;

	(void)state;
	assert_non_null(from.buf);
	plan_begin(&b, PLAN_EXEC, "another document, so that offsets differ");
	for (n = 1; n <= HEADER(from)->ops; n++)
		plan_copy_op(&b, from.buf, plan_op(from.buf, n));
	/* What is not there stays away. */
	OP(from, OP_EXEC)->arg[1] = OP(from, OP_USER)->arg[2] = OP(from, OP_ROOT_ATTACH)->arg[1] = 0;
	OP(from, OP_EXEC)->field = 0;
	plan_copy_op(&b, from.buf, OP(from, OP_EXEC));
	plan_copy_op(&b, from.buf, OP(from, OP_USER));
	plan_copy_op(&b, from.buf, OP(from, OP_ROOT_ATTACH));
	assert_int_equal(plan_finish(&b, &to), 0);
	assert_int_equal(HEADER(to)->ops, HEADER(from)->ops + 3);
	for (n = 1; n <= HEADER(from)->ops; n++) {
		const struct plan_op *a = plan_op(from.buf, n), *o = plan_op(to.buf, n);
		const char *sig = plan_op_info(a->code)->signature;
		struct text ta = TEXT_INIT, to_text = TEXT_INIT;
		unsigned i;

		if (n == OP_EXEC || n == OP_USER || n == OP_ROOT_ATTACH)
			continue;
		assert_int_equal(a->code, o->code);
		assert_int_equal(a->actor, o->actor);
		assert_string_equal(plan_string(to.buf, o->field), "some.field[1]");
		assert_int_equal(arguments_read(from.buf, a), arguments_read(to.buf, o));
		plan_describe(from.buf, a, &ta);
		plan_describe(to.buf, o, &to_text);
		assert_string_equal(ta.s, to_text.s);
		for (i = 0; sig[i]; i++)
			if (strchr("fFudox", sig[i]))
				assert_true(a->arg[i] == o->arg[i]);
		text_free(&ta);
		text_free(&to_text);
	}
	assert_int_equal(OP(to, n)->arg[1], 0);
	assert_int_equal(OP(to, n)->field, 0);
	assert_int_equal(OP(to, n + 1)->arg[2], 0);
	assert_int_equal(OP(to, n + 2)->arg[1], 0);
	plan_drop(&from);
	plan_drop(&to);
}

static void test_too_large(void **state)
{
	struct plan p = PLAN_INIT;
	struct plan_builder b;
	char *big = calloc(1, PLAN_SIZE_MAX);
	unsigned i;

	(void)state;
	assert_non_null(big);
	plan_begin(&b, PLAN_RUN, NULL);
	plan_put_blob(&b, big, PLAN_SIZE_MAX);
	assert_int_equal(plan_finish(&b, &p), -E2BIG);
	assert_null(p.buf);
	assert_null(b.data.s);
	free(big);
	plan_begin(&b, PLAN_RUN, NULL);
	for (i = SLOT_FIRST; i < SLOT_MAX; i++)
		assert_int_equal(plan_slot_new(&b), i);
	assert_int_equal(plan_finish(&b, &p), 0);
	plan_drop(&p);
	plan_begin(&b, PLAN_RUN, NULL);
	for (i = SLOT_FIRST; i <= SLOT_MAX; i++)
		plan_slot_new(&b);
	assert_int_equal(plan_finish(&b, &p), -E2BIG);
	assert_null(p.buf);
	/* What the check refuses is never handed out. */
	plan_begin(&b, PLAN_RUN, NULL);
	plan_add(&b, OP_MASK, ACTOR_WALKER, NULL);
	assert_int_equal(plan_finish(&b, &p), -EINVAL);
	assert_null(p.buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty_plan),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_type_is_checked),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_unterminated),
		cmocka_unit_test(test_vectors_and_blobs),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_every_word_corrupted),
		cmocka_unit_test(test_copied_operations),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
