/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads JSON through yajl's event parser into a tree.
 *
 * yajl is lenient where a runtime must not be: it lets overlong UTF-8 through and turns half a
 * surrogate pair into "?". Both would make hoy act on another string than the one that was written,
 * so the bytes are checked before yajl sees them, and its own check is switched off.
 */
#include "spec/json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* Up to this many keys, comparing all pairs is cheaper than sorting. */
#define KEYS_COMPARED_IN_PAIRS 16

struct level {
	struct json *node; /* the list or object that is open */
	struct json *last; /* its last child, NULL before the first */
};

struct parser {
	struct arena *arena;
	struct error *err;
	struct json *root;
	const char *key; /* of the value that comes next */
	unsigned values;
	unsigned depth; /* levels in use */
	struct level levels[JSON_DEPTH_MAX];
};

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	    [JSON_FALSE] = "a boolean", [JSON_TRUE] = "a boolean",
		[JSON_NUMBER] = "a number", [JSON_STRING] = "a string", [JSON_LIST] = "a list",
		[JSON_OBJECT] = "an object"};

	return names[type];
}

/* The error's field becomes the line and column of text[at]. */
static void locate(const char *text, size_t at, struct error *err)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < at; i++) {
		if (text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	error_field(err, "%zu:%zu", line, at - start + 1);
}

static int broken(const char *text, size_t at, struct error *err, const char *why)
{
	error_say(err, EINVAL, "%s", why);
	locate(text, at, err);
	return -EINVAL;
}

/* The error's field becomes the path of the value that is being read: its parents' last children.
 */
static void locate_value(struct parser *p, const char *key)
{
	char path[512] = "";
	size_t used = 0;

	for (unsigned i = 0; i < p->depth && used < sizeof(path); i++) {
		const struct level *l = &p->levels[i];
		const char *name = i + 1 < p->depth ? p->levels[i + 1].node->key : key;
		unsigned index = i + 1 < p->depth ? l->node->n - 1 : l->node->n;

		if (l->node->type == JSON_LIST)
			used += snprintf(path + used, sizeof(path) - used, "[%u]", index);
		else
			used += snprintf(path + used, sizeof(path) - used, "%s%s", used ? "." : "",
					 name ? name : "");
	}
	error_field(p->err, "%s", path);
}

static int refuse(struct parser *p, const char *key, const char *why)
{
	error_say(p->err, EINVAL, "%s", why);
	locate_value(p, key);
	return 0; /* yajl: stop */
}

/* A new node, hung below the open level; NULL when the document has too many or nests too deep. */
static struct json *add(struct parser *p, enum json_type type)
{
	struct level *l = p->depth ? &p->levels[p->depth - 1] : NULL;
	struct json *node;

	if (++p->values > JSON_VALUES_MAX) {
		refuse(p, p->key, "the document has more than 1000000 values");
		return NULL;
	}
	node = arena_alloc(p->arena, sizeof(*node));
	node->type = type;
	node->key = p->key;
	p->key = NULL;
	if (!l) {
		p->root = node;
		return node;
	}
	if (l->last)
		l->last->next = node;
	else
		l->node->first = node;
	l->last = node;
	l->node->n++;
	return node;
}

static int open_level(struct parser *p, enum json_type type)
{
	struct json *node;

	if (p->depth == JSON_DEPTH_MAX) {
		/* No path: it would be a hundred names long and say nothing. */
		error_say(p->err, EINVAL, "is nested deeper than %d levels", JSON_DEPTH_MAX);
		return 0;
	}
	node = add(p, type);
	if (!node)
		return 0;
	p->levels[p->depth++] = (struct level){.node = node};
	return 1;
}

static int on_null(void *ctx)
{
	return add(ctx, JSON_NULL) != NULL;
}

static int on_boolean(void *ctx, int value)
{
	return add(ctx, value ? JSON_TRUE : JSON_FALSE) != NULL;
}

static int on_number(void *ctx, const char *s, size_t len)
{
	struct parser *p = ctx;
	struct json *node = add(p, JSON_NUMBER);

	if (node)
		node->text = arena_memdup(p->arena, s, len);
	return node != NULL;
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	struct parser *p = ctx;
	struct json *node;

	if (memchr(s, 0, len))
		return refuse(p, p->key, "must not contain a NUL character");
	node = add(p, JSON_STRING);
	if (node)
		node->text = arena_memdup(p->arena, s, len);
	return node != NULL;
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct parser *p = ctx;

	p->key = arena_memdup(p->arena, s, len);
	if (memchr(s, 0, len))
		return refuse(p, p->key, "a property's name must not contain a NUL character");
	return 1;
}

static int on_object(void *ctx)
{
	return open_level(ctx, JSON_OBJECT);
}

static int on_list(void *ctx)
{
	return open_level(ctx, JSON_LIST);
}

static int on_list_end(void *ctx)
{
	struct parser *p = ctx;

	p->depth--;
	return 1;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The key that object has twice, or NULL. Sorting keeps a hostile object of a million keys cheap.
 */
static const char *repeated_key(const struct json *object)
{
	const char **keys, *found = NULL;
	size_t n = 0;

	if (object->n <= KEYS_COMPARED_IN_PAIRS) {
		for (const struct json *a = object->first; a; a = a->next)
			for (const struct json *b = a->next; b; b = b->next)
				if (a->key[0] == b->key[0] && strcmp(a->key, b->key) == 0)
					return b->key;
		return NULL;
	}
	keys = calloc(object->n, sizeof(*keys));
	if (!keys)
		abort(); /* as the arena does */
	for (const struct json *c = object->first; c; c = c->next)
		keys[n++] = c->key;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n && !found; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			found = keys[i];
	free(keys);
	return found;
}

static int on_object_end(void *ctx)
{
	struct parser *p = ctx;
	const char *key = repeated_key(p->levels[p->depth - 1].node);

	if (key)
		return refuse(p, key, "is there twice in the same object");
	p->depth--;
	return 1;
}

/* The length of the UTF-8 character at s (RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF), or 0. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (n < 3)
		return n;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* The four hexadecimal digits at s, or -1. */
static int hex4(const char *s, size_t left)
{
	int v = 0;

	if (left < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = s[i] | 0x20; /* small letter; digits have this bit */

		if (c >= '0' && c <= '9')
			v = v * 16 + c - '0';
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + c - 'a' + 10;
		else
			return -1;
	}
	return v;
}

/* The length of the escape at s (s[0] is the backslash), or 0 if it is half a surrogate pair. Other
 * nonsense is left to yajl. */
static size_t escape_length(const char *s, size_t left)
{
	int high, low = -1;

	if (left < 2 || s[1] != 'u')
		return left < 2 ? left : 2;
	high = hex4(s + 2, left - 2);
	if (high < 0xd800 || high > 0xdfff)
		return 2;
	if (left >= 8 && s[6] == '\\' && s[7] == 'u')
		low = hex4(s + 8, left - 8);
	return high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

static int check_bytes(const char *text, size_t len, struct error *err)
{
	size_t i = 0;

	while (i < len) {
		size_t n;

		if (text[i] == '\\') {
			n = escape_length(text + i, len - i);
			if (!n)
				return broken(text, i, err, "is half of a surrogate pair");
		} else {
			n = utf8_length((const unsigned char *)text + i, len - i);
			if (!n)
				return broken(text, i, err, "is not valid UTF-8");
		}
		i += n;
	}
	return 0;
}

/*
 * Says it in yajl's own words, "lexical error: invalid char in json text.\n", without the line's
 * end. used: the bytes that yajl has consumed, which include the one that it stumbled over, except
 * "… inside map", "… inside a string" and at the end.
 */
static int syntax_error(yajl_handle h, const char *text, size_t used, struct error *err)
{
	unsigned char *said = yajl_get_error(h, 0, NULL, 0);
	char why[256] = "";

	snprintf(why, sizeof(why), "is not valid JSON: %s", said ? (const char *)said : "?");
	yajl_free_error(h, said);
	why[strcspn(why, ".\n")] = '\0';
	if (used && !strstr(why, "inside") && !strstr(why, "EOF"))
		used--;
	return broken(text, used, err, why);
}

static int run(struct parser *p, const char *text, size_t len)
{
	static const yajl_callbacks calls = {.yajl_null = on_null,
					     .yajl_boolean = on_boolean,
					     .yajl_number = on_number,
					     .yajl_string = on_string,
					     .yajl_start_map = on_object,
					     .yajl_map_key = on_key,
					     .yajl_end_map = on_object_end,
					     .yajl_start_array = on_list,
					     .yajl_end_array = on_list_end};
	yajl_handle h = yajl_alloc(&calls, NULL, p);
	yajl_status status;
	size_t used;
	int r = 0;

	if (!h)
		abort();
	yajl_config(h, yajl_dont_validate_strings, 1);
	status = yajl_parse(h, (const unsigned char *)text, len);
	used = yajl_get_bytes_consumed(h);
	if (status == yajl_status_ok) {
		status = yajl_complete_parse(h);
		used = len;
	}
	if (status == yajl_status_client_canceled) {
		locate(text, used ? used - 1 : 0, p->err); /* unless there is a path */
		r = -EINVAL;
	} else if (status != yajl_status_ok) {
		r = syntax_error(h, text, used, p->err);
	}
	yajl_free(h);
	return r;
}

int json_parse(const char *text, size_t len, struct arena *a, const struct json **ret,
	       struct error *err)
{
	struct error scratch = ERROR_INIT;
	struct parser p = {.arena = a, .err = err ? err : &scratch};
	size_t blank = 0;
	int r;

	if (len > JSON_TEXT_MAX)
		return error_say(p.err, EFBIG, "is larger than %d MiB", JSON_TEXT_MAX >> 20);
	while (blank < len && memchr(" \t\r\n", text[blank], 4))
		blank++;
	if (blank == len)
		return error_say(p.err, EINVAL, "is empty");
	r = check_bytes(text, len, p.err);
	if (r < 0)
		return r;
	r = run(&p, text, len);
	if (r < 0)
		return r;
	*ret = p.root;
	return 0;
}
