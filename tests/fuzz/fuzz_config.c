/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the documents: the first byte says which, the rest is its text.
 *
 *	clang -std=gnu11 -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. \
 *		tests/fuzz/fuzz_config.c spec/[a-z]*.c base/{arena,error,list,text,warn}.c -lyajl
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "spec/config.h"
#include "spec/seccomp_profile.h"
#include "spec/state.h"
#include "spec/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int profile(const char *text, size_t len, struct arena *a, struct error *err)
{
	const struct profile_target target = {
		.caps = 0x5555555555, .arch = "amd64", .native = "SCMP_ARCH_X86_64", .kernel = {6, 1}};
	struct seccomp_profile p;
	struct seccomp s;
	int r = seccomp_profile_parse(text, len, "f", a, &p, err);

	if (r == 0)
		seccomp_profile_select(&p, &target, a, &s);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct warnings w = WARNINGS_INIT;
	struct text out = TEXT_INIT;
	const char *text = (const char *)data + 1;
	const struct config *c;
	const struct process *p;
	const struct state *s;
	char buf[8192];
	int r;

	if (!size)
		return 0;
	if (data[0] == 'p')
		r = process_parse(text, size - 1, "p", &a, &w, &p, &err);
	else if (data[0] == 'f')
		r = profile(text, size - 1, &a, &err);
	else if (data[0] == 's')
		r = state_parse(text, size - 1, "s", &a, &s, &err);
	else
		r = config_parse(text, size - 1, "c", &a, &w, &c, &err);
	if (r == 0 && data[0] == 's')
		state_write_record(s, &out);
	else if (r == 0 && data[0] != 'f')
		table_write(data[0] == 'p' ? &process_table : &config_table,
			    data[0] == 'p' ? (const void *)p : (const void *)c, true, &out);
	else if (r < 0 && !err.why[0])
		abort(); /* an error without a reason */
	error_text(&err, buf, sizeof(buf));
	text_free(&out);
	warn_free(&w);
	arena_free(&a);
	return 0;
}
