/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/outcome.h"

#include "base/fd.h"
#include "spec/json.h"
#include "spec/table.h"

#define NAME	 "exit"
#define TEXT_MAX 65536

static const struct field fields[] = {
	FIELD_I64(struct outcome, pid, "pid", .flags = FIELD_ALWAYS, .max = INT32_MAX),
	FIELD_U32(struct outcome, status, "exitCode", .flags = FIELD_REQUIRED, .max = 255),
	FIELD_BOOL(struct outcome, oom, "oomKilled", .flags = FIELD_ALWAYS),
	FIELD_STRING(struct outcome, error, "error"),
	FIELD_STRING(struct outcome, started, "startedAt"),
	FIELD_STRING(struct outcome, finished, "finishedAt"),
	FIELD_U32(struct outcome, restarts, "restartCount", .flags = FIELD_ALWAYS),
};
static const struct table table = TABLE(fields);

int outcome_write(int dir, const struct outcome *o)
{
	_cleanup_(text_free) struct text out = TEXT_INIT;

	table_write(&table, o, false, &out);
	text_add(&out, "\n");
	return file_replace_at(dir, NAME, out.s, out.len, 0600);
}

int outcome_read(int dir, struct arena *a, struct outcome *ret)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	struct outcome o = {0};
	const struct json *tree;
	int r = file_read_at(dir, NAME, TEXT_MAX, &text);

	if (r == 0)
		r = json_parse(text.s, text.len, a, &tree, NULL);
	if (r == 0)
		r = table_read(&table, tree, &o, a, NULL);
	if (r == 0)
		*ret = o;
	return r;
}
