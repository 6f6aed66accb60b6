/* SPDX-License-Identifier: Apache-2.0 */
#include "base/size.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

int size_parse(const char *text, int64_t *ret)
{
	static const char units[] = "kmgtpe";
	size_t n = strspn(text, "0123456789");
	unsigned long long v;
	char digits[24];
	const char *unit;
	unsigned shift;

	if (streq(text, "-1")) {
		*ret = -1;
		return 0;
	}
	if (!n || n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, n);
	digits[n] = 0;
	if (parse_u64(digits, 0, INT64_MAX, &v) < 0)
		return -EINVAL;
	text += n;
	unit = *text ? strchr(units, *text | 0x20) : NULL;
	shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	text += unit != NULL;
	if (unit && (*text == 'i'))
		text++;
	text += *text == 'b' || *text == 'B';
	if (*text || v > (uint64_t)INT64_MAX >> shift)
		return -EINVAL;
	*ret = (int64_t)(v << shift);
	return 0;
}
