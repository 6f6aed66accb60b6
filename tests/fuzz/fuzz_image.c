/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for what names and describes images: the first byte says which, the rest is its text.
 * What was taken and written means the same when it is read again.
 *
 *	clang -std=gnu11 -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. \
 *		tests/fuzz/fuzz_image.c image/{digest,reference}.c spec/[a-z]*.c \
 *		base/{arena,error,list,text,warn}.c -lyajl
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "image/reference.h"
#include "spec/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

union document {
	struct image_index index;
	struct image_manifest manifest;
	struct image_config config;
};

/* Reads one of the kinds; where that worked its text is in out. */
static int document(uint8_t kind, const char *text, size_t len, struct arena *a, struct text *out,
		    struct error *err)
{
	union document d;
	int r;

	if (kind == 'i') {
		r = image_index_parse(text, len, "d", a, &d.index, err);
		if (r == 0)
			image_index_write(&d.index, out);
	} else if (kind == 'm') {
		r = image_manifest_parse(text, len, "d", a, &d.manifest, err);
		if (r == 0)
			image_manifest_write(&d.manifest, out);
	} else {
		r = image_config_parse(text, len, "d", a, &d.config, err);
		if (r == 0)
			image_config_write(&d.config, out);
	}
	return r;
}

static int reference(const char *text, size_t len, struct arena *a, struct text *out, struct error *err)
{
	struct reference r;
	int result = reference_parse(arena_memdup(a, text, len), a, &r, err);

	if (result < 0)
		return result;
	text_add(out, reference_text(&r, a));
	if (reference_parse(reference_short(&r, a), a, &r, NULL) < 0 || !streq(reference_text(&r, a), out->s))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct text once = TEXT_INIT, twice = TEXT_INIT;
	const char *text = (const char *)data + 1;
	bool name = size && data[0] == 'r';
	int r;

	if (!size)
		return 0;
	r = name ? reference(text, size - 1, &a, &once, &err)
		 : document(data[0], text, size - 1, &a, &once, &err);
	if (r < 0 && !err.why[0])
		abort(); /* an error without a reason */
	if (r == 0)
		r = name ? reference(once.s, once.len, &a, &twice, NULL)
			 : document(data[0], once.s, once.len, &a, &twice, NULL);
	if (once.s && (r < 0 || !streq(once.s, twice.s)))
		abort();
	text_free(&once);
	text_free(&twice);
	arena_free(&a);
	return 0;
}
