/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/several.h"

int several(const struct call *c,
	    int (*one)(const struct call *c, const char *arg, struct error *err), struct error *err)
{
	char text[2048];
	size_t i;
	int failed = 0;

	for (i = 0; i < c->args_n; i++) {
		struct error e = ERROR_INIT;
		int r = one(c, c->args[i], &e);

		if (r == 0)
			continue;
		if (failed)
			warn_add(c->rt->warn, "%s", error_text(err, text, sizeof(text)));
		failed = r;
		*err = e;
	}
	return failed;
}
