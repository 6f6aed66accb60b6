/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/subid.h"

#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"

#define FIELDS_MAX 4 /* as many as anybody here looks at */

/* The fields of the line at *text, which becomes the next one. How many; 0 at the end. */
static size_t line_next(const char **text, struct arena *a, const char *fields[FIELDS_MAX])
{
	size_t len = strcspn(*text, "\n"), n = 0;
	char *s, *colon;

	if (!**text)
		return 0;
	s = arena_memdup(a, *text, len);
	*text += len + ((*text)[len] == '\n');
	do {
		colon = strchr(s, ':');
		if (colon)
			*colon = 0;
		fields[n++] = s;
		s = colon + 1;
	} while (colon && n < FIELDS_MAX);
	return n;
}

void subid_names(const char *passwd, uid_t uid, struct arena *a, struct strings *ret)
{
	const char *digits = arena_printf(a, "%u", (unsigned)uid), *f[FIELDS_MAX];
	size_t n;

	*ret = (struct strings){0};
	LIST_ADD(a, ret, digits);
	while ((n = line_next(&passwd, a, f)))
		if (n >= 3 && streq(f[2], digits) && *f[0])
			LIST_ADD(a, ret, f[0]);
}

static bool is_named(const struct strings *names, const char *word)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (streq(names->v[i], word))
			return true;
	return false;
}

void subid_parse(const char *text, const struct strings *names, struct subid_ranges *ret)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *f[FIELDS_MAX];
	unsigned long long first, count;
	size_t n;

	ret->n = 0;
	while (ret->n < SUBID_RANGES_MAX && (n = line_next(&text, &a, f)))
		/* 2^32 - 1 is no id, but "none" to many system calls. */
		if (n == 3 && is_named(names, f[0]) &&
		    parse_u64(f[1], 1, UINT32_MAX - 1, &first) == 0 &&
		    parse_u64(f[2], 1, UINT32_MAX - first, &count) == 0)
			ret->v[ret->n++] = (struct subid_range){(uint32_t)first, (uint32_t)count};
}

void subid_arguments(uint32_t own, const struct subid_ranges *ranges, struct arena *a,
		     struct strings *ret)
{
	uint64_t inside = 1;
	size_t i;

	*ret = (struct strings){0};
	LIST_ADD(a, ret, "0");
	LIST_ADD(a, ret, arena_printf(a, "%u", own));
	LIST_ADD(a, ret, "1");
	for (i = 0; i < ranges->n && inside + ranges->v[i].count <= UINT32_MAX; i++) {
		LIST_ADD(a, ret, arena_printf(a, "%u", (unsigned)inside));
		LIST_ADD(a, ret, arena_printf(a, "%u", ranges->v[i].first));
		LIST_ADD(a, ret, arena_printf(a, "%u", ranges->v[i].count));
		inside += ranges->v[i].count;
	}
}
