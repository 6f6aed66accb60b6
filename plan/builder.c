/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void plan_begin(struct plan_builder *b, enum plan_kind kind, const char *doc)
{
	struct plan_header place = {0};

	*b = (struct plan_builder){.kind = (uint16_t)kind, .slots = SLOT_FIRST};
	text_add_bytes(&b->data, &place, sizeof(place));
	b->doc = (uint32_t)plan_put_string(b, doc);
}

struct plan_op *plan_add(struct plan_builder *b, enum plan_opcode code, enum plan_actor actor,
			 const char *field)
{
	struct plan_op op = {
		.code = (uint16_t)code,
		.actor = (uint8_t)actor,
		.field = (uint32_t)plan_put_string(b, field),
	};

	text_add_bytes(&b->ops, &op, sizeof(op));
	b->count++;
	return (struct plan_op *)(void *)(b->ops.s + b->ops.len - sizeof(op));
}

unsigned plan_slot_new(struct plan_builder *b)
{
	return b->slots++;
}

static void align(struct plan_builder *b)
{
	static const char zero[8];

	text_add_bytes(&b->data, zero, (8 - b->data.len % 8) % 8);
}

uint64_t plan_put_string(struct plan_builder *b, const char *s)
{
	uint64_t offset = b->data.len;

	if (!s)
		return 0;
	text_add_bytes(&b->data, s, strlen(s) + 1);
	return offset;
}

uint64_t plan_put_vector(struct plan_builder *b, const char *const *v, size_t n)
{
	uint64_t word = n, offset;
	size_t i, at;

	align(b);
	offset = b->data.len;
	text_add_bytes(&b->data, &word, 8);
	word = 0;
	/* The entries, the terminating 0 and the spare entry; the strings follow behind. */
	for (i = 0; i < n + 2; i++)
		text_add_bytes(&b->data, &word, 8);
	for (i = 0; i < n; i++) {
		word = plan_put_string(b, v[i]);
		at = (size_t)offset + 8 + i * 8;
		memcpy(b->data.s + at, &word, 8);
	}
	return offset;
}

uint64_t plan_put_blob(struct plan_builder *b, const void *p, size_t len)
{
	uint64_t n = len, offset;

	align(b);
	offset = b->data.len;
	text_add_bytes(&b->data, &n, 8);
	text_add_bytes(&b->data, p, len);
	return offset;
}

int plan_finish(struct plan_builder *b, struct plan *ret)
{
	struct plan_header h = {
		.magic = PLAN_MAGIC,
		.version = PLAN_VERSION,
		.kind = b->kind,
		.ops = b->count,
		.slots = b->slots,
		.doc = b->doc,
	};
	int r;

	align(b);
	if (b->data.len + b->ops.len > PLAN_SIZE_MAX || b->slots > SLOT_MAX) {
		plan_abandon(b);
		return -E2BIG;
	}
	h.ops_offset = (uint32_t)b->data.len;
	text_add_bytes(&b->data, b->ops.s ? b->ops.s : "", b->ops.len);
	h.size = (uint32_t)b->data.len;
	memcpy(b->data.s, &h, sizeof(h));
	r = plan_check(b->data.s, b->data.len);
	if (r < 0) {
		plan_abandon(b);
		return r;
	}
	ret->size = b->data.len;
	ret->buf = text_take(&b->data);
	plan_abandon(b);
	return 0;
}

void plan_abandon(struct plan_builder *b)
{
	text_free(&b->data);
	text_free(&b->ops);
}

void plan_drop(struct plan *p)
{
	free(p->buf);
	*p = (struct plan)PLAN_INIT;
}

static uint64_t arg_copy(struct plan_builder *b, const void *from, char type, uint64_t v)
{
	const char **strings;
	size_t n, i;
	const void *p;

	switch (type) {
	case 's':
	case 'S':
		return plan_put_string(b, plan_string(from, v));
	case 'b':
	case 'B':
		p = plan_blob(from, v, &n);
		return p ? plan_put_blob(b, p, n) : 0;
	case 'v':
	case 'V':
		if (!v)
			return 0;
		n = plan_vector_count(from, v);
		strings = calloc(n + 1, sizeof(*strings));
		if (!strings)
			abort();
		for (i = 0; i < n; i++)
			strings[i] = plan_vector_string(from, v, i);
		v = plan_put_vector(b, strings, n);
		free(strings);
		return v;
	default:
		return v;
	}
}

struct plan_op *plan_copy_op(struct plan_builder *b, const void *from, const struct plan_op *op)
{
	const char *sig = plan_op_info(op->code)->signature;
	struct plan_op *to = plan_add(b, op->code, op->actor, plan_string(from, op->field));
	unsigned i;

	for (i = 0; sig[i]; i++)
		to->arg[i] = arg_copy(b, from, sig[i], op->arg[i]);
	return to;
}
