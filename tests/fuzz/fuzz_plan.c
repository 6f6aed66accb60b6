/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target for the plan's check: whatever it takes can be described (tests/fuzz/README). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text words = TEXT_INIT;
	void *plan = malloc(size ? size : 1); /* aligned, and of exactly its size */
	unsigned n;

	if (!plan)
		return 0;
	if (size)
		memcpy(plan, data, size);
	if (plan_check(plan, size) == 0)
		for (n = 1; n <= plan_header(plan)->ops; n++)
			plan_describe(plan, plan_op(plan, n), &words);
	text_free(&words);
	free(plan);
	return 0;
}
