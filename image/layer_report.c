/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_report.h"

#include <errno.h>
#include <string.h>

#include "image/digest.h"
#include "spec/table.h"

static const struct field report_fields[] = {
	FIELD_STRING(struct layer_report, blob, "blob"),
	FIELD_STRING(struct layer_report, diff, "diff"),
	FIELD_U64(struct layer_report, blob_size, "blobSize"),
	FIELD_U64(struct layer_report, diff_size, "diffSize"),
	FIELD_U64(struct layer_report, bytes, "bytes"),
	FIELD_U64(struct layer_report, entries, "entries"),
	FIELD_U64(struct layer_report, xattrs_lost, "xattrsLost"),
	FIELD_BOOL(struct layer_report, has_root, "hasRoot"),
	FIELD_OBJECT_PTR(struct layer_report, failure, "failure", failure_table),
};
static const struct table report_table = TABLE(report_fields);

void layer_report_write(const struct layer_report *r, const struct text *implied, struct text *out)
{
	table_write(&report_table, r, false, out);
	text_add_bytes(out, "", 1);
	if (implied->len)
		text_add_bytes(out, implied->s, implied->len);
}

void layer_report_failure(const struct error *err, struct text *out)
{
	struct failure f = failure_of(err);
	const struct text none = TEXT_INIT;
	struct layer_report r = {.failure = &f};

	layer_report_write(&r, &none, out);
}

static void implied_read(const struct text *from, size_t at, struct arena *a, struct strings *ret)
{
	size_t n = 0, i;

	for (i = at; i < from->len; i++)
		n += from->s[i] == 0;
	ret->v = arena_alloc(a, (n + 1) * sizeof(*ret->v));
	while (ret->n < n) {
		ret->v[ret->n++] = arena_strdup(a, from->s + at);
		at += strlen(from->s + at) + 1;
	}
}

int layer_report_read(const struct text *from, struct arena *a, struct layer_report *ret,
		      struct error *err)
{
	size_t n = from->len ? strnlen(from->s, from->len) : 0;
	struct layer_report report = {0};
	const struct json *root;
	struct digest d;
	int r;

	if (!n || n == from->len)
		return error_say(err, EIO, "the process that unpacks it ended without a word");
	r = json_parse(from->s, n, a, &root, err);
	if (r == 0)
		r = table_read(&report_table, root, &report, a, err);
	if (r < 0)
		return r;
	if (report.failure)
		return failure_pass(report.failure, err);
	if (!report.diff)
		return error_say(err, EIO, "the process that unpacks it gave no digest");
	r = digest_parse(report.diff, &d, err);
	if (r == 0 && report.blob)
		r = digest_parse(report.blob, &d, err);
	if (r < 0)
		return r;
	implied_read(from, n + 1, a, &report.implied);
	*ret = report;
	return 0;
}
