/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_info.h"

#include <errno.h>

#include "base/fd.h"
#include "spec/table.h"

#define INFO_MAX 4096

static const struct field fields[] = {
	FIELD_STRING(struct layer_info, diff, "diffId"),
	FIELD_U64(struct layer_info, bytes, "bytes"),
	FIELD_U64(struct layer_info, entries, "entries"),
	FIELD_U64(struct layer_info, names, "names"),
	FIELD_U64(struct layer_info, implied, "implied"),
	FIELD_BOOL(struct layer_info, has_root, "hasRoot"),
};
static const struct table info_table = TABLE(fields);

int layer_info_read(const struct store *s, const char *name, struct arena *a,
		    struct layer_info *ret, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *path = arena_join(a, "layers/", name, "/info", NULL);
	struct layer_info info = {0};
	const struct json *root;
	int r = file_read_at(s->fd, path, INFO_MAX, &t);

	if (r < 0)
		return error_set(err, -r, "read %s of the image store", path);
	r = json_parse(t.s, t.len, a, &root, err);
	if (r == 0)
		r = table_read(&info_table, root, &info, a, err);
	if (r == 0)
		*ret = info;
	else
		error_doc(err, path);
	return r;
}

void layer_info_write(const struct layer_info *i, struct text *out)
{
	table_write(&info_table, i, false, out);
}
