/* SPDX-License-Identifier: Apache-2.0 */
#include "base/warn.h"

#include <stdarg.h>
#include <stdio.h>

void warn_add(struct warnings *w, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	char *p;

	if (!w)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* One warning is one line, whatever names it quotes. */
	for (p = line; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = '?';
	text_add(&w->lines, line);
	text_add(&w->lines, "\n");
}

void warn_flush(struct warnings *w)
{
	if (w && w->print && w->lines.len)
		w->print(w);
}

void warn_free(struct warnings *w)
{
	text_free(&w->lines);
}
