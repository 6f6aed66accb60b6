/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/answer.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "spec/failure.h"

struct answer {
	const char *warning;
	struct failure *error;
};

static const struct field fields[] = {
	FIELD_STRING(struct answer, warning, "warning"),
	FIELD_OBJECT_PTR(struct answer, error, "error", failure_table),
};
static const struct table table = TABLE(fields);

/* ---- Writing --------------------------------------------------------------------------------- */

static void line_add(const struct answer *line, struct text *out)
{
	table_write(&table, line, false, out);
	text_add(out, "\n");
}

void answer_add_warnings(const struct warnings *w, struct text *out)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *line = w->lines.s;

	while (line && *line) {
		size_t n = strcspn(line, "\n");

		line_add(&(struct answer){.warning = arena_memdup(&a, line, n)}, out);
		line += n + (line[n] == '\n');
	}
}

void answer_add_error(const struct error *e, struct text *out)
{
	struct failure f = failure_of(e);

	line_add(&(struct answer){.error = &f}, out);
}

void answer_add_result(const struct table *t, const void *result, struct text *out)
{
	text_add(out, "{\"result\":");
	table_write(t, result, false, out);
	text_add(out, "}\n");
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int result_read(const struct json *line, const struct table *t, void *result,
		       struct arena *a)
{
	const struct json *member = t ? line->first : NULL;

	while (member && !streq(member->key, "result"))
		member = member->next;
	return member ? table_read(t, member, result, a, NULL) : 0;
}

int answer_read(const struct text *from, const char *who, const struct table *t, void *result,
		struct arena *a, struct warnings *warn, struct error *err)
{
	const char *line = from->s, *end = from->s + from->len;
	int r = 0;

	while (line && line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((stop ? stop : end) - line);
		struct answer answer = {0};
		const struct json *root;

		if (json_parse(line, n, a, &root, NULL) < 0 ||
		    table_read(&table, root, &answer, a, NULL) < 0 ||
		    result_read(root, t, result, a) < 0)
			return error_say(err, EPROTO, "%s gave an answer that is none", who);
		if (answer.warning)
			warn_add(warn, "%s", answer.warning);
		if (answer.error && r == 0)
			r = failure_pass(answer.error, err);
		line += n + 1;
	}
	return r;
}
