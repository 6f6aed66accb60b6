/* SPDX-License-Identifier: Apache-2.0 */
#include "image/stack.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "spec/table.h"

#define STACK_MAX (1u << 20)

static const struct field fields[] = {
	FIELD_STRINGS(struct stack, layers, "layers", .flags = FIELD_ALWAYS),
	FIELD_U32(struct stack, root, "root"),
	FIELD_BOOL(struct stack, user_xattrs, "userXattrs"),
};
static const struct table stack_table = TABLE(fields);

/* Names become paths. */
static int names_check(const struct stack *s, struct error *err)
{
	size_t i;

	for (i = 0; i < s->layers.n; i++)
		if (strspn(s->layers.v[i], "0123456789abcdef") != strlen(s->layers.v[i]) ||
		    !*s->layers.v[i]) {
			error_field(err, "layers[%zu]", i);
			return error_say(err, EINVAL, "must be hexadecimal digits");
		}
	if (s->root <= s->layers.n)
		return 0;
	error_field(err, "root");
	return error_say(err, EINVAL, "there are only %zu layers", s->layers.n);
}

int stack_read(const struct store *s, const struct digest *config, struct arena *a,
	       struct stack *ret, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *path = arena_join(a, "stacks/", config->hex, NULL);
	struct stack stack = {0};
	const struct json *root;
	int r = file_read_at(s->fd, path, STACK_MAX, &t);

	if (r < 0)
		return r == -ENOENT ? r : error_set(err, -r, "read %s of the image store", path);
	r = json_parse(t.s, t.len, a, &root, err);
	if (r == 0)
		r = table_read(&stack_table, root, &stack, a, err);
	if (r == 0)
		r = names_check(&stack, err);
	if (r == 0)
		*ret = stack;
	else
		error_doc(err, path);
	return r;
}

int stack_write(const struct store *s, const struct digest *config, const struct stack *stack,
		struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;

	table_write(&stack_table, stack, false, &t);
	return store_put(s, "stacks", config->hex, t.s, t.len, err);
}
