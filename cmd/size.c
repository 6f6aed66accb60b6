/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/size.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *size_text(uint64_t bytes, struct arena *a)
{
	static const char units[] = "KMGTPE";
	double v = (double)bytes;
	size_t i;

	if (bytes < 1024)
		return arena_printf(a, "%uB", (unsigned)bytes);
	for (i = 0, v /= 1024; v >= 1024 && units[i + 1]; i++)
		v /= 1024;
	return arena_printf(a, "%.1f%ciB", v, units[i]);
}

int interval_parse(const char *text, int *ret, struct error *err)
{
	static const struct {
		const char *unit;
		int ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
	size_t n = strspn(text, "0123456789"), i;
	unsigned long long v;
	char digits[12];

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (n && n < sizeof(digits) && streq(text + n, units[i].unit))
			break;
	if (i < sizeof(units) / sizeof(units[0])) {
		snprintf(digits, sizeof(digits), "%.*s", (int)n, text);
		if (parse_u64(digits, 1, (unsigned long long)(INT_MAX / units[i].ms), &v) == 0) {
			*ret = (int)v * units[i].ms;
			return 0;
		}
	}
	return error_say(err, EINVAL,
			 "--interval: must be a time above 0 like \"5s\" or \"500ms\", got \"%s\"", text);
}
