/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tool.h"

#include "base/fd.h"
#include "base/helper.h"
#include "spec/answer.h"

static const struct helper program = {
	"hoy-image",
	"hoy was built or installed without it (libarchive, libcurl, libisal, libzstd, openssl)",
};

int tool_run(const struct request *request, struct warnings *warn, struct error *err)
{
	_cleanup_(text_free) struct text asked = TEXT_INIT, answer = TEXT_INIT;
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct helper_run h;
	int status, r;

	request_write(request, &asked);
	r = helper_start(&program, &asked, -1, &h, err);
	if (r == 0)
		r = helper_finish(&h, ANSWER_MAX, &answer, NULL, &status, err);
	if (r == 0)
		r = answer_read(&answer, program.name, NULL, NULL, &a, warn, err);
	return r < 0 ? r : helper_check(&program, status, err);
}
