/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "image/toml_parts.h"

#define BARE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* ---- Words ----------------------------------------------------------------------------------- */

int toml_fault(struct toml *t, const char *at, const char *why)
{
	size_t line = 1;
	const char *start = t->text;

	for (const char *p = t->text; p < at; p++) {
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
	}
	error_say(t->err, EINVAL, "is not valid TOML: %s", why);
	error_field(t->err, "%zu:%zu", line, (size_t)(at - start) + 1);
	return -EINVAL;
}

void toml_blank(struct toml *t)
{
	t->s += strspn(t->s, " \t");
}

void toml_lines(struct toml *t)
{
	for (;;) {
		t->s += strspn(t->s, " \t\r\n");
		if (*t->s != '#')
			return;
		t->s += strcspn(t->s, "\n");
	}
}

/* ---- The tree -------------------------------------------------------------------------------- */

struct toml_node *toml_add(struct toml *t, struct toml_node *parent, const char *key,
			   enum json_type type)
{
	struct toml_node *n;

	if (++t->values > TOML_VALUES_MAX) {
		toml_fault(t, t->s, "the document has more than 20000 values");
		return NULL;
	}
	n = arena_alloc(t->arena, sizeof(*n));
	n->json.type = type;
	n->json.key = key;
	if (parent->last)
		parent->last->json.next = &n->json;
	else
		parent->json.first = &n->json;
	parent->last = n;
	parent->json.n++;
	return n;
}

struct toml_node *toml_find(const struct toml_node *table, const char *key)
{
	struct json *j = table->json.first;

	while (j && !streq(j->key, key))
		j = j->next;
	return (struct toml_node *)j;
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static int key_part(struct toml *t, const char **ret)
{
	size_t n = strspn(t->s, BARE);

	if (*t->s == '"' || *t->s == '\'')
		return toml_string(t, ret);
	if (!n)
		return toml_fault(t, t->s,
				  "a key has letters, digits, _ and -, or stands in quotes");
	*ret = arena_memdup(t->arena, t->s, n);
	t->s += n;
	return 0;
}

struct key {
	unsigned n;
	const char *part[TOML_DEPTH_MAX];
};

/* "a.b.c" with what stands around the dots. */
static int key_take(struct toml *t, struct key *ret)
{
	for (ret->n = 0;;) {
		int r;

		if (ret->n == TOML_DEPTH_MAX)
			return toml_fault(t, t->s, "the key has more than 32 parts");
		toml_blank(t);
		r = key_part(t, &ret->part[ret->n++]);
		if (r < 0)
			return r;
		toml_blank(t);
		if (*t->s != '.')
			return 0;
		t->s++;
	}
}

int toml_pair(struct toml *t, struct toml_node *table)
{
	const char *at = t->s;
	struct key key;
	int r = key_take(t, &key);

	if (r < 0)
		return r;
	for (unsigned i = 0; i + 1 < key.n; i++) {
		struct toml_node *n = toml_find(table, key.part[i]);

		/* One that has a header, or is a value, is whole. */
		if (n && !(n->flags & TOML_DOTTED))
			return toml_fault(t, at, "the key is there already");
		if (!n) {
			n = toml_add(t, table, key.part[i], JSON_OBJECT);
			if (!n)
				return -EINVAL;
			n->flags = TOML_DOTTED;
		}
		table = n;
	}
	if (toml_find(table, key.part[key.n - 1]))
		return toml_fault(t, at, "the key is there already");
	if (*t->s != '=')
		return toml_fault(t, t->s, "a = must follow the key");
	t->s++;
	toml_blank(t);
	return toml_value(t, table, key.part[key.n - 1]);
}

/* ---- Headers --------------------------------------------------------------------------------- */

/* The table below `table` that a header passes through. */
static struct toml_node *header_step(struct toml *t, struct toml_node *table, const char *key,
				     const char *at)
{
	struct toml_node *n = toml_find(table, key);

	if (!n)
		return toml_add(t, table, key, JSON_OBJECT);
	/* The newest of a list is meant. */
	if (n->flags & TOML_TABLES)
		return n->last;
	if (n->json.type == JSON_OBJECT && !(n->flags & TOML_CLOSED))
		return n;
	toml_fault(t, at, "the key is there already, and is no table");
	return NULL;
}

/* The table that the lines behind [header] or [[header]] belong to. */
static struct toml_node *header_end(struct toml *t, struct toml_node *table, const char *key,
				    bool list, const char *at)
{
	struct toml_node *n = toml_find(table, key);

	if (!n) {
		n = toml_add(t, table, key, list ? JSON_LIST : JSON_OBJECT);
		if (!n)
			return NULL;
		n->flags = list ? TOML_TABLES : TOML_HEADED;
	} else if (list ? !(n->flags & TOML_TABLES) : n->json.type != JSON_OBJECT || n->flags) {
		toml_fault(t, at, "the table is there already");
		return NULL;
	}
	if (!list) {
		n->flags = TOML_HEADED;
		return n;
	}
	n = toml_add(t, n, NULL, JSON_OBJECT);
	if (n)
		n->flags = TOML_HEADED;
	return n;
}

static int header_take(struct toml *t, struct toml_node *root, struct toml_node **ret)
{
	const char *at = t->s, *end;
	bool list = starts_with(t->s, "[[");
	struct toml_node *table = root;
	struct key key;
	int r;

	end = list ? "]]" : "]";
	t->s += strlen(end);
	r = key_take(t, &key);
	if (r < 0)
		return r;
	if (!starts_with(t->s, end))
		return toml_fault(t, t->s, list ? "]] must follow" : "a ] must follow");
	t->s += strlen(end);
	for (unsigned i = 0; i + 1 < key.n && table; i++)
		table = header_step(t, table, key.part[i], at);
	if (table)
		table = header_end(t, table, key.part[key.n - 1], list, at);
	if (!table)
		return -EINVAL;
	*ret = table;
	return 0;
}

/* ---- The document ---------------------------------------------------------------------------- */

/* What no place of a document may have: so nothing behind has to look for it. */
static int bytes_check(struct toml *t, size_t len)
{
	const char *s = t->text;

	while (s < t->text + len) {
		unsigned char c = (unsigned char)*s;
		size_t n = c ? text_utf8_length(s) : 0;

		if (c && !n)
			return toml_fault(t, s, "it is not UTF-8");
		if ((c < 0x20 && c != '\t' && c != '\n' && !(c == '\r' && s[1] == '\n')) ||
		    c == 0x7f)
			return toml_fault(t, s, "there is a control character");
		s += n;
	}
	return 0;
}

int toml_parse(const char *text, size_t len, struct arena *a, const struct json **ret,
	       struct error *err)
{
	struct toml t = {.arena = a, .err = err};
	struct toml_node *root = arena_alloc(a, sizeof(*root)), *table = root;
	int r;

	if (len > TOML_TEXT_MAX)
		return error_say(err, EFBIG, "is larger than %d MiB", TOML_TEXT_MAX >> 20);
	t.text = t.s = arena_memdup(a, text, len);
	root->json.type = JSON_OBJECT;
	r = bytes_check(&t, len);
	while (r == 0) {
		toml_lines(&t);
		if (!*t.s)
			break;
		r = *t.s == '[' ? header_take(&t, root, &table) : toml_pair(&t, table);
		if (r < 0)
			break;
		toml_blank(&t);
		if (*t.s && !strchr("#\r\n", *t.s))
			r = toml_fault(&t, t.s, "the line must end here");
	}
	if (r == 0)
		*ret = &root->json;
	return r;
}
