/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/restart.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

static const char *const words[] = {
	[RESTART_NO] = "no",
	[RESTART_ON_FAILURE] = "on-failure",
	[RESTART_ALWAYS] = "always",
	[RESTART_UNLESS_STOPPED] = "unless-stopped",
};

#define COUNTED "on-failure:"

int restart_parse(const char *text, struct restart_policy *ret)
{
	unsigned long long max;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (streq(text, words[i])) {
			*ret = (struct restart_policy){.when = (enum restart_when)i};
			return 0;
		}
	if (!starts_with(text, COUNTED) ||
	    parse_u64(text + strlen(COUNTED), 0, UINT32_MAX, &max) < 0)
		return -EINVAL;
	*ret = (struct restart_policy){.when = RESTART_ON_FAILURE, .max = (uint32_t)max};
	return 0;
}

const char *restart_text(const struct restart_policy *p, struct arena *a)
{
	return p->max ? arena_printf(a, COUNTED "%u", p->max) : words[p->when];
}

bool restart_wanted(const struct restart_policy *p, int status, unsigned restarts)
{
	switch (p->when) {
	case RESTART_NO:
		return false;
	case RESTART_ON_FAILURE:
		return status != 0 && (!p->max || restarts < p->max);
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED:
		return true;
	}
	return false;
}

bool restart_at_boot(const struct restart_policy *p, bool by_hand)
{
	return p->when == RESTART_ALWAYS || (p->when == RESTART_UNLESS_STOPPED && !by_hand);
}

unsigned restart_delay(unsigned before_ms, int64_t ran_ms)
{
	if (!before_ms || ran_ms >= RESTART_CALM_MS)
		return RESTART_FIRST_MS;
	return before_ms < RESTART_LONGEST_MS / 2 ? 2 * before_ms : RESTART_LONGEST_MS;
}
