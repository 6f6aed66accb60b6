/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/failure.h"

#include <errno.h>

static const struct field fields[] = {
	FIELD_U32(struct failure, code, "code", .max = 4095),
	FIELD_STRING(struct failure, doc, "doc"),
	FIELD_STRING(struct failure, field, "field"),
	FIELD_STRING(struct failure, step, "step"),
	FIELD_STRING(struct failure, why, "why"),
	FIELD_STRING(struct failure, hint, "hint"),
};
const struct table failure_table = TABLE(fields);

struct failure failure_of(const struct error *err)
{
	return (struct failure){
		.code = (uint32_t)err->code,
		.doc = err->doc,
		.field = err->field,
		.step = err->step,
		.why = err->why,
		.hint = err->hint,
	};
}

int failure_pass(const struct failure *f, struct error *err)
{
	if (f->doc)
		error_doc(err, f->doc);
	if (f->field)
		error_field(err, "%s", f->field);
	if (f->step)
		error_step(err, "%s", f->step);
	if (f->hint)
		error_hint(err, "%s", f->hint);
	if (f->code)
		return error_set(err, (int)f->code, "%s", f->why ? f->why : "");
	return error_say(err, EINVAL, "%s", f->why ? f->why : "it failed and gave no reason");
}
