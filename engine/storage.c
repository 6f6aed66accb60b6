/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/storage.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/size.h"
#include "base/text.h"
#include "engine/values.h"
#include "runtime/overlay.h"

#define SIZE "size="

static int word_read(const char *word, struct storage *s, struct error *err)
{
	int64_t size;

	if (!starts_with(word, SIZE))
		return error_say(err, EINVAL,
				 "--storage-opt: unknown word \"%.64s\" (size=SIZE is known)",
				 word);
	if (size_parse(word + strlen(SIZE), &size) < 0 || size <= 0)
		return value_wrong("--storage-opt size", "a size like 10G", word + strlen(SIZE),
				   err);
	s->size = (uint64_t)size;
	return 0;
}

int storage_of_options(const struct run_options *opt, struct storage *ret, struct error *err)
{
	struct storage s = {.memory = opt->writable_tmpfs};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < opt->storage.n; i++)
		r = word_read(opt->storage.v[i], &s, err);
	if (r == 0 && s.size && opt->rootfs && !s.memory) {
		error_hint(err,
			   "with --writable-tmpfs they go into memory, of which it is the size");
		r = error_say(
			err, EINVAL,
			"--storage-opt size: what a container of --rootfs writes goes into that "
			"directory, which hoy doesn't limit");
	}
	if (r == 0)
		*ret = s;
	return r;
}

void storage_memory_options(const struct storage *s, const char *like, struct arena *a,
			    struct strings *to)
{
	LIST_ADD(a, to, arena_join(a, "upperdir=", like, NULL));
	LIST_ADD(a, to,
		 s->size ? arena_printf(a, OVERLAY_MEMORY "=%llu", (unsigned long long)s->size)
			 : OVERLAY_MEMORY);
}
