/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: structs back to JSON, by the tables they were read with. */
#include <string.h>

#include "spec/config.h"
#include "spec/table.h"

struct writer {
	struct text *out;
	bool indent;
	unsigned depth;
};

static void write_object(struct writer *w, const struct table *t, const void *from);

static void new_line(struct writer *w)
{
	if (!w->indent)
		return;
	text_add(w->out, "\n");
	for (unsigned i = 0; i < w->depth; i++)
		text_add(w->out, "  ");
}

static void open_container(struct writer *w, const char *bracket)
{
	text_add(w->out, bracket);
	w->depth++;
}

static void close_container(struct writer *w, const char *bracket, bool empty)
{
	w->depth--;
	if (!empty)
		new_line(w);
	text_add(w->out, bracket);
}

static void begin_entry(struct writer *w, bool first)
{
	if (!first)
		text_add(w->out, ",");
	new_line(w);
}

static void begin_property(struct writer *w, const char *key, bool first)
{
	begin_entry(w, first);
	text_add_json(w->out, key);
	text_add(w->out, w->indent ? ": " : ":");
}

static void write_strings(struct writer *w, const struct strings *s)
{
	open_container(w, "[");
	for (size_t i = 0; i < s->n; i++) {
		begin_entry(w, i == 0);
		text_add_json(w->out, s->v[i]);
	}
	close_container(w, "]", s->n == 0);
}

static void write_numbers(struct writer *w, const struct any_list *list)
{
	open_container(w, "[");
	for (size_t i = 0; i < list->n; i++) {
		begin_entry(w, i == 0);
		text_addf(w->out, "%u", ((const uint32_t *)list->v)[i]);
	}
	close_container(w, "]", list->n == 0);
}

static void write_string_map(struct writer *w, const struct string_map *map)
{
	open_container(w, "{");
	for (size_t i = 0; i < map->n; i++) {
		begin_property(w, map->v[i].key, i == 0);
		text_add_json(w->out, map->v[i].value);
	}
	close_container(w, "}", map->n == 0);
}

static void write_objects(struct writer *w, const struct field *f, const struct any_list *list)
{
	bool map = f->kind == KIND_MAP;

	open_container(w, map ? "{" : "[");
	for (size_t i = 0; i < list->n; i++) {
		const void *entry = (const char *)list->v + i * f->size;

		if (map)
			begin_property(w, *(const char *const *)entry, i == 0);
		else
			begin_entry(w, i == 0);
		write_object(w, f->sub, entry);
	}
	close_container(w, map ? "}" : "]", list->n == 0);
}

/* A kind that is a pointer, or the thing that a _PTR kind points to; at is not NULL. */
static void write_scalar(struct writer *w, enum field_kind kind, const void *at)
{
	switch (kind) {
	case KIND_BOOL:
	case KIND_BOOL_PTR:
		text_add(w->out, *(const bool *)at ? "true" : "false");
		return;
	case KIND_I64:
	case KIND_I64_PTR:
		text_addf(w->out, "%lld", (long long)*(const int64_t *)at);
		return;
	case KIND_I32_PTR:
		text_addf(w->out, "%d", *(const int32_t *)at);
		return;
	case KIND_U32:
	case KIND_U32_PTR:
		text_addf(w->out, "%u", *(const uint32_t *)at);
		return;
	case KIND_U16_PTR:
		text_addf(w->out, "%u", *(const uint16_t *)at);
		return;
	default:
		text_addf(w->out, "%llu", (unsigned long long)*(const uint64_t *)at);
	}
}

static void write_value(struct writer *w, const struct field *f, const void *at)
{
	switch (f->kind) {
	case KIND_STRING:
		text_add_json(w->out, *(const char *const *)at ? *(const char *const *)at : "");
		return;
	case KIND_STRINGS:
		write_strings(w, at);
		return;
	case KIND_STRINGS_PTR:
		write_strings(w, *(const struct strings *const *)at);
		return;
	case KIND_U32_LIST:
		write_numbers(w, at);
		return;
	case KIND_STRING_MAP:
		write_string_map(w, at);
		return;
	case KIND_OBJECT:
		write_object(w, f->sub, at);
		return;
	case KIND_OBJECT_PTR:
		write_object(w, f->sub, *(const void *const *)at);
		return;
	case KIND_LIST:
	case KIND_MAP:
		write_objects(w, f, at);
		return;
	case KIND_BOOL:
	case KIND_I64:
	case KIND_U64:
	case KIND_U32:
		write_scalar(w, f->kind, at);
		return;
	default:
		write_scalar(w, f->kind, *(const void *const *)at);
	}
}

static bool is_pointer(enum field_kind kind)
{
	return kind == KIND_BOOL_PTR || kind == KIND_I64_PTR || kind == KIND_I32_PTR ||
	       kind == KIND_U64_PTR || kind == KIND_U32_PTR || kind == KIND_U16_PTR ||
	       kind == KIND_STRINGS_PTR || kind == KIND_OBJECT_PTR;
}

static bool any_is_set(const struct table *t, const void *from)
{
	for (size_t i = 0; i < t->n; i++)
		if (field_is_set(&t->fields[i], (const char *)from + t->fields[i].offset))
			return true;
	return false;
}

bool field_is_set(const struct field *f, const void *at)
{
	switch (f->kind) {
	case KIND_STRING:
		return *(const char *const *)at && **(const char *const *)at;
	case KIND_BOOL:
		return *(const bool *)at;
	case KIND_BOOL_PTR:
		return *(const bool *const *)at && **(const bool *const *)at;
	case KIND_I64:
	case KIND_U64:
		return *(const uint64_t *)at != 0;
	case KIND_U32:
		return *(const uint32_t *)at != 0;
	case KIND_STRINGS:
	case KIND_STRING_MAP:
	case KIND_U32_LIST:
	case KIND_LIST:
	case KIND_MAP:
		return ((const struct any_list *)at)->n > 0;
	case KIND_OBJECT:
		return any_is_set(f->sub, at);
	case KIND_OBJECT_PTR:
		return *(const void *const *)at && any_is_set(f->sub, *(const void *const *)at);
	default:
		return *(const void *const *)at != NULL;
	}
}

/* Unlike field_is_set: false that was written down, an empty list that was, and so on, are kept. */
static bool is_written(const struct field *f, const void *base)
{
	const void *at = (const char *)base + f->offset;

	if ((f->flags & FIELD_HAS_FLAG) && *(const bool *)((const char *)base + f->present))
		return true;
	if (is_pointer(f->kind))
		return *(const void *const *)at != NULL;
	if (f->flags & (FIELD_REQUIRED | FIELD_ALWAYS))
		return true;
	if (f->kind == KIND_STRING && (f->flags & FIELD_KEEP_EMPTY))
		return *(const char *const *)at != NULL;
	return field_is_set(f, at);
}

static void write_object(struct writer *w, const struct table *t, const void *from)
{
	bool empty = true;

	open_container(w, "{");
	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->fields[i];

		if (!is_written(f, from))
			continue;
		begin_property(w, f->key, empty);
		write_value(w, f, (const char *)from + f->offset);
		empty = false;
	}
	close_container(w, "}", empty);
}

void table_write(const struct table *t, const void *from, bool indent, struct text *out)
{
	struct writer w = {.out = out, .indent = indent};

	write_object(&w, t, from);
}
