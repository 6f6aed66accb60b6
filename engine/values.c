/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/values.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/size.h"
#include "base/text.h"

#define DECIMAL_WHOLE	 9
#define DECIMAL_FRACTION 6

int value_wrong(const char *option, const char *needs, const char *text, struct error *err)
{
	return error_say(err, EINVAL, "%s: must be %s, got \"%.200s\"", option, needs, text);
}

int value_size(const char *option, const char *text, bool unlimited, struct arena *a, int64_t **ret,
	       struct error *err)
{
	int64_t v;

	if (!text)
		return 0;
	if (size_parse(text, &v) < 0 || v == 0 || (v < 0 && !unlimited))
		return value_wrong(option,
				   unlimited ? "a size like 64M, or -1 (unlimited)"
					     : "a size like 64M",
				   text, err);
	*ret = arena_alloc(a, sizeof(**ret));
	**ret = v;
	return 0;
}

int value_u64(const char *option, const char *text, uint64_t min, uint64_t max, struct arena *a,
	      uint64_t **ret, struct error *err)
{
	unsigned long long v;

	if (!text)
		return 0;
	if (parse_u64(text, min, max, &v) < 0)
		return error_say(err, EINVAL,
				 "%s: must be a number from %llu to %llu, got \"%.200s\"", option,
				 (unsigned long long)min, (unsigned long long)max, text);
	*ret = arena_alloc(a, sizeof(**ret));
	**ret = v;
	return 0;
}

int value_i64(const char *option, const char *text, int64_t min, int64_t max, struct arena *a,
	      int64_t **ret, struct error *err)
{
	long long v;

	if (!text)
		return 0;
	if (parse_i64(text, min, max, &v) < 0)
		return error_say(err, EINVAL,
				 "%s: must be a number from %lld to %lld, got \"%.200s\"", option,
				 (long long)min, (long long)max, text);
	*ret = arena_alloc(a, sizeof(**ret));
	**ret = v;
	return 0;
}

int value_decimal(const char *option, const char *text, uint64_t *ret, struct error *err)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(text, digits), fraction = 0, i;
	const char *point = text + whole;
	uint64_t v = 0;

	if (*point == '.')
		fraction = strspn(point + 1, digits);
	if (whole + fraction == 0 || whole > DECIMAL_WHOLE || fraction > DECIMAL_FRACTION ||
	    point[(*point == '.') + fraction])
		return value_wrong(option, "a number like 2 or 0.5", text, err);
	for (i = 0; i < whole; i++)
		v = v * 10 + (uint64_t)(text[i] - '0');
	for (i = 0; i < DECIMAL_FRACTION; i++)
		v = v * 10 + (uint64_t)(i < fraction ? point[1 + i] - '0' : 0);
	*ret = v;
	return 0;
}

int value_pair(const char *option, const char *text, struct arena *a, struct string_pair *ret,
	       struct error *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return value_wrong(option, "KEY=VALUE", text, err);
	ret->key = arena_memdup(a, text, (size_t)(equals - text));
	ret->value = equals + 1;
	return 0;
}

struct strings value_split(const char *text, char separator, struct arena *a)
{
	struct strings parts = {0};
	const char *end;

	for (; (end = strchr(text, separator)); text = end + 1)
		LIST_ADD(a, &parts, arena_memdup(a, text, (size_t)(end - text)));
	LIST_ADD(a, &parts, text);
	return parts;
}

static struct string_pair *map_entry(const struct string_map *map, const char *key)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		if (streq(map->v[i].key, key))
			return &map->v[i];
	return NULL;
}

const char *map_find(const struct string_map *map, const char *key)
{
	const struct string_pair *p = map_entry(map, key);

	return p ? p->value : NULL;
}

void map_set(struct string_map *map, struct string_pair pair, struct arena *a)
{
	struct string_pair *p = map_entry(map, pair.key);

	if (p)
		*p = pair;
	else
		LIST_ADD(a, map, pair);
}

struct string_map map_with(const struct string_map *map, const char *key, const char *value,
			   struct arena *a)
{
	struct string_map copy = {0};
	size_t i;

	for (i = 0; i < map->n; i++)
		if (value || !streq(map->v[i].key, key))
			map_set(&copy, (struct string_pair){map->v[i].key, map->v[i].value}, a);
	if (value)
		map_set(&copy, (struct string_pair){key, value}, a);
	return copy;
}
