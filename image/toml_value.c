/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "image/toml_parts.h"

#define HEX "0123456789abcdefABCDEF"
/* Of numbers, dates and times; and behind what is no value at all, of whatever that is. */
#define SCALAR "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.:"

/* ---- Strings --------------------------------------------------------------------------------- */

static void utf8_add(struct text *out, uint32_t c)
{
	char s[4];
	size_t n = 0;

	if (c < 0x80) {
		s[n++] = (char)c;
	} else if (c < 0x800) {
		s[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		s[n++] = (char)(0xe0 | c >> 12);
		s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		s[n++] = (char)(0xf0 | c >> 18);
		s[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		s[n++] = (char)(0x80 | (c & 0x3f));
	text_add_bytes(out, s, n);
}

/* t->s stands behind "\u" or "\U". */
static int escape_code(struct toml *t, size_t digits, struct text *out)
{
	uint32_t c = 0;

	for (size_t i = 0; i < digits; i++) {
		char d = t->s[i];

		if (!d || !strchr(HEX, d))
			return toml_fault(t, t->s, "hexadecimal digits must follow, 4 or 8");
		c = c << 4 | (uint32_t)(d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
	}
	/* No string of ours holds a NUL. */
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return toml_fault(t, t->s, "that is no character");
	t->s += digits;
	utf8_add(out, c);
	return 0;
}

/* t->s stands on the backslash. */
static int escape(struct toml *t, bool lines, struct text *out)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *at = t->s++, *found;
	size_t blank;

	if (*t->s == 'u' || *t->s == 'U') {
		t->s++;
		return escape_code(t, t->s[-1] == 'u' ? 4 : 8, out);
	}
	/* Before the end of a line: that and all that is white behind it goes. */
	blank = strspn(t->s, " \t\r");
	if (lines && t->s[blank] == '\n') {
		t->s += strspn(t->s, " \t\r\n");
		return 0;
	}
	found = *t->s ? strchr(from, *t->s) : NULL;
	if (!found)
		return toml_fault(t, at, "there is no such escape");
	text_add_bytes(out, &to[found - from], 1);
	t->s++;
	return 0;
}

/* Takes quotes of a string of many lines: three end it, and up to two before those are its own.
 * *end: whether they do. */
static int quotes_take(struct toml *t, char quote, struct text *out, bool *end)
{
	const char *at = t->s;
	size_t n = 0;

	while (t->s[n] == quote && n < 6)
		n++;
	if (n == 6)
		return toml_fault(t, at, "too many quotes");
	*end = n >= 3;
	text_add_bytes(out, at, *end ? n - 3 : n);
	t->s += n;
	return 0;
}

/* t->s stands behind the opening quotes. */
static int string_rest(struct toml *t, char quote, bool lines, struct text *out)
{
	const char stops[] = {quote, '\n', quote == '"' ? '\\' : '\n', 0}, *at = t->s;
	bool end = false;
	int r = 0;

	while (r == 0 && !end) {
		size_t n = strcspn(t->s, stops);

		text_add_bytes(out, t->s, n);
		t->s += n;
		if (!*t->s || (*t->s == '\n' && !lines)) {
			r = toml_fault(t, at, "the string doesn't end");
		} else if (*t->s == '\\') {
			r = escape(t, lines, out);
		} else if (*t->s == quote && lines) {
			r = quotes_take(t, quote, out, &end);
		} else {
			end = *t->s == quote;
			text_add_bytes(out, t->s, end ? 0 : 1);
			t->s++;
		}
	}
	return r;
}

static int string_take(struct toml *t, bool lines, const char **ret)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;
	char quote = *t->s;
	int r;

	t->s += lines ? 3 : 1;
	/* The end of the line that has the quotes is no part. */
	if (lines)
		t->s += starts_with(t->s, "\r\n") ? 2 : *t->s == '\n';
	r = string_rest(t, quote, lines, &out);
	if (r == 0)
		*ret = arena_memdup(t->arena, out.s ? out.s : "", out.len);
	return r;
}

int toml_string(struct toml *t, const char **ret)
{
	return string_take(t, false, ret);
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* t->s stands behind "[". */
static int list_take(struct toml *t, struct toml_node *list)
{
	for (;;) {
		int r;

		toml_lines(t);
		if (*t->s == ']')
			break;
		r = toml_value(t, list, NULL);
		if (r < 0)
			return r;
		toml_lines(t);
		if (*t->s == ',')
			t->s++;
		else if (*t->s != ']')
			return toml_fault(t, t->s, "a , or a ] must follow");
	}
	t->s++;
	return 0;
}

/* t->s stands behind "{". */
static int table_take(struct toml *t, struct toml_node *table)
{
	toml_blank(t);
	if (*t->s == '}') {
		t->s++;
		return 0;
	}
	for (;;) {
		int r = toml_pair(t, table);

		if (r < 0)
			return r;
		toml_blank(t);
		if (*t->s == '}')
			break;
		if (*t->s != ',')
			return toml_fault(t, t->s, "a , or a } must follow");
		t->s++;
	}
	t->s++;
	return 0;
}

static int inner_take(struct toml *t, struct toml_node *parent, const char *key)
{
	bool list = *t->s == '[';
	struct toml_node *n;
	int r;

	if (++t->depth > TOML_DEPTH_MAX)
		return toml_fault(t, t->s, "it is nested deeper than 32 levels");
	n = toml_add(t, parent, key, list ? JSON_LIST : JSON_OBJECT);
	if (!n)
		return -EINVAL;
	t->s++;
	r = list ? list_take(t, n) : table_take(t, n);
	n->flags = TOML_CLOSED;
	t->depth--;
	return r;
}

static int scalar_take(struct toml *t, struct toml_node *parent, const char *key)
{
	size_t len = strspn(t->s, SCALAR);
	const char *text = arena_memdup(t->arena, t->s, len);
	bool yes = streq(text, "true"), no = streq(text, "false");
	struct toml_node *n;

	/* Letters alone are inf and nan, or a string whose quotes are missing. */
	if (!yes && !no && !streq(text, "inf") && !streq(text, "nan") &&
	    (!len || !strchr("0123456789+-", text[0])))
		return toml_fault(t, t->s,
				  len ? "a string stands in quotes" : "a value must follow");
	n = toml_add(t, parent, key, yes ? JSON_TRUE : no ? JSON_FALSE : JSON_NUMBER);
	if (!n)
		return -EINVAL;
	if (!yes && !no)
		n->json.text = text;
	t->s += len;
	return 0;
}

int toml_value(struct toml *t, struct toml_node *parent, const char *key)
{
	bool lines = starts_with(t->s, "\"\"\"") || starts_with(t->s, "'''");
	struct toml_node *n;
	const char *text;
	int r;

	if (*t->s == '[' || *t->s == '{')
		return inner_take(t, parent, key);
	if (*t->s != '"' && *t->s != '\'')
		return scalar_take(t, parent, key);
	r = string_take(t, lines, &text);
	if (r < 0)
		return r;
	n = toml_add(t, parent, key, JSON_STRING);
	if (!n)
		return -EINVAL;
	n->json.text = text;
	return 0;
}
