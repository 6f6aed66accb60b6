/* SPDX-License-Identifier: Apache-2.0 */
#include "image/request.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "image/failure.h"
#include "spec/table.h"

static const struct field request_fields[] = {
	FIELD_STRING(struct request, verb, "verb", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct request, store, "store", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE),
	FIELD_STRINGS(struct request, images, "images"),
	FIELD_STRING(struct request, input, "input"),
	FIELD_STRING(struct request, output, "output"),
	FIELD_STRING(struct request, name, "name"),
	FIELD_STRING(struct request, format, "format"),
	FIELD_STRING(struct request, platform, "platform"),
	FIELD_STRINGS(struct request, changes, "changes"),
	FIELD_STRING(struct request, message, "message"),
	FIELD_STRING(struct request, author, "author"),
	FIELD_STRING(struct request, container, "container"),
	FIELD_STRING(struct request, authfile, "authfile"),
	FIELD_STRING(struct request, credentials, "credentials"),
	FIELD_STRING(struct request, cert_dir, "certDir"),
	FIELD_BOOL(struct request, insecure, "insecure"),
	FIELD_BOOL(struct request, silent, "silent"),
	FIELD_BOOL(struct request, quiet, "quiet"),
	FIELD_BOOL(struct request, all, "all"),
	FIELD_BOOL(struct request, repair, "repair"),
};
static const struct table request_table = TABLE(request_fields);

struct answer {
	const char *warning;
	struct failure *error;
};

static const struct field answer_fields[] = {
	FIELD_STRING(struct answer, warning, "warning"),
	FIELD_OBJECT_PTR(struct answer, error, "error", failure_table),
};
static const struct table answer_table = TABLE(answer_fields);

void request_write(const struct request *r, struct text *out)
{
	table_write(&request_table, r, false, out);
}

int request_read(const struct text *from, struct arena *a, struct request *ret, struct error *err)
{
	struct request request = {0};
	const struct json *root;
	int r = json_parse(from->s ? from->s : "", from->len, a, &root, err);

	if (r == 0)
		r = table_read(&request_table, root, &request, a, err);
	if (r == 0)
		*ret = request;
	else
		error_doc(err, "request");
	return r;
}

static void answer_write(const struct answer *w, struct text *out)
{
	table_write(&answer_table, w, false, out);
	text_add(out, "\n");
}

void answer_write_warning(const char *line, struct text *out)
{
	struct answer w = {.warning = line};

	answer_write(&w, out);
}

void answer_write_error(const struct error *e, struct text *out)
{
	struct failure f = failure_of(e);
	struct answer w = {.error = &f};

	answer_write(&w, out);
}

int answer_read(const struct text *from, struct warnings *warn, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *line = from->s, *end = from->s + from->len;
	int r = 0;

	while (line && line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((stop ? stop : end) - line);
		struct answer answer = {0};
		const struct json *root;

		if (json_parse(line, n, &a, &root, NULL) < 0 ||
		    table_read(&answer_table, root, &answer, &a, NULL) < 0)
			return error_say(err, EPROTO, "hoy-image gave an answer that is none");
		if (answer.warning)
			warn_add(warn, "%s", answer.warning);
		if (answer.error && r == 0)
			r = failure_pass(answer.error, err);
		line += n + 1;
	}
	return r;
}
