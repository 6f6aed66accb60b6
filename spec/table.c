/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: walks the tree of a document and the tables side by side. Where it stands is a chain
 * of places on the stack; it becomes a path only when there is an error to report.
 */
#include "spec/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spec/config.h"

struct place {
	const struct place *up;
	const char *key; /* NULL: an entry of a list, index says which */
	size_t index;
};

struct reader {
	struct arena *arena;
	struct error *err;
};

_Static_assert(offsetof(struct strings, v) == offsetof(struct any_list, v), "lists look alike");
_Static_assert(offsetof(struct string_map, v) == offsetof(struct any_list, v), "lists look alike");

static int read_object(struct reader *r, const struct table *t, const struct json *object,
		       const struct place *at, void *ret);

const struct field *table_field(const struct table *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->fields[i].key, key) == 0)
			return &t->fields[i];
	return NULL;
}

/* Whether a key can stand in a path as it is; one with a dot in it would look like two. */
static bool plain_key(const char *key)
{
	for (const char *c = key; *c; c++)
		if (!(*c >= '0' && *c <= '9') && !((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z') &&
		    *c != '_' && *c != '-')
			return false;
	return *key;
}

static size_t append_path(const struct place *at, char *buf, size_t size)
{
	size_t used;
	int n;

	if (!at)
		return 0;
	used = append_path(at->up, buf, size);
	if (used >= size)
		return used;
	if (!at->key)
		n = snprintf(buf + used, size - used, "[%zu]", at->index);
	else if (plain_key(at->key))
		n = snprintf(buf + used, size - used, "%s%s", used ? "." : "", at->key);
	else
		n = snprintf(buf + used, size - used, "[\"%s\"]", at->key);
	return used + (size_t)n;
}

static int fail(struct reader *r, const struct place *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct reader *r, const struct place *at, const char *fmt, ...)
{
	char path[512] = "", why[1024];
	va_list ap;

	append_path(at, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return error_at(r->err, path, "%s", why);
}

static int wrong_type(struct reader *r, const struct place *at, const char *wanted,
		      const struct json *node)
{
	return fail(r, at, "must be %s, got %s", wanted, json_type_name(node->type));
}

/* What the integer kinds hold, and how wide they are. */
struct range {
	int64_t min;
	uint64_t max;
	size_t size;
};

static const struct range *kind_range(enum field_kind kind)
{
	static const struct range i64 = {INT64_MIN, INT64_MAX, 8}, i32 = {INT32_MIN, INT32_MAX, 4},
				  u64 = {0, UINT64_MAX, 8}, u32 = {0, UINT32_MAX, 4},
				  u16 = {0, UINT16_MAX, 2};

	switch (kind) {
	case KIND_I64:
	case KIND_I64_PTR:
		return &i64;
	case KIND_I32_PTR:
		return &i32;
	case KIND_U64:
	case KIND_U64_PTR:
		return &u64;
	case KIND_U16_PTR:
		return &u16;
	default:
		return &u32;
	}
}

/* Writes the number of the text into *ret, two's complement. False if it is not within the range;
 * the text is a JSON number without fraction and exponent. */
static bool parse_integer(const char *text, int64_t min, uint64_t max, uint64_t *ret)
{
	bool negative = *text == '-';
	uint64_t v = 0, limit = !negative ? max : min < 0 ? -(uint64_t)min : 0;

	for (const char *c = text + negative; *c; c++) {
		uint64_t digit = (uint64_t)(*c - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > limit || (min > 0 && (negative || v < (uint64_t)min)))
		return false;
	*ret = negative ? -v : v;
	return true;
}

static int read_integer(struct reader *r, const struct field *f, const struct json *node,
			const struct place *at, void *ret)
{
	const struct range *kind = kind_range(f->kind);
	int64_t min = f->min || f->max ? f->min : kind->min;
	uint64_t max = f->min || f->max ? f->max : kind->max, v;

	if (node->type != JSON_NUMBER)
		return wrong_type(r, at, "a whole number", node);
	if (strpbrk(node->text, ".eE"))
		return fail(r, at, "must be a whole number without fraction or exponent, got %.40s",
			    node->text);
	if (!parse_integer(node->text, min, max, &v))
		return fail(r, at, "must be from %lld to %llu, got %.40s", (long long)min,
			    (unsigned long long)max, node->text);
	if (kind->size == 8)
		*(uint64_t *)ret = v;
	else if (kind->size == 4)
		*(uint32_t *)ret = (uint32_t)v;
	else
		*(uint16_t *)ret = (uint16_t)v;
	return 0;
}

static int read_bool(struct reader *r, const struct json *node, const struct place *at, bool *ret)
{
	if (node->type != JSON_TRUE && node->type != JSON_FALSE)
		return wrong_type(r, at, "a boolean", node);
	*ret = node->type == JSON_TRUE;
	return 0;
}

static int not_listed(struct reader *r, const struct place *at, const char *const *values,
		      const char *got)
{
	char list[900] = "";
	size_t used = 0;

	for (; *values && used < sizeof(list); values++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "\"%s\", ", *values);
	return fail(r, at, "must be one of %sgot \"%.64s\"", list, got);
}

static int check_string(struct reader *r, const struct field *f, const char *s,
			const struct place *at)
{
	if ((f->flags & FIELD_NONEMPTY) && !*s)
		return fail(r, at, "must not be empty");
	if ((f->flags & FIELD_ABSOLUTE) && *s != '/')
		return fail(r, at, "must be an absolute path, got \"%.200s\"", s);
	if (!f->values)
		return 0;
	for (const char *const *v = f->values; *v; v++)
		if (strcmp(*v, s) == 0)
			return 0;
	return not_listed(r, at, f->values, s);
}

static int read_string(struct reader *r, const struct field *f, const struct json *node,
		       const struct place *at, const char **ret)
{
	int err;

	if (node->type != JSON_STRING)
		return wrong_type(r, at, "a string", node);
	if (!*node->text && !(f->flags & (FIELD_REQUIRED | FIELD_KEEP_EMPTY)))
		return 0;
	err = check_string(r, f, node->text, at);
	if (err < 0)
		return err;
	*ret = node->text;
	return 0;
}

/* A list with room for node's children and one more, all zero. */
static struct any_list new_list(struct reader *r, const struct json *node, size_t size)
{
	return (struct any_list){node->n, arena_alloc(r->arena, (node->n + 1UL) * size)};
}

static int check_list(struct reader *r, const struct field *f, const struct json *node,
		      const struct place *at, const char *wanted)
{
	if (node->type != JSON_LIST)
		return wrong_type(r, at, wanted, node);
	if ((f->flags & FIELD_NONEMPTY) && !node->n)
		return fail(r, at, "must have at least one entry");
	return 0;
}

static int read_strings(struct reader *r, const struct field *f, const struct json *node,
			const struct place *at, struct strings *ret)
{
	struct any_list list;
	const char **v;
	size_t i = 0;
	int err = check_list(r, f, node, at, "a list of strings");

	if (err < 0)
		return err;
	list = new_list(r, node, sizeof(*v));
	v = list.v;
	for (const struct json *c = node->first; c; c = c->next, i++) {
		struct place here = {.up = at, .index = i};
		struct field entry = {.flags = f->flags & FIELD_ABSOLUTE, .values = f->values};

		if (c->type != JSON_STRING)
			return wrong_type(r, &here, "a string", c);
		err = check_string(r, &entry, c->text, &here);
		if (err < 0)
			return err;
		v[i] = c->text;
	}
	*ret = (struct strings){list.n, v};
	return 0;
}

static int read_numbers(struct reader *r, const struct field *f, const struct json *node,
			const struct place *at, struct any_list *ret)
{
	struct any_list list;
	size_t i = 0;
	int err = check_list(r, f, node, at, "a list of numbers");

	if (err < 0)
		return err;
	list = new_list(r, node, sizeof(uint32_t));
	for (const struct json *c = node->first; c; c = c->next, i++) {
		struct place here = {.up = at, .index = i};

		err = read_integer(r, f, c, &here, (uint32_t *)list.v + i);
		if (err < 0)
			return err;
	}
	*ret = list;
	return 0;
}

static int read_string_map(struct reader *r, const struct json *node, const struct place *at,
			   struct string_map *ret)
{
	struct string_map map = {0};

	if (node->type != JSON_OBJECT)
		return wrong_type(r, at, "an object of strings", node);
	map.v = arena_alloc(r->arena, (node->n + 1UL) * sizeof(*map.v));
	for (const struct json *c = node->first; c; c = c->next) {
		struct place here = {.up = at, .key = c->key};

		if (c->type == JSON_NULL)
			continue;
		if (!*c->key)
			return fail(r, at, "a key must not be empty");
		if (c->type != JSON_STRING)
			return wrong_type(r, &here, "a string", c);
		map.v[map.n++] = (struct string_pair){c->key, c->text};
	}
	*ret = map;
	return 0;
}

/* A list of objects, or (KIND_MAP) an object of objects, whose keys are stored in them. */
static int read_objects(struct reader *r, const struct field *f, const struct json *node,
			const struct place *at, struct any_list *ret)
{
	bool map = f->kind == KIND_MAP;
	struct any_list list;
	size_t i = 0, n = 0;
	int err = 0;

	if (!map)
		err = check_list(r, f, node, at, "a list of objects");
	else if (node->type != JSON_OBJECT)
		err = wrong_type(r, at, "an object of objects", node);
	if (err < 0)
		return err;
	list = new_list(r, node, f->size);
	for (const struct json *c = node->first; c; c = c->next, i++) {
		struct place here = {.up = at, .key = c->key, .index = i};
		void *entry = (char *)list.v + n * f->size;

		if (map && c->type == JSON_NULL)
			continue;
		if (map && !*c->key)
			return fail(r, at, "a key must not be empty");
		err = read_object(r, f->sub, c, &here, entry);
		if (err < 0)
			return err;
		if (map)
			*(const char **)entry = c->key;
		n++;
	}
	list.n = n;
	*ret = list;
	return 0;
}

/* Allocates what a pointer kind points to and hangs it in only when it has been read. */
static int read_pointer(struct reader *r, const struct field *f, const struct json *node,
			const struct place *at, void **ret)
{
	size_t size = f->kind == KIND_OBJECT_PTR ? f->size : sizeof(struct strings);
	void *value = arena_alloc(r->arena, size);
	int err;

	if (f->kind == KIND_OBJECT_PTR)
		err = read_object(r, f->sub, node, at, value);
	else if (f->kind == KIND_STRINGS_PTR)
		err = read_strings(r, f, node, at, value);
	else if (f->kind == KIND_BOOL_PTR)
		err = read_bool(r, node, at, value);
	else
		err = read_integer(r, f, node, at, value);
	if (err < 0)
		return err;
	*ret = value;
	return 0;
}

static int read_field(struct reader *r, const struct field *f, const struct json *node,
		      const struct place *at, void *ret)
{
	switch (f->kind) {
	case KIND_STRING:
		return read_string(r, f, node, at, ret);
	case KIND_BOOL:
		return read_bool(r, node, at, ret);
	case KIND_I64:
	case KIND_U64:
	case KIND_U32:
		return read_integer(r, f, node, at, ret);
	case KIND_STRINGS:
		return read_strings(r, f, node, at, ret);
	case KIND_U32_LIST:
		return read_numbers(r, f, node, at, ret);
	case KIND_STRING_MAP:
		return read_string_map(r, node, at, ret);
	case KIND_OBJECT:
		return read_object(r, f->sub, node, at, ret);
	case KIND_LIST:
	case KIND_MAP:
		return read_objects(r, f, node, at, ret);
	default:
		return read_pointer(r, f, node, at, ret);
	}
}

/* Writers keep the order of the specification, so the search goes on where the last one ended. */
static const struct field *next_field(const struct table *t, const char *key, size_t *at)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t k = *at + i < t->n ? *at + i : *at + i - t->n;

		if (t->fields[k].key[0] == key[0] && strcmp(t->fields[k].key, key) == 0) {
			*at = k + 1 < t->n ? k + 1 : 0;
			return &t->fields[k];
		}
	}
	return NULL;
}

static int read_object(struct reader *r, const struct table *t, const struct json *object,
		       const struct place *at, void *ret)
{
	uint64_t seen = 0;
	size_t search = 0;

	if (object->type != JSON_OBJECT)
		return wrong_type(r, at, "an object", object);
	for (const struct json *c = object->first; c; c = c->next) {
		const struct field *f = next_field(t, c->key, &search);
		struct place here = {.up = at, .key = c->key};
		int err;

		if (!f || c->type == JSON_NULL)
			continue;
		seen |= 1ULL << (f - t->fields);
		err = read_field(r, f, c, &here, (char *)ret + f->offset);
		if (err < 0)
			return err;
		if (f->flags & FIELD_HAS_FLAG)
			*(bool *)((char *)ret + f->present) = true;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct place missing = {.up = at, .key = t->fields[i].key};

		if ((t->fields[i].flags & FIELD_REQUIRED) && !(seen & (1ULL << i)))
			return fail(r, &missing, "is required");
	}
	return 0;
}

int table_read(const struct table *t, const struct json *object, void *ret, struct arena *a,
	       struct error *err)
{
	struct reader r = {.arena = a, .err = err};

	return read_object(&r, t, object, NULL, ret);
}
