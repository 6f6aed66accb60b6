/* SPDX-License-Identifier: Apache-2.0 */
#include "image/request.h"

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
